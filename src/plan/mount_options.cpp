#include "rt/plan/mount_options.hpp"

#include <linux/mount.h>

#include <algorithm>
#include <array>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000  // Linux 5.14
#endif

namespace rt::plan {

namespace {

using enum MountOptionKind;

// The three kinds of access times are one field to the kernel, cleared whole before it is set; "relatime" is its zero.
constexpr std::uint64_t any_atime = MOUNT_ATTR__ATIME;

constexpr MountOption adds(std::string_view name, std::string_view recursive_name, std::uint64_t bit) {
    return {name, recursive_name, attribute, bit, 0, 0};
}
constexpr MountOption removes(std::string_view name, std::string_view recursive_name, std::uint64_t bit) {
    return {name, recursive_name, attribute, 0, bit, bit};
}
constexpr MountOption access_time(std::string_view name, std::string_view recursive_name, std::uint64_t set,
                                  std::uint64_t drops) {
    return {name, recursive_name, attribute, set, drops, any_atime};
}
constexpr MountOption other(std::string_view name, MountOptionKind kind) { return {name, {}, kind, 0, 0, 0}; }
constexpr MountOption propagates(std::string_view name, std::string_view recursive_name, std::uint64_t type) {
    return {name, recursive_name, propagation, type, 0, 0};
}

constexpr std::array table{
    adds("ro", "rro", MOUNT_ATTR_RDONLY),
    removes("rw", "rrw", MOUNT_ATTR_RDONLY),
    adds("nosuid", "rnosuid", MOUNT_ATTR_NOSUID),
    removes("suid", "rsuid", MOUNT_ATTR_NOSUID),
    adds("nodev", "rnodev", MOUNT_ATTR_NODEV),
    removes("dev", "rdev", MOUNT_ATTR_NODEV),
    adds("noexec", "rnoexec", MOUNT_ATTR_NOEXEC),
    removes("exec", "rexec", MOUNT_ATTR_NOEXEC),
    adds("nosymfollow", "rnosymfollow", MOUNT_ATTR_NOSYMFOLLOW),
    removes("symfollow", "rsymfollow", MOUNT_ATTR_NOSYMFOLLOW),
    adds("nodiratime", "rnodiratime", MOUNT_ATTR_NODIRATIME),
    removes("diratime", "rdiratime", MOUNT_ATTR_NODIRATIME),
    access_time("noatime", "rnoatime", MOUNT_ATTR_NOATIME, any_atime),
    access_time("atime", "ratime", 0, MOUNT_ATTR_NOATIME),
    access_time("relatime", "rrelatime", 0, any_atime),
    access_time("strictatime", "rstrictatime", MOUNT_ATTR_STRICTATIME, any_atime),
    access_time("nostrictatime", "rnostrictatime", 0, MOUNT_ATTR_STRICTATIME),
    // relatime is what the kernel does when nothing else is set (mount(2), MS_RELATIME).
    MountOption{"norelatime", "rnorelatime", no_effect, 0, 0, 0},

    other("sync", superblock),
    other("async", superblock),
    other("dirsync", superblock),
    other("lazytime", superblock),
    other("nolazytime", superblock),
    other("mand", superblock),
    other("nomand", superblock),

    propagates("private", "rprivate", MS_PRIVATE),
    propagates("slave", "rslave", MS_SLAVE),
    propagates("shared", "rshared", MS_SHARED),
    propagates("unbindable", "runbindable", MS_UNBINDABLE),

    MountOption{"bind", "rbind", bind, 0, 0, 0},

    other("defaults", no_effect),
    // Whether the kernel logs certain failures (MS_SILENT): the new mount API has no such flag and reports by itself.
    other("silent", no_effect),
    other("loud", no_effect),
    // A file system that counts versions of inodes does so without being asked (mount(8)).
    other("iversion", no_effect),
    other("noiversion", no_effect),

    MountOption{"idmap", "ridmap", unsupported, 0, 0, 0},
    other("tmpcopyup", unsupported),
    other("remount", unsupported),
    other("copy-symlink", unsupported),
    other("src-nofollow", unsupported),
    other("dest-nofollow", unsupported),
};

void apply(MountAttributeChange& change, const MountOption& option) {
    change.set = (change.set & ~option.drops) | option.set;
    change.clear |= option.clear;
}

FilesystemOption filesystem_option(const std::string& text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos) return {.key = text, .value = std::nullopt};
    return {.key = text.substr(0, equals), .value = text.substr(equals + 1)};
}

void apply(ParsedMountOptions& parsed, const FoundMountOption& found) {
    const MountOption& option = *found.option;
    switch (option.kind) {
        case attribute: apply(found.recursive ? parsed.recursive_attributes : parsed.attributes, option); break;
        case superblock: break;
        case propagation:
            parsed.propagation = option.set;
            parsed.propagation_recursive = found.recursive;
            break;
        case bind:
            parsed.bind = true;
            parsed.recursive_bind |= found.recursive;
            break;
        case no_effect:
        case unsupported: break;
    }
}

}  // namespace

std::span<const MountOption> mount_options() noexcept { return table; }

std::optional<FoundMountOption> find_mount_option(std::string_view name) noexcept {
    const auto found = std::ranges::find_if(table, [&](const MountOption& option) {
        return option.name == name || (!option.recursive_name.empty() && option.recursive_name == name);
    });
    if (found == table.end()) return std::nullopt;
    return FoundMountOption{.option = &*found, .recursive = found->name != name};
}

ParsedMountOptions parse_mount_options(const std::vector<std::string>& options, const JsonPointer& where) {
    ParsedMountOptions parsed;
    for (std::size_t i = 0; i < options.size(); ++i) {
        const std::optional<FoundMountOption> found = find_mount_option(options[i]);
        if (found && found->option->kind == unsupported) {
            fail("use the mount option at", (where / i).text(),
                 concat("'", options[i], "' is not supported by this version of rt"));
        }
        if (found) apply(parsed, *found);
        if (found && found->option->kind != superblock) continue;
        if (options[i].empty()) continue;
        parsed.data.push_back(filesystem_option(options[i]));
        parsed.data_places.push_back(i);
    }
    return parsed;
}

}  // namespace rt::plan
