#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "rt/os/fd.hpp"
#include "rt/plan/rootfs.hpp"

namespace rt::rootfs {

/// Gives the tree of mounts[mount_index] (open_tree_for()), from wherever it is opened.
using TreeSource = std::function<os::UniqueFd(std::size_t mount_index)>;

/// The container's root as init builds it, in this order: attach, mount_all, (devices), enter, (console), protect.
/// Init is in its own mount namespace by then, whose "/" receives mounts from the host but sends none (MS_SLAVE).
/// On failure the destructor takes back what would outlive init: the attachment in a joined mount namespace.
class ContainerRootfs {
public:
    /// `tree` is what open_rootfs() gave. `plan` must outlive the object.
    ContainerRootfs(const plan::Rootfs& plan, os::UniqueFd tree);
    ContainerRootfs(const ContainerRootfs&) = delete;
    ContainerRootfs& operator=(const ContainerRootfs&) = delete;
    ~ContainerRootfs();

    /// The root directory of the container, before and after enter().
    int root() const noexcept { return tree_.get(); }

    /// Attaches the tree in this mount namespace, over "/", where only its descriptor finds it. Opens the mask for files
    /// while the host's /dev/null can still be reached. \throws Error
    void attach();
    /// Carries out the mounts in listed order. \throws Error with the mount in its steps
    void mount_all(const TreeSource& tree_for);
    /// Makes it the root directory and "/" the working directory; the host's root is gone then. \throws Error
    void enter();
    /// Masked and read-only paths, what stays read-only in the end, the propagation of the root. After enter(), devices and
    /// console. \throws Error
    void protect();
    /// The container is made: nothing is taken back any more.
    void release() noexcept { attached_elsewhere_ = false; }

private:
    void mount_one(std::size_t index, const TreeSource& tree_for);

    const plan::Rootfs& plan_;
    os::UniqueFd tree_;
    os::UniqueFd file_mask_;
    std::vector<os::UniqueFd> read_only_at_end_;
    bool attached_elsewhere_ = false;  ///< in a mount namespace that others are in
};

}  // namespace rt::rootfs
