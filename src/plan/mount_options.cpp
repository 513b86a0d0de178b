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
constexpr MountOption of_superblock(std::string_view name, std::uint64_t flag) {
    return {name, {}, superblock, flag, 0, 0};
}
constexpr MountOption not_of_superblock(std::string_view name, std::uint64_t flag) {
    return {name, {}, superblock, 0, flag, flag};
}
constexpr MountOption other(std::string_view name, MountOptionKind kind) { return {name, {}, kind, 0, 0, 0}; }
constexpr MountOption propagates(std::string_view name, std::string_view recursive_name, std::uint64_t type) {
    return {name, recursive_name, propagation, type, 0, 0};
}

// What mount(8) takes along when it lets ordinary users mount.
constexpr std::uint64_t of_an_owner = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
constexpr std::uint64_t of_a_user = of_an_owner | MOUNT_ATTR_NOEXEC;

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

    of_superblock("sync", MS_SYNCHRONOUS),
    not_of_superblock("async", MS_SYNCHRONOUS),
    of_superblock("dirsync", MS_DIRSYNC),
    of_superblock("lazytime", MS_LAZYTIME),
    not_of_superblock("nolazytime", MS_LAZYTIME),
    of_superblock("mand", MS_MANDLOCK),
    not_of_superblock("nomand", MS_MANDLOCK),
    of_superblock("silent", MS_SILENT),
    not_of_superblock("loud", MS_SILENT),
    of_superblock("iversion", MS_I_VERSION),
    not_of_superblock("noiversion", MS_I_VERSION),

    propagates("private", "rprivate", MS_PRIVATE),
    propagates("slave", "rslave", MS_SLAVE),
    propagates("shared", "rshared", MS_SHARED),
    propagates("unbindable", "runbindable", MS_UNBINDABLE),

    MountOption{"bind", "rbind", bind, 0, 0, 0},
    MountOption{"idmap", "ridmap", id_mapping, 0, 0, 0},

    other("remount", remount),
    other("tmpcopyup", copy_up),
    other("copy-symlink", copy_symlink),
    other("src-nofollow", source_nofollow),
    other("dest-nofollow", destination_nofollow),

    other("defaults", no_effect),
    other("auto", no_effect),
    other("noauto", no_effect),
    other("_netdev", no_effect),
    other("nouser", no_effect),
    other("nousers", no_effect),
    other("nogroup", no_effect),
    other("noowner", no_effect),
    adds("user", {}, of_a_user),
    adds("users", {}, of_a_user),
    adds("group", {}, of_an_owner),
    adds("owner", {}, of_an_owner),
    other("nofail", unsupported),

};

// Superblock flags are changed in the same way.
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
        case superblock: apply(parsed.superblock, option); break;
        case propagation:
            parsed.propagation = option.set;
            parsed.propagation_recursive = found.recursive;
            break;
        case bind:
            parsed.bind = true;
            parsed.recursive_bind |= found.recursive;
            break;
        case id_mapping:
            parsed.id_mapped = true;
            parsed.id_mapped_recursively |= found.recursive;
            break;
        case remount: parsed.remount = true; break;
        case copy_up: parsed.copy_up = true; break;
        case copy_symlink: parsed.copy_symlink = true; break;
        case source_nofollow: parsed.source_nofollow = true; break;
        case destination_nofollow: parsed.destination_nofollow = true; break;
        case no_effect:
        case unsupported: break;
    }
}

// mount(8): words that other programs leave for each other, and what mount(8) itself does for the administrator.
bool is_for_other_programs(std::string_view word) {
    return word.starts_with("x-") || word.starts_with("comment=") ||
           (word.starts_with("X-") && (!word.starts_with("X-mount.") || word == "X-mount.mkdir"));
}

[[noreturn]] void refuse_option(const std::string& option, const JsonPointer& where) {
    fail("use the mount option at", where.text(),
         concat("'", printable(option), "' is not supported by this version of rt"));
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

std::vector<std::string> superblock_words(const SuperblockChange& change) {
    std::vector<std::string> words;
    if ((change.set & MS_RDONLY) != 0) words.emplace_back("ro");
    if ((change.clear & ~change.set & MS_RDONLY) != 0) words.emplace_back("rw");
    for (const MountOption& option : table) {
        if (option.kind != superblock || ((option.set | option.clear) & flags_of_mount_call_only) != 0) continue;
        const bool wanted = (option.set & change.set) != 0 || (option.clear & change.clear & ~change.set) != 0;
        if (wanted) words.emplace_back(option.name);
    }
    return words;
}

ParsedMountOptions parse_mount_options(const std::vector<std::string>& options, const JsonPointer& where) {
    ParsedMountOptions parsed;
    for (std::size_t i = 0; i < options.size(); ++i) {
        const std::string& word = options[i];
        if (word.empty() || is_for_other_programs(word)) continue;
        const std::optional<FoundMountOption> found = find_mount_option(word);
        if (word.starts_with("X-mount.") || (found && found->option->kind == unsupported))
            refuse_option(word, where / i);
        if (found) {
            apply(parsed, *found);
        } else {
            parsed.data.push_back(filesystem_option(word));
            parsed.data_places.push_back(i);
        }
    }
    return parsed;
}

}  // namespace rt::plan
