#include "rt/init/process_setup.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>

#include "rt/base/error.hpp"
#include "rt/init/program.hpp"
#include "rt/lsm/labels.hpp"
#include "rt/os/file.hpp"
#include "rt/os/process.hpp"
#include "rt/os/umask.hpp"
#include "rt/privileges/become.hpp"
#include "rt/privileges/keyring.hpp"
#include "rt/scheduling/memory_policy.hpp"
#include "rt/scheduling/scheduler.hpp"

namespace rt::init {

namespace {

void require_inside(const std::string& directory) {
    // A directory outside of the root shows as "(unreachable)" here (getcwd(2); CVE-2024-21626). glibc gives an error instead
    // since 2.27, other C libraries hand it on.
    char path[PATH_MAX];
    if (::getcwd(path, sizeof path) == nullptr || path[0] != '/') {
        fail("change to the working directory", directory, "it lies outside of the container's root");
    }
}

bool try_change_to(const std::string& directory) noexcept { return ::chdir(directory.c_str()) == 0; }

// Each directory at the one above it, which no link of the kernel may lead to: /proc/1/root, where init has the pid namespace
// of the host, is the root directory of that, and an image chooses where its links lead.
void make_working_directory(const std::string& directory) {
    const os::UmaskScope umask(022);
    const os::UniqueFd root = os::open_at(AT_FDCWD, "/", O_PATH | O_DIRECTORY);
    int first_refusal = 0;
    for (std::size_t start = 1, end = 0; end != std::string::npos; start = end + 1) {
        end = directory.find('/', start);
        const std::string name = directory.substr(start, end - start);
        const os::UniqueFd above = os::try_open_in_root(root.get(), directory.substr(0, start), O_PATH | O_DIRECTORY);
        const bool there = above && (::mkdirat(above.get(), name.c_str(), 0755) == 0 || errno == EEXIST);
        if (!there && first_refusal == 0) first_refusal = errno;
    }
    if (first_refusal == 0) return;
    throw_errno("make the working directory", directory, first_refusal, "it is missing (/process/cwd)");
}

// Only root may enter some directories, only the user others (a mounted home): the first try is before, the second after the
// change of user; one is enough.
bool try_change_as_root(const plan::Process& process) {
    if (try_change_to(process.cwd)) return true;
    if (errno != ENOENT || !process.makes_cwd) return false;
    make_working_directory(process.cwd);
    return try_change_to(process.cwd);
}

void change_as_user(const std::string& directory, bool entered) {
    if (!try_change_to(directory) && !entered) {
        throw_errno("change to the working directory", directory, errno, "",
                    "the user of the process must be allowed to enter it (/process/cwd, /process/user)");
    }
    require_inside(directory);
}

void set_personality(unsigned long domain) {
    if (::personality(domain) >= 0) return;
    const int code = errno;
    throw_errno("set the personality", domain == PER_LINUX32 ? "LINUX32" : "LINUX", code,
                code == EINVAL ? "this machine does not run 32-bit programs" : "");
}

// A program's memory is laid out as the kernel does by itself, although the caller may have switched that off (setarch -R): what
// execve(2) takes away from set-user-ID programs, too.
void lay_out_memory_as_usual() noexcept {
    constexpr unsigned long only_ask = 0xffffffff;
    constexpr unsigned long weakening = READ_IMPLIES_EXEC | ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT | MMAP_PAGE_ZERO;
    const int now = ::personality(only_ask);
    if (now < 0 || (static_cast<unsigned long>(now) & weakening) == 0) return;
    ::personality(static_cast<unsigned long>(now) & ~weakening);
}

// A filter is loaded last, when this process is what the program will be. Where that takes CAP_SYS_ADMIN, it stays permitted
// until then: after the filter nothing may have to be dropped any more, and execve(2) leaves none of it. The new permitted
// set of root comes from the inheritable and the bounding set, that of others from the ambient set (capabilities(7)).
plan::CapabilitySets sets_until_execution(const plan::Process& process) {
    plan::CapabilitySets sets = process.capabilities;
    if (process.seccomp && process.seccomp->needs_privilege) sets.permitted |= std::uint64_t{1} << CAP_SYS_ADMIN;
    return sets;
}

}  // namespace

void set_attributes(const plan::Process& process, const std::optional<os::Procfs>& procfs, const Attempt& attempt) {
    if (process.umask) ::umask(*process.umask);
    privileges::set_limits(process.limits, attempt);
    if (!process.scheduling.by_runtime) attempt([&] { scheduling::set_scheduling(0, process.scheduling); });
    if (process.memory_policy) attempt([&] { scheduling::set_memory_policy(*process.memory_policy); });
    lay_out_memory_as_usual();
    if (process.personality) attempt([&] { set_personality(*process.personality); });
    if (procfs) attempt([&] { lsm::set_labels(*procfs, process.labels); });
    // As the user who sets up the container: a quota of keys that every container of the final user shares is soon used up.
    if (!process.session_keyring.empty())
        attempt([&] { privileges::join_own_session_keyring(process.session_keyring); });
    attempt([&] { privileges::become_process_user(process.credentials, sets_until_execution(process)); });
}

std::string set_up_process(plan::Process& process, const std::optional<os::Procfs>& procfs) {
    const trace::Span span("set up the process");
    const bool entered = try_change_as_root(process);
    set_attributes(process, procfs);
    os::set_parent_death_signal(SIGKILL);
    os::set_dumpable(false);
    if (process.no_new_privileges) privileges::forbid_new_privileges();
    change_as_user(process.cwd, entered);
    add_home(process.env, process.credentials.uid);
    return find_program(process.args.front(), process.env);
}

}  // namespace rt::init
