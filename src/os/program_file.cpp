#include "rt/os/program_file.hpp"

#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <string_view>

#include "rt/base/text.hpp"
#include "rt/os/file.hpp"

namespace rt::os {

namespace {

std::string interpreter_of_script(const std::string& head) {
    const std::string_view line = trim(std::string_view(head).substr(2, head.find('\n') - 2));
    return std::string(line.substr(0, line.find_first_of(" \t")));
}

template <class Header, class Segment>
std::string interpreter_of_elf(int fd, const std::string& head) {
    Header header{};
    if (head.size() < sizeof header) return {};
    std::memcpy(&header, head.data(), sizeof header);
    for (unsigned i = 0; i < header.e_phnum && i < 128; ++i) {
        Segment segment{};
        const auto place = static_cast<off_t>(header.e_phoff + std::uint64_t{i} * sizeof segment);
        if (::pread(fd, &segment, sizeof segment, place) != static_cast<ssize_t>(sizeof segment)) return {};
        if (segment.p_type != PT_INTERP || segment.p_filesz == 0 || segment.p_filesz > 4096) continue;
        std::string name(segment.p_filesz, '\0');
        if (::pread(fd, name.data(), name.size(), static_cast<off_t>(segment.p_offset)) < 0) return {};
        return name.substr(0, name.find('\0'));
    }
    return {};
}

}  // namespace

std::optional<ProgramFile> try_read_program(int fd) {
    std::string head(256, '\0');
    const ssize_t length = ::pread(fd, head.data(), head.size(), 0);
    if (length < 0) return std::nullopt;
    head.resize(static_cast<std::size_t>(length));
    if (head.starts_with("#!"))
        return ProgramFile{.form = ProgramFile::Form::script, .interpreter = interpreter_of_script(head)};
    constexpr std::size_t machine_at = 18;
    if (!head.starts_with(ELFMAG) || head.size() < machine_at + sizeof(std::uint16_t))
        return ProgramFile{.form = ProgramFile::Form::none};
    ProgramFile program{.form = ProgramFile::Form::elf};
    std::memcpy(&program.machine, head.data() + machine_at, sizeof program.machine);
    if (head[EI_CLASS] == ELFCLASS64) program.interpreter = interpreter_of_elf<Elf64_Ehdr, Elf64_Phdr>(fd, head);
    if (head[EI_CLASS] == ELFCLASS32) program.interpreter = interpreter_of_elf<Elf32_Ehdr, Elf32_Phdr>(fd, head);
    return program;
}

bool runs_here(std::uint16_t machine) noexcept {
#if defined(__x86_64__)
    return machine == EM_X86_64 || machine == EM_386;
#elif defined(__aarch64__)
    return machine == EM_AARCH64 || machine == EM_ARM;
#else
    return true;
#endif
}

bool has_binary_formats() {
    // Besides "register" and "status" there is a file for each.
    const UniqueFd directory = try_open_at(AT_FDCWD, "/proc/sys/fs/binfmt_misc", O_RDONLY | O_DIRECTORY);
    return directory && names_in(directory.get(), "binfmt_misc").size() > 2;
}

}  // namespace rt::os
