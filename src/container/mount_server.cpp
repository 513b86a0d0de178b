#include "rt/container/mount_server.hpp"

#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/base/text.hpp"
#include "rt/devices/trees.hpp"
#include "rt/init/init.hpp"
#include "rt/rootfs/exposure.hpp"
#include "rt/rootfs/filesystem.hpp"
#include "rt/rootfs/reach.hpp"
#include "rt/rootfs/trees.hpp"

namespace rt::container {

namespace {

void warn(const std::string& exposure) {
    if (!exposure.empty()) log::warning(exposure);
}

}  // namespace

void map_rootfs(int tree, const plan::Rootfs& plan, idmap::MountMapper& mapper) {
    rootfs::require_reachable(tree, plan);
    mapper.map(tree, plan);
    warn(rootfs::describe_exposure(plan));
}

os::UniqueFd MountServer::open_tree(std::size_t mount) {
    os::UniqueFd tree = rootfs::open_tree_for(plan_, mount);
    if (plan_.mounts[mount].kind == plan::MountKind::device_tmpfs) devices::fill_device_tmpfs(tree.get(), plan_);
    during(plan_.mounts[mount].label, [&] { mapper_.map(tree.get(), plan_.mounts[mount]); });
    warn(rootfs::describe_exposure(plan_.mounts[mount], plan_.mappings));
    return tree;
}

os::UniqueFd MountServer::make_mapped(std::size_t mount, os::UniqueFd fd) {
    if (mount == plan_.mounts.size()) {
        map_rootfs(fd.get(), plan_, mapper_);
        return fd;
    }
    const plan::Mount& planned = plan_.mounts[mount];
    return during(planned.label, [&] {
        os::UniqueFd tree = std::move(fd);
        if (planned.kind == plan::MountKind::filesystem) {
            const bool existed = static_cast<bool>(tree);
            tree = rootfs::make_filesystem(planned, {.fd = std::move(tree), .existed = existed}, log::warning);
        }
        mapper_.map(tree.get(), planned);
        return tree;
    });
}

void MountServer::send_trees(std::size_t first) {
    std::vector<os::UniqueFd> trees;
    std::vector<int> fds;
    for (const std::size_t mount : init::mounts_to_send(plan_, first)) {
        try {
            trees.push_back(open_tree(mount));
        } catch (const Error& error) {
            // Where few files may be open, fewer go at a time.
            if (error.failure().code != EMFILE || trees.empty()) throw;
            break;
        }
        fds.push_back(trees.back().get());
    }
    line_.send({.kind = init::Message::Kind::trees}, fds);
}

void MountServer::send_nodes() {
    const os::UniqueFd tree = during("make the devices", [&] { return devices::make_node_tree(plan_); });
    line_.send({.kind = init::Message::Kind::trees}, {tree.get()});
}

void MountServer::serve(const init::Message& message, std::vector<os::UniqueFd> fds) {
    const bool mapping = message.kind == init::Message::Kind::mapping_wanted;
    // One past the last mount: what else there is to ask for.
    if (!mapping && message.first == plan_.mounts.size()) return send_nodes();
    if (message.first > plan_.mounts.size()) fail("send init", "a mount", "it asked for one that does not exist");
    during("prepare the rootfs", [&] {
        if (!mapping) return send_trees(message.first);
        const os::UniqueFd mount = make_mapped(message.first, fds.empty() ? os::UniqueFd() : std::move(fds.front()));
        line_.send({.kind = init::Message::Kind::trees}, {mount.get()});
    });
}

}  // namespace rt::container
