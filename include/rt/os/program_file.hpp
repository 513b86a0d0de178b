#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace rt::os {

/// What execve(2) makes of a file.
struct ProgramFile {
    enum class Form : std::uint8_t { script, elf, none };
    Form form{};
    std::string interpreter;    ///< of the #! line, or the one that the ELF file names; empty: it needs none
    std::uint16_t machine = 0;  ///< ELF: EM_* of elf(5)
};

/// Reads the head of the file (execve(2), elf(5)); empty when it may not be read.
std::optional<ProgramFile> try_read_program(int fd);

/// Whether the processor that rt was built for runs programs of that machine; those of its 32-bit mode count.
bool runs_here(std::uint16_t machine) noexcept;

/// Whether the machine has handlers for further kinds of programs (binfmt_misc).
bool has_binary_formats();

}  // namespace rt::os
