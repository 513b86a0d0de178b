#include "rt/plan/mount_entry.hpp"

#include <linux/mount.h>

#include <algorithm>

#include "rt/base/text.hpp"

namespace rt::plan {

namespace {

// A copy of a mount is a peer of the original: what is mounted below either appears below both. So the copy leaves that
// group, unless the config asks for "shared"; out of a user namespace nothing goes to the host even then, as with any mount
// namespace of another user namespace (mount_namespaces(7), "Restrictions on mount namespaces").
std::uint64_t source_propagation(std::uint64_t wanted, bool user_namespace) {
    if (wanted == MS_SLAVE) return MS_SLAVE;
    if (wanted == MS_SHARED) return user_namespace ? MS_SLAVE : 0;
    return MS_PRIVATE;
}

}  // namespace

Mount mount_of(const MountEntry& entry, MountKind kind) {
    Mount mount;
    mount.label = entry.label;
    mount.destination = entry.destination;
    mount.kind = kind;
    mount.opened_by_runtime = kind == MountKind::bind && entry.circumstances.trees_by_runtime;
    mount.type = entry.mount.type;
    mount.source = entry.mount.source;
    mount.attributes = entry.options.attributes;
    mount.recursive_attributes = entry.options.recursive_attributes;
    mount.source_propagation = source_propagation(entry.options.propagation, entry.circumstances.user_namespace);
    mount.propagation = entry.options.propagation;
    mount.propagation_recursive = entry.options.propagation_recursive;
    mount.destination_nofollow = entry.options.destination_nofollow;
    return mount;
}

bool has_option(const std::vector<FilesystemOption>& data, std::string_view key) {
    return std::ranges::find(data, key, &FilesystemOption::key) != data.end();
}

void merge_recursive(Mount& mount) {
    mount.attributes.set |= mount.recursive_attributes.set & ~mount.attributes.clear;
    mount.attributes.clear |= mount.recursive_attributes.clear;
    mount.recursive_attributes = {};
}

void warn_of_filesystem_options(const MountEntry& entry, std::string_view reason, std::vector<std::string>& warnings) {
    for (std::size_t i = 0; i < entry.mount.options.size(); ++i) {
        const std::string& word = entry.mount.options[i];
        const std::optional<FoundMountOption> found = find_mount_option(word);
        const bool of_filesystem = found && (found->option->kind == MountOptionKind::superblock ||
                                             found->option->kind == MountOptionKind::copy_up);
        // "silent" and "loud" say how much is told when a file system cannot be mounted: here none is.
        const bool says_nothing = found && ((found->option->set | found->option->clear) & MS_SILENT) != 0;
        const bool is_data = std::ranges::find(entry.options.data_places, i) != entry.options.data_places.end();
        if (!is_data && (!of_filesystem || says_nothing)) continue;
        warnings.push_back(concat((entry.where / "options" / i).text(), ": '",
                                  printable(word.substr(0, word.find('='))), "' is ignored: ", reason));
    }
}

}  // namespace rt::plan
