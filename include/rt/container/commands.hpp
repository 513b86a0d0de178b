#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "rt/cgroup/stats.hpp"
#include "rt/container/roots.hpp"
#include "rt/plan/cgroup.hpp"
#include "rt/plan/exec.hpp"
#include "rt/spec/mount.hpp"
#include "rt/spec/resources.hpp"
#include "rt/state/record.hpp"

namespace rt::container {

/// What create and run are asked for.
struct CreateOptions {
    std::string id;
    std::string bundle = ".";   ///< relative to the working directory
    std::string config;         ///< read instead of config.json in the bundle; relative to the working directory
    unsigned preserve_fds = 0;  ///< how many of the caller's descriptors, from 3 on, the program gets
    bool new_keyring = true;    ///< a session keyring of its own instead of the caller's
    bool keep_groups = false;   ///< the process has the supplementary groups of the caller
    bool no_pivot = false;      ///< the rootfs is entered without pivot_root(2)
    bool idmap_rootfs = false;  ///< what the disk has as its ids, the container sees as its
    plan::CgroupDriver cgroup_driver = plan::CgroupDriver::cgroupfs;
    bool detach = false;         ///< return as soon as the program runs, or waits for start
    std::string console_socket;  ///< who gets the other side of the terminal; empty: nobody
    std::string pidfd_socket;    ///< who gets a descriptor of init; empty: nobody
    std::string pid_file;        ///< written before the command returns; relative to the working directory; empty: none
};

struct RunOptions {
    CreateOptions create;
    bool keep = false;  ///< leave the stopped container
};

/// Makes the container and leaves its init waiting for start (runtime.md "Create").
/// \throws Error; nothing of the container is left then
void create(const Roots& roots, const CreateOptions& options);

/// Lets the program of a created container run (runtime.md "Start"). \throws Error
void start(const Roots& roots, const std::string& id);

/// create, start, and unless detached: forward signals and the terminal, wait, delete.
/// Returns the exit status for the shell: the program's own, 128 + n for signal n. \throws Error
int run(const Roots& roots, const RunOptions& options);

/// Sends a signal (1..64, or 0 to probe) to init (runtime.md "Kill"). \throws Error: not created or running
void kill(const Roots& roots, const std::string& id, int signal);
/// Sends it to every process of the container, also when its init has ended; that none is left is no error.
/// \throws Error: the container has no cgroup to tell its processes by
void kill_all(const Roots& roots, const std::string& id, int signal);

/// Freezes every process of a created or running container; a paused one stays as it is. \throws Error: not running, no
/// freezer, a process that cannot be frozen
void pause(const Roots& roots, const std::string& id);

/// Lets the processes of a paused container go on. \throws Error: not paused
void resume(const Roots& roots, const std::string& id);

/// Changes limits of a created, running or paused container; what is not set, or 0 where the kernel knows no 0, stays as it
/// is, and so do its device rules. \throws Error: then every limit has its old value
void update(const Roots& roots, const std::string& id, spec::Resources resources);

/// Mounts as in config.json; asked for once: they may come through a pipe.
using MountList = std::function<std::vector<spec::Mount>()>;

/// Makes mounts in a container that is not stopped, in their order. \throws Error: then none of them is there, but the mount
/// points may be
void add_mounts(const Roots& roots, const std::string& id, const MountList& mounts);
/// Takes away what is mounted on their destinations, the last one first. \throws Error: nothing is mounted on one of them;
/// then nothing has changed
void remove_mounts(const Roots& roots, const std::string& id, const MountList& mounts);

/// What the kernel counts for the container now. \throws Error: not running
cgroup::Stats stats(const Roots& roots, const std::string& id);

/// What exec is asked for.
struct ExecOptions {
    std::string id;
    std::function<plan::ExecRequest()> request;  ///< asked for once: it may come through a pipe
    bool ignore_paused = false;
    std::string pid_file;        ///< written once the program runs; relative to the working directory; empty: none
    std::string console_socket;  ///< who gets the terminal; empty: the caller, with standard input and output
    std::string pidfd_socket;    ///< who gets a descriptor of the process; empty: nobody
};

/// Runs a further program in a running container: unless detached, forwards signals and the terminal and waits for its end.
/// Returns the exit status for the shell: the program's own, 128 + n for signal n. \throws Error; nothing of it is left then
int exec(const Roots& roots, const ExecOptions& options);

/// Who hears of what happens to a container.
struct EventListener {
    std::function<void(const cgroup::Stats&)> stats;  ///< once in each interval
    std::function<void()> oom;                        ///< the memory limit was run into
};

/// Watches a container until it has ended. `interval` is in milliseconds, at least 1. \throws Error: not running
void watch(const Roots& roots, const std::string& id, int interval, const EventListener& listener);

/// Removes a stopped or created container; with `force` a running one, and one that is gone is no error. \throws Error
void remove(const Roots& roots, const std::string& id, bool force);

/// A container as it is now: the status is derived from the process, never trusted from the file.
struct View {
    std::string root;  ///< the directory that its state directory lies in
    state::Record record;
    state::Status status = state::Status::stopped;

    pid_t pid() const noexcept { return status == state::Status::stopped ? 0 : record.pid; }
};

/// One container, looked for in own, then in also_shown. \throws Error: it does not exist
View view(const Roots& roots, const std::string& id);

/// All containers, sorted by id. A damaged state file is a warning. \throws Error: a given root does not exist
std::vector<View> list(const Roots& roots);

/// Its annotations; empty without the right to read them. \throws Error: a damaged file
std::map<std::string, std::string> annotations(const View& container);

/// The host pids of all processes of the container, ascending; those of a stopped one that shared its pid namespace too. By
/// its cgroup, or by its pid namespace where it has no cgroup. \throws Error: neither can be read (root is needed)
std::vector<pid_t> processes(const View& container);

}  // namespace rt::container
