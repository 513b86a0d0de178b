#pragma once

#include <string>

#include "rt/os/fd.hpp"
#include "rt/plan/devices.hpp"

namespace rt::devices {

/// A detached mount of the host's node for the device: at the same path, or where the kernel says that it is. \throws Error: there is
/// none, or its mode or owner is not what the configuration asks for
os::UniqueFd clone_host_node(const plan::Device& device);

/// The runtime's tmpfs with nodes, attached while nodes are cloned from it: a detached mount cannot be cloned before Linux 6.15.
class NodeTree {
public:
    /// Attaches it on the directory `place`, which looks empty until the end of this object to whoever walks there by name.
    /// \throws Error
    NodeTree(os::UniqueFd tree, int place);
    NodeTree(const NodeTree&) = delete;
    NodeTree& operator=(const NodeTree&) = delete;
    ~NodeTree();

    /// A detached mount of the node with that name. \throws Error
    os::UniqueFd clone(const std::string& name) const;

private:
    os::UniqueFd tree_;
};

}  // namespace rt::devices
