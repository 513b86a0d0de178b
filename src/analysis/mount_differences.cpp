#include "rt/analysis/mount_differences.hpp"

#include <linux/mount.h>

#include <algorithm>
#include <array>
#include <set>

#include "rt/base/json_pointer.hpp"
#include "rt/base/text.hpp"
#include "rt/plan/mount_options.hpp"
#include "rt/plan/mounts.hpp"

namespace rt::analysis {

namespace {

#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

// As mountinfo calls them; what it shows of access times depends on more than one of them.
constexpr std::array<Named<std::uint64_t>, 5> attribute_words{{{"ro", MOUNT_ATTR_RDONLY},
                                                               {"nosuid", MOUNT_ATTR_NOSUID},
                                                               {"nodev", MOUNT_ATTR_NODEV},
                                                               {"noexec", MOUNT_ATTR_NOEXEC},
                                                               {"nosymfollow", MOUNT_ATTR_NOSYMFOLLOW}}};

// Made by the runtime though no config names them, as mounts where nodes cannot be made (config-linux.md "Default Devices").
constexpr std::array<std::string_view, 8> default_devices{"/dev/null",    "/dev/zero", "/dev/full",    "/dev/random",
                                                          "/dev/urandom", "/dev/tty",  "/dev/console", "/dev/ptmx"};

bool has(const std::vector<std::string>& words, std::string_view word) {
    return std::ranges::find(words, word) != words.end();
}

bool is_read_only(const os::MountInfo& mount) { return has(mount.options, "ro") || has(mount.super_options, "ro"); }

bool lies_at_or_below(const std::string& path, const std::string& directory) {
    return directory == "/" || path == directory || path.starts_with(directory + "/");
}

class Comparison {
public:
    Comparison(const spec::Spec& spec, const std::vector<os::MountInfo>& mounts,
               const std::map<std::string, PathInside>& paths)
        : spec_(spec), mounts_(mounts), paths_(paths) {}

    std::vector<Difference> run() {
        compare_root();
        for (std::size_t i = 0; i < spec_.mounts.size(); ++i) compare_mount(i);
        compare_hidden("maskedPaths", spec_.linux.masked_paths,
                       [](const PathInside& path, const os::MountInfo*) { return path.mount_root ? "" : "in sight"; });
        compare_hidden("readonlyPaths", spec_.linux.readonly_paths, [](const PathInside&, const os::MountInfo* mount) {
            return mount == nullptr || is_read_only(*mount) ? "" : "writable";
        });
        add_others();
        return std::move(found_);
    }

private:
    const os::MountInfo* mount_at(const PathInside& path) const {
        const auto mount = std::ranges::find(mounts_, path.mount, &os::MountInfo::id);
        return mount == mounts_.end() ? nullptr : &*mount;
    }

    const PathInside* look_up(const std::string& path) const {
        const auto place = paths_.find(path);
        return place == paths_.end() ? nullptr : &place->second;
    }

    void add(const JsonPointer& place, std::string config, std::string actual) {
        found_.push_back({.place = place.text(), .config = std::move(config), .actual = std::move(actual)});
    }

    void compare_root() {
        const PathInside* path = look_up("/");
        const os::MountInfo* mount = path == nullptr ? nullptr : mount_at(*path);
        if (mount == nullptr || is_read_only(*mount) == spec_.root.readonly) return;
        const auto word = [](bool read_only) { return read_only ? "read-only" : "writable"; };
        add(JsonPointer() / "root" / "readonly", word(spec_.root.readonly), word(!spec_.root.readonly));
    }

    // A later entry is mounted on it, or above it.
    bool is_covered(std::size_t index) const {
        const std::string place = plan::tidy_path(spec_.mounts[index].destination);
        return std::any_of(
            spec_.mounts.begin() + static_cast<std::ptrdiff_t>(index) + 1, spec_.mounts.end(),
            [&](const spec::Mount& later) { return lies_at_or_below(place, plan::tidy_path(later.destination)); });
    }

