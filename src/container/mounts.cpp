#include <fcntl.h>
#include <linux/mount.h>

#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/base/text.hpp"
#include "rt/container/commands.hpp"
#include "rt/container/exec_target.hpp"
#include "rt/container/interruption.hpp"
#include "rt/container/own_program.hpp"
#include "rt/container/status.hpp"
#include "rt/idmap/mount_mapper.hpp"
#include "rt/os/file.hpp"
#include "rt/os/mount.hpp"
#include "rt/os/process.hpp"
#include "rt/os/signals.hpp"
#include "rt/os/umask.hpp"
#include "rt/plan/added_mounts.hpp"
#include "rt/privileges/become.hpp"
#include "rt/rootfs/mounts.hpp"
#include "rt/rootfs/trees.hpp"

namespace rt::container {

namespace {

constexpr const char* doing = "change the mounts of";

// The container from inside its mount namespace, for the rest of the life of this process: there is no way back, and the log
// is open already.
class Inside {
public:
    Inside(const Target& target, const plan::AddedMounts& plan, const os::Procfs& procfs)
        : procfs_(procfs), root_(target.open_root()) {
        target.require_alive();
        // Whoever is in the container must not be able to look into a process that still is partly of the host
        // (CVE-2026-41163); a change of credentials makes it dumpable again (prctl(2)).
        os::set_dumpable(false);
        const int code = os::try_join_namespace(target.init(), static_cast<int>(plan.namespaces));
        if (code != 0) {
            throw_errno("join the namespaces of", "the container", code, "",
                        code == EPERM ? "run rt as the user who created the container, or as root" : "");
        }
        if (!plan.rootfs.mappings.mapped) return;
        privileges::become_namespace_user(plan.setup_uid, plan.setup_gid, plan.rootfs.mappings.groups_denied);
        os::set_dumpable(false);
    }

    int root() const noexcept { return root_.get(); }

    // What is mounted on top there (O_PATH). A way through symbolic links ends inside the rootfs.
    os::UniqueFd find(const std::string& path) const {
        os::UniqueFd mount = os::open_in_root(root(), path, O_PATH);
        if (!os::is_mount_root(mount.get())) fail("take away the mount on", path, "nothing is mounted there");
        return mount;
    }

    void detach(const std::string& path) const {
        const int code = try_detach(find(path).get());
        if (code == 0) return;
        throw_errno("take away the mount on", path, code, "",
                    code == EINVAL ? "the kernel keeps mounts that came into the user namespace with others" : "");
    }

    int try_detach(int mount) const noexcept { return os::try_detach_mount(procfs_.fd(), mount); }

private:
    const os::Procfs& procfs_;
    os::UniqueFd root_;
};

// The mounts that are made so far; without commit() they go again.
class Made {
public:
    explicit Made(const Inside& inside) : inside_(inside) {}
    Made(const Made&) = delete;
    Made& operator=(const Made&) = delete;
    ~Made() {
        for (auto mount = mounts_.rbegin(); mount != mounts_.rend(); ++mount) {
            if (*mount) inside_.try_detach(mount->get());
        }
    }

    // Empty: a symbolic link was made in its place.
    void add(os::UniqueFd mount) { mounts_.push_back(std::move(mount)); }
    int operator[](std::size_t index) const { return mounts_[index].get(); }
    void commit() noexcept { mounts_.clear(); }

private:
    const Inside& inside_;
    std::vector<os::UniqueFd> mounts_;
};

void make_mounts(const Inside& inside, const plan::Rootfs& plan, std::vector<os::UniqueFd>& trees) {
    const os::UmaskScope umask(022);
    Made made(inside);
    const rootfs::MountSource source{.tree = [&](std::size_t index) { return std::move(trees[index]); },
                                     .mapped = {},
                                     .attaching = {},
                                     .warn = log::warning};
    for (std::size_t index = 0; index < plan.mounts.size(); ++index) {
        made.add(rootfs::carry_out_mount(inside.root(), plan, index, source));
    }
    for (std::size_t index = 0; index < plan.mounts.size(); ++index) {
        const plan::Mount& mount = plan.mounts[index];
        if (!mount.read_only_at_end) continue;
        os::set_mount_attributes(made[index], {.set = MOUNT_ATTR_RDONLY}, false, mount.destination);
    }
    made.commit();
}

// With the caller's rights, in the caller's mount namespace.
std::vector<os::UniqueFd> open_trees(const plan::Rootfs& plan, const os::Procfs& procfs) {
    idmap::MountMapper mapper(procfs);
    std::vector<os::UniqueFd> trees(plan.mounts.size());
    for (std::size_t index = 0; index < trees.size(); ++index) {
        if (!plan.mounts[index].opened_by_runtime) continue;
        trees[index] = rootfs::open_tree_for(plan, index);
        during(plan.mounts[index].label, [&] { mapper.map(trees[index].get(), plan.mounts[index]); });
    }
    return trees;
}

void require_alive(const Opened& container, const os::Procfs& procfs) {
    const state::Status status = status_now(container.record, procfs);
    if (status != state::Status::stopped && status != state::Status::creating) return;
    fail(doing, container.record.id, "container not running", concat("it is ", name_of(status)));
}

// Where `act` begins, rt does not start itself anew any more: what comes through a pipe can be read.
template <class Act>
void with_container(const Roots& roots, const std::string& id, const Act& act) {
    os::HeldSignals signals(ending_signals());
    const Opened container = open_container(roots, id, doing);
    const os::Procfs procfs = os::Procfs::open();
    require_alive(container, procfs);
    const Target target(container, procfs);
    require_sealed_program(target.user_mappings());
    act(target, procfs);
    signals.forget();
}

}  // namespace

void add_mounts(const Roots& roots, const std::string& id, const MountList& mounts) {
    const auto act = [&](const Target& target, const os::Procfs& procfs) {
        const plan::AddedMounts plan = target.plan_mounts(mounts());
        for (const std::string& warning : plan.warnings) log::warning(warning);
        std::vector<os::UniqueFd> trees = open_trees(plan.rootfs, procfs);
        const Inside inside(target, plan, procfs);
        make_mounts(inside, plan.rootfs, trees);
    };
    during(concat("add mounts to container ", printable(id)), [&] { with_container(roots, id, act); });
}

void remove_mounts(const Roots& roots, const std::string& id, const MountList& mounts) {
    const auto act = [&](const Target& target, const os::Procfs& procfs) {
        const std::vector<std::string> paths = plan::plan_removed_mounts(mounts());
        const Inside inside(target, target.plan_mounts({}), procfs);
        for (const std::string& path : paths) inside.find(path);
        for (auto path = paths.rbegin(); path != paths.rend(); ++path) inside.detach(*path);
    };
    during(concat("remove mounts of container ", printable(id)), [&] { with_container(roots, id, act); });
}

}  // namespace rt::container
