#include "rt/os/program_file.hpp"

#include <elf.h>
#include <fcntl.h>

#include "catch.hpp"
#include "rt/os/file.hpp"

using namespace rt;
using Form = os::ProgramFile::Form;

namespace {

os::ProgramFile read(const std::string& content) {
    const auto program = os::try_read_program(os::make_memory_file("program", content).get());
    REQUIRE(program);
    return *program;
}

template <class Header, class Segment>
std::string elf(unsigned char elf_class, std::uint16_t machine, const std::string& interpreter) {
    Header header{};
    std::copy_n(ELFMAG, SELFMAG, header.e_ident);
    header.e_ident[EI_CLASS] = elf_class;
    header.e_machine = machine;
    header.e_phoff = sizeof header;
    header.e_phnum = interpreter.empty() ? 0 : 1;
    Segment segment{};
    segment.p_type = PT_INTERP;
    segment.p_offset = sizeof header + sizeof segment;
    segment.p_filesz = static_cast<decltype(segment.p_filesz)>(interpreter.size() + 1);
    std::string text(reinterpret_cast<const char*>(&header), sizeof header);
    text.append(reinterpret_cast<const char*>(&segment), sizeof segment);
    return text + interpreter + '\0';
}

}  // namespace

TEST_CASE("a script and its interpreter", "[program]") {
    CHECK(read("#!/bin/sh\necho\n").interpreter == "/bin/sh");
    CHECK(read("#! /usr/bin/env python3 -u\n").interpreter == "/usr/bin/env");
    CHECK(read("#!/bin/sh").form == Form::script);
    CHECK(read("#!").interpreter.empty());
}

TEST_CASE("an ELF file, its loader and its machine", "[program]") {
    const os::ProgramFile with_loader = read(elf<Elf64_Ehdr, Elf64_Phdr>(ELFCLASS64, EM_AARCH64, "/lib/ld.so"));
    CHECK(with_loader.form == Form::elf);
    CHECK(with_loader.interpreter == "/lib/ld.so");
    CHECK(with_loader.machine == EM_AARCH64);
    CHECK(read(elf<Elf32_Ehdr, Elf32_Phdr>(ELFCLASS32, EM_386, "/lib/ld-linux.so.2")).interpreter ==
          "/lib/ld-linux.so.2");
    CHECK(read(elf<Elf64_Ehdr, Elf64_Phdr>(ELFCLASS64, EM_X86_64, "")).interpreter.empty());
    CHECK_FALSE(os::runs_here(EM_S390));
    const auto own = os::try_read_program(os::open_at(AT_FDCWD, "/proc/self/exe", O_RDONLY).get());
    REQUIRE(own);
    CHECK(os::runs_here(own->machine));
}

TEST_CASE("what is no program, and what ends in the middle", "[program]") {
    CHECK(read("").form == Form::none);
    CHECK(read("hello").form == Form::none);
    CHECK(read("\177ELF").form == Form::none);
    CHECK(read(elf<Elf64_Ehdr, Elf64_Phdr>(ELFCLASS64, EM_X86_64, "/lib/ld.so").substr(0, 70)).interpreter.empty());
}
