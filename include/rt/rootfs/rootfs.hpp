#pragma once

#include <map>

#include "rt/os/fd.hpp"
#include "rt/plan/process.hpp"
#include "rt/plan/rootfs.hpp"
#include "rt/rootfs/console.hpp"
#include "rt/rootfs/masks.hpp"
#include "rt/rootfs/mounts.hpp"

namespace rt::rootfs {

/// The container's root as init builds it, in this order: prepare, (default devices, createContainer hooks), enter,
/// make_console, protect, release. Init is in its own mount namespace by then, whose "/" receives mounts from the host but
/// sends none (MS_SLAVE | MS_REC), or in one joined by path.
/// Unless released, the destructor takes back what would outlive init: the attachment in a joined mount namespace.
class Rootfs {
public:
    /// `tree` is what open_rootfs() gave: empty when init has to open it. `plan` must outlive the object.
    Rootfs(const plan::Rootfs& plan, os::UniqueFd tree);
    Rootfs(const Rootfs&) = delete;
    Rootfs& operator=(const Rootfs&) = delete;
    ~Rootfs();

    /// The root directory of the container, before and after enter().
    int root() const noexcept { return tree_.get(); }

    /// Attaches the tree in this mount namespace and carries out the mounts in listed order.
    /// \throws Error with the mount in its steps
    void prepare(const MountSource& runtime);
    /// A directory inside the root, opened as a path (O_PATH); what is missing of it is made. After prepare(). \throws Error
    os::UniqueFd directory(const std::string& path) const;
    /// Makes it the root directory and "/" the working directory; the host's root is out of reach then. \throws Error
    void enter();
    /// The terminal of the process, bound on /dev/console. After enter(), before protect(). \throws Error
    Console make_console(const plan::Process& process);
    /// Masked and read-only paths, what is read-only in the end, the propagation of the root. \throws Error
    void protect();
    /// The container is made: nothing is taken back any more.
    void release() noexcept { attached_elsewhere_ = false; }

private:
    void attach(const MountSource& runtime);

    const plan::Rootfs& plan_;
    os::UniqueFd tree_;
    Masks masks_;
    std::map<std::size_t, os::UniqueFd> kept_;  ///< mounts that are changed later, by their index
    bool attached_elsewhere_ = false;           ///< in a mount namespace that others are in
};

}  // namespace rt::rootfs
