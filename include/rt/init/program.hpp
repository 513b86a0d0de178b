#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rt/base/error.hpp"

namespace rt::init {

/// The path of the program `args[0]`, looked up as execvp(3) does: a name with a slash is taken as it is, another one is
/// looked for in the PATH of `env`. Called with the ids and capabilities of the process itself.
/// \throws Error of kind program_not_found or program_not_executable, with the words that engines match
std::string find_program(const std::string& name, const std::vector<std::string>& env);

/// Adds HOME when the environment has none or an empty one: from the container's /etc/passwd, or "/" for a uid that is
/// not listed there. The file is the image's: only a regular one of a sane size is read.
void add_home(std::vector<std::string>& env, std::uint32_t uid);

/// A program that is ready to be executed: nothing is allocated for it any more. Its texts must outlive it.
class Execution {
public:
    Execution(const std::string& path, const std::vector<std::string>& args, const std::vector<std::string>& env);

    const std::string& path() const noexcept { return path_; }
    /// Replaces the calling process by the program. \throws Error when the kernel refuses
    [[noreturn]] void start() const;
    /// The same without an exception; the errno of the refusal. For a process under a filter, where the C++ library may not make
    /// the system calls of a first throw.
    int try_start() const noexcept;
    /// The failure with that errno.
    Failure refusal(int code) const;

private:
    const std::string& path_;
    std::vector<char*> args_;
    std::vector<char*> env_;
};

}  // namespace rt::init
