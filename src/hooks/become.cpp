#include "rt/hooks/become.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "rt/base/error.hpp"
#include "rt/os/fd.hpp"
#include "rt/os/file.hpp"
#include "rt/os/open_files.hpp"
#include "rt/os/process.hpp"
#include "rt/os/signals.hpp"

namespace rt::hooks {

namespace {

[[noreturn]] void refuse(const Ends& ends, Refusal::Step step, int code) noexcept {
    const Refusal refusal{.step = step, .code = code};
    [[maybe_unused]] const ssize_t written = ::write(ends.report, &refusal, sizeof refusal);
    ::_exit(127);
}

void die_with(int parent) {
    os::set_parent_death_signal(SIGKILL);
    if (::getppid() != parent) ::_exit(127);  // it died before the kernel was told
}

bool is_at_its_path(const Program& program) noexcept {
    const auto there = os::try_status_at(AT_FDCWD, program.path);
    const auto opened = os::try_status_at(program.file, "", AT_EMPTY_PATH);
    return there && opened && there->st_dev == opened->st_dev && there->st_ino == opened->st_ino;
}

// Returns when the kernel refuses.
void execute(const Program& program) {
    const std::vector<char*> args = os::pointers_to(program.args);
    const std::vector<char*> env = os::pointers_to(program.env);
    // By its path where that leads to it, also here: a script finds its own directory by $0.
    if (program.file < 0 || is_at_its_path(program)) {
        ::execve(program.path.c_str(), args.data(), env.data());
        return;
    }
    const auto execute_file = [&] {
        ::syscall(SYS_execveat, program.file, "", args.data(), env.data(), AT_EMPTY_PATH);
    };
    execute_file();
    if (errno != ENOENT) return;
    // The interpreter of a script is told to open /dev/fd/N, which close-on-exec would close before (execveat(2), BUGS).
    os::set_close_on_exec(program.file, false);
    execute_file();
}

}  // namespace

void become(const Program& program, const Ends& ends, int parent) noexcept {
    auto step = Refusal::Step::prepare;
    try {
        die_with(parent);
        // Not the session of rt: what reads the terminal fails instead of stopping, and the group can be killed as one.
        ::setsid();
        ::dup2(ends.input, STDIN_FILENO);
        ::dup2(ends.output, STDOUT_FILENO);
        ::dup2(ends.output, STDERR_FILENO);
        step = Refusal::Step::enter_directory;
        if (program.place.directory >= 0 && ::fchdir(program.place.directory) < 0) refuse(ends, step, errno);
        step = Refusal::Step::prepare;
        os::close_all_but({program.file, ends.report});
        if (program.place.open_files) os::set_open_files(*program.place.open_files);
        os::reset_signals();
        step = Refusal::Step::execute;
        execute(program);
    } catch (const Error& error) {
        refuse(ends, step, error.failure().code);
    } catch (const std::exception&) {
        refuse(ends, step, ENOMEM);
    }
    refuse(ends, step, errno);
}

}  // namespace rt::hooks