    void compare_mount(std::size_t index) {
        const spec::Mount& entry = spec_.mounts[index];
        const JsonPointer place = JsonPointer() / "mounts" / index;
        const plan::ParsedMountOptions options = plan::parse_mount_options(entry.options, place / "options");
        const PathInside* path = look_up(entry.destination);
        if (path == nullptr || is_covered(index) || options.copy_symlink || options.destination_nofollow) return;
        const os::MountInfo* mount = mount_at(*path);
        if (!path->exists || !path->mount_root || mount == nullptr) {
            add(place, concat("a mount on ", entry.destination), "");
            return;
        }
        const bool has_type = !options.bind && !options.remount && entry.type != "bind" && !is_of_many_types(entry);
        if (has_type && entry.type != mount->type) add(place / "type", entry.type, mount->type);
        compare_attributes(place / "options", options, *mount);
        const bool mapped = options.id_mapped || !entry.uid_mappings.empty();
        if (mapped != has(mount->options, "idmapped"))
            add(place, mapped ? "id-mapped" : "not id-mapped", mapped ? "not id-mapped" : "id-mapped");
    }

    // On cgroup v1 it is a tmpfs; some helpers give their file systems names of their own.
    static bool is_of_many_types(const spec::Mount& entry) {
        return entry.type.empty() || entry.type.starts_with("cgroup") || entry.type.starts_with("fuse") ||
               entry.type.starts_with("nfs") || entry.type == "none";
    }

    void compare_attributes(const JsonPointer& place, const plan::ParsedMountOptions& options,
                            const os::MountInfo& mount) {
        std::vector<std::string> lost;
        std::vector<std::string> added;
        for (const auto& [word, flag] : attribute_words) {
            const bool there = flag == MOUNT_ATTR_RDONLY ? is_read_only(mount) : has(mount.options, word);
            const bool set = ((options.attributes.set | options.recursive_attributes.set) & flag) != 0;
            const bool cleared = (options.attributes.clear & flag) != 0 && !set;
            if (set && !there) lost.emplace_back(word);
            if (cleared && there) added.emplace_back(word);
        }
        if (!lost.empty()) add(place, join(lost, ","), "");
        if (!added.empty()) add(place, "", join(added, ","));
    }

    template <class Judge>
    void compare_hidden(const char* list, const std::vector<std::string>& paths, Judge&& judge) {
        for (std::size_t i = 0; i < paths.size(); ++i) {
            const PathInside* path = look_up(paths[i]);
            if (path == nullptr || !path->exists) continue;
            const std::string_view word = judge(*path, mount_at(*path));
            if (!word.empty()) add(JsonPointer() / "linux" / list / i, paths[i], std::string(word));
        }
    }

    bool is_device(const std::string& path) const {
        const auto is_it = [&](const spec::Device& device) { return plan::tidy_path(device.path) == path; };
        return std::ranges::find(default_devices, path) != default_devices.end() ||
               std::ranges::any_of(spec_.linux.devices, is_it);
    }

    // What has mounts below that come with it.
    bool comes_with_another(const std::string& path) const {
        return std::ranges::any_of(spec_.mounts, [&](const spec::Mount& entry) {
            const bool brings = entry.type == "proc" || entry.type == "sysfs" || entry.type.starts_with("cgroup") ||
                                has(entry.options, "rbind");
            return brings && lies_at_or_below(path, plan::tidy_path(entry.destination));
        });
    }

    void add_others() {
        std::set<std::uint64_t> named;
        for (const auto& [path, inside] : paths_) {
            if (inside.mount_root || path == "/") named.insert(inside.mount);
        }
        for (const os::MountInfo& mount : mounts_) {
            const std::string& path = mount.mount_point;
            if (named.contains(mount.id) || path == "/" || is_device(path) || comes_with_another(path) ||
                !os::is_visible(mount, mounts_))
                continue;
            add(JsonPointer() / "mounts", "", concat(mount.type, " on ", path));
        }
    }

    const spec::Spec& spec_;
    const std::vector<os::MountInfo>& mounts_;
    const std::map<std::string, PathInside>& paths_;
    std::vector<Difference> found_;
};

}  // namespace

std::vector<Difference> mount_differences(const spec::Spec& spec, const std::vector<os::MountInfo>& mounts,
                                          const std::map<std::string, PathInside>& paths) {
    return Comparison(spec, mounts, paths).run();
}

}  // namespace rt::analysis
