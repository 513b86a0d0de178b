#pragma once

#include <sys/stat.h>

namespace rt::os {

/// The file that the running program was started from.
struct OwnProgram {
    struct stat status{};
    bool has_access_list = false;  ///< acl(5): the mode does not tell all
    bool sealed = false;           ///< nobody can write to it by /proc/PID/exe: a read-only mount, or a sealed memfd
};

/// \throws Error
OwnProgram own_program();

/// The variable that a program which was started anew is told by, as it stands in the environment.
constexpr char restart_mark[] = "_RT_STARTED_SEALED=";

/// Executes the running program anew, with the same arguments and environment, from a detached read-only mount of its file
/// (open_tree(2)), or, for a caller who may not make that, from a sealed copy in memory (memfd_create(2)). Nothing must be held
/// that a destructor has to give back. \throws Error: neither can be made or executed, or it has been started so already
[[noreturn]] void restart_sealed(char* const* arguments);

/// Lets go of the pages of the program's code and constants: they come back from the page cache as they are needed. For a process
/// that is to wait for long. Where the kernel refuses, they stay (madvise(2), MADV_DONTNEED).
void release_code_pages() noexcept;

/// Takes the mark of restart_sealed() out of the environment, before anybody else gets that: to be called once, first.
void take_restart_mark() noexcept;

}  // namespace rt::os
