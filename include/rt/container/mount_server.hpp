#pragma once

#include <vector>

#include "rt/idmap/mount_mapper.hpp"
#include "rt/init/line.hpp"
#include "rt/plan/rootfs.hpp"

namespace rt::container {

/// Gives the detached tree of the rootfs the mapping of the plan, once it is known to be reachable by it. \throws Error
void map_rootfs(int tree, const plan::Rootfs& plan, idmap::MountMapper& mapper);

/// The runtime's side of preparing the rootfs: what init asks for because it takes the rights of the caller.
class MountServer {
public:
    MountServer(const plan::Rootfs& plan, idmap::MountMapper& mapper, init::Line& line)
        : plan_(plan), mapper_(mapper), line_(line) {}

    /// Answers one request (Message::Kind::trees_wanted, mapping_wanted). \throws Error
    void serve(const init::Message& message, std::vector<os::UniqueFd> fds);

private:
    os::UniqueFd open_tree(std::size_t mount);
    os::UniqueFd make_mapped(std::size_t mount, os::UniqueFd fd);
    void send_trees(std::size_t first);
    void send_nodes();

    const plan::Rootfs& plan_;
    idmap::MountMapper& mapper_;
    init::Line& line_;
};

}  // namespace rt::container
