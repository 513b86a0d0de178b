#pragma once

#include <sys/resource.h>

#include <string>
#include <vector>

#include "rt/base/namespace_type.hpp"
#include "rt/init/filter.hpp"
#include "rt/init/line.hpp"
#include "rt/os/fd.hpp"
#include "rt/plan/plan.hpp"

namespace rt::init {

/// A namespace that the runtime has opened with the caller's rights.
struct OpenNamespace {
    NamespaceType type{};
    std::string path;
    os::UniqueFd fd;
};

/// What init is born with.
struct Task {
    const plan::Plan* plan = nullptr;
    Sequence sequence;
    os::UniqueFd line;
    os::UniqueFd rootfs;                      ///< the detached tree
    os::UniqueFd rootfs_directory;            ///< the one that init is born in, when the tree is attached on "."
    std::vector<os::UniqueFd> hook_programs;  ///< of the createContainer hooks
    std::vector<OpenNamespace> namespaces;    ///< those that init joins
    rlim_t open_files = RLIM_INFINITY;        ///< the soft limit of open files that the caller had
    Filter filter;                            ///< of the program
    os::UniqueFd start_listener;              ///< empty: the program starts as soon as the container is recorded
    bool rehearsal = false;  ///< nothing is made that would stay; the kernel's refusals are told one by one
};

/// The whole life of init up to execve(2): the child's side of the choreography. What goes wrong is sent to the runtime.
/// Called in the process that clone3(2) made; `second_clone` of the plan is made here.
[[noreturn]] void run(Task task) noexcept;

/// Which trees the runtime sends when init asks for that of mount `first`: that one, and those of the next mounts that
/// init will ask for, eight at the most. The runtime may send fewer of them, from the first on.
std::vector<std::size_t> mounts_to_send(const plan::Rootfs& plan, std::size_t first);

/// The steps that this container needs, up to the execution of its program.
Sequence sequence_of(const plan::Plan& plan);

/// Those of a rehearsal, which ends in `ready`.
Sequence sequence_of_rehearsal(const plan::Plan& plan);

/// Those of them that are taken with the one who starts it.
Sequence start_sequence_of(const plan::Hooks& hooks);

}  // namespace rt::init
