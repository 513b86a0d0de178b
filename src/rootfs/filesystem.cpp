#include "rt/rootfs/filesystem.hpp"

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"
#include "rt/os/mount.hpp"
#include "rt/os/mount_call.hpp"
#include "rt/rootfs/bind.hpp"
#include "rt/rootfs/hidden_parts.hpp"
#include "rt/rootfs/trees.hpp"

namespace rt::rootfs {

namespace {

std::optional<std::string> mode_of(const plan::Mount& mount, const Target& target) {
    if (!mount.mode_of_mount_point || !target.existed) return std::nullopt;
    return octal_mode(os::status_of(target.fd.get(), mount.destination).st_mode);
}

void configure(os::FilesystemContext& filesystem, const plan::Mount& mount) {
    for (const plan::FilesystemOption& option : mount.data) {
        option.value ? filesystem.set(option.key, *option.value) : filesystem.set_flag(option.key);
    }
    for (const std::string& word : plan::superblock_words(mount.superblock)) filesystem.set_flag(word);
}

os::UniqueFd make_by_mount_call(const plan::Mount& mount, const Target& target) {
    std::vector<std::string> words;
    if (const std::optional<std::string> mode = mode_of(mount, target)) words.push_back(concat("mode=", *mode));
    for (const plan::FilesystemOption& option : mount.data) {
        words.push_back(option.value ? concat(option.key, "=", *option.value) : option.key);
    }
    const std::string source = mount.source.empty() ? "none" : mount.source;
    os::UniqueFd made = os::mount_detached(mount.type, source, mount.superblock.set, join(words, ","));
    os::set_mount_attributes(made.get(), {.set = mount.attributes.set, .clear = mount.attributes.clear}, false,
                             mount.destination);
    return made;
}

os::UniqueFd make_by_context(const plan::Mount& mount, const Target& target) {
    os::NewFilesystem filesystem(mount.type);
    if (!mount.source.empty()) filesystem.set("source", mount.source);
    if (const std::optional<std::string> mode = mode_of(mount, target)) filesystem.set("mode", *mode);
    configure(filesystem, mount);
    return filesystem.mount(mount.attributes.set);
}

void set_root_label(int mount, const std::string& label) {
    const os::UniqueFd root = os::open_at(mount, ".", O_RDONLY | O_DIRECTORY);
    if (::fsetxattr(root.get(), "security.selinux", label.c_str(), label.size() + 1, 0) < 0) {
        throw_errno("set the SELinux label", label);
    }
}

constexpr const char* proc_hint =
    "in a container: start that one without maskedPaths and readonlyPaths below /proc; or leave { \"type\": \"pid\" } "
    "out of /linux/namespaces: then the caller's /proc is bound";

std::string reason_for(const plan::Mount& mount) {
    if (!mount.real_directory_only) return mount.refusal_reason;
    const std::string hidden = describe_hidden_parts(mount.type);
    return hidden.empty() ? mount.refusal_reason : concat(mount.refusal_reason, "; ", hidden);
}

os::UniqueFd make_what_is_asked(const plan::Mount& mount, const Target& target) {
    os::UniqueFd made = mount.by_mount_call ? make_by_mount_call(mount, target) : make_by_context(mount, target);
    for (const plan::MountLink& link : mount.links) {
        if (::symlinkat(link.target.c_str(), made.get(), link.name.c_str()) < 0)
            throw_errno("make the link", link.name);
    }
    if (!mount.selinux_root_label.empty()) set_root_label(made.get(), mount.selinux_root_label);
    if (mount.propagation != 0) {
        os::set_mount_attributes(made.get(), {.propagation = mount.propagation}, false, mount.destination);
    }
    return made;
}

}  // namespace

os::UniqueFd make_filesystem(const plan::Mount& mount, const Target& target, const Warn& warn) {
    try {
        return make_what_is_asked(mount, target);
    } catch (const Error& error) {
        const Failure& failure = error.failure();
        if (failure.code != EPERM) throw;
        if (mount.refusal_reason.empty()) throw;
        const std::string reason = reason_for(mount);
        if (mount.read_only_sys_on_refusal) {
            warn(concat(mount.label, ": the caller's /sys is bound instead, read-only: ", reason));
            return open_read_only_sys(mount);
        }
        throw_errno(failure.doing, failure.object, failure.code,
                    failure.reason.empty() ? reason : concat(failure.reason, "; ", reason),
                    mount.type == "proc" ? proc_hint : "");
    }
}

bool leaves_no_trace(const plan::Mount& mount) {
    constexpr std::array types{"proc",    "sysfs",   "tmpfs",    "ramfs",      "devpts",    "mqueue",
                               "debugfs", "tracefs", "configfs", "securityfs", "hugetlbfs", "bpf"};
    if (mount.kind != plan::MountKind::filesystem) return false;
    const auto is_upper = [](const plan::FilesystemOption& option) { return option.key == "upperdir"; };
    if (mount.type == "overlay") return std::ranges::none_of(mount.data, is_upper);
    return std::ranges::find(types, mount.type) != types.end();
}

void remount(const plan::Mount& mount, int target) {
    if (!os::is_mount_root(target)) {
        fail("remount", mount.destination, "nothing is mounted there",
             "'remount' changes what an entry before this one has mounted");
    }
    const bool filesystem_changes = !mount.data.empty() || !plan::superblock_words(mount.superblock).empty();
    if (filesystem_changes) {
        os::MountedFilesystem filesystem(target, mount.destination);
        configure(filesystem, mount);
        filesystem.reconfigure();
    }
    change_mount(target, mount);
}

}  // namespace rt::rootfs
