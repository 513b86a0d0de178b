#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace rt::cgroup {

// These work on the directories of a container's cgroup as its record names them, one per hierarchy, absolute. Each must be a
// directory of a cgroup file system and not its root, else nothing is done with it; one that is missing is no error: the
// container is gone. Directories beneath it (cgroups that the container made) belong to it.

/// The pids of all processes in it, ascending, as this process's pid namespace counts; those outside of it are left out.
/// Read from one hierarchy: v2, else the v1 one that is least likely to have been tampered with. Needs no privileges.
/// \throws Error: a directory cannot be read, or is none of a cgroup
std::vector<pid_t> processes(const std::vector<std::string>& directories);

/// Ends every process in it with SIGKILL, frozen and paused ones too, and waits until none is left, at most ten seconds.
/// \throws Error: processes that do not react are left, or a directory is none of a cgroup
void kill_all(const std::vector<std::string>& directories);

/// Sends another signal to every process that is in it now, however many. \throws Error: a directory is none of a cgroup
void signal_all(const std::vector<std::string>& directories, int signal);

/// Removes the directories with all cgroups beneath them. A directory that is above another one of the list (a parent that
/// create made) goes only when it is empty: others may use it by now. A group that is still busy, because its processes are
/// just ending, is waited for, at most ten seconds. \throws Error: it stays busy, or may not be removed
void remove(const std::vector<std::string>& directories);

/// How many processes in it the kernel has killed because of its memory limit; 0 where that is not counted.
unsigned oom_kills(const std::vector<std::string>& directories) noexcept;

}  // namespace rt::cgroup
