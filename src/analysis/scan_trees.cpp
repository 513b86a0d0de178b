#include "rt/analysis/scan_trees.hpp"

#include "rt/base/text.hpp"
#include "rt/plan/idmapped_rootfs.hpp"
#include "rt/plan/mount_options.hpp"

namespace rt::analysis {

namespace {

std::string absolute(const std::string& bundle, const std::string& path) {
    return path.starts_with('/') ? path : concat(bundle, "/", path);
}

plan::MountIdMapping mapping_of_container(const ProcessMappings& mappings, bool recursive) {
    return {.uids = mappings.uids, .gids = mappings.gids, .recursive = recursive};
}

ScanTree rootfs_of(const spec::Spec& spec, const std::string& bundle, const ProcessMappings& mappings, bool idmap) {
    ScanTree tree{.name = "rootfs",
                  .path = absolute(bundle, spec.root.path),
                  .ids = {.container = mappings, .mount = std::nullopt},
                  .with_mounts_below = true,
                  .is_rootfs = true};
    const auto annotation = spec.annotations.find(std::string(plan::rootfs_idmap_annotation));
    const std::string word = annotation == spec.annotations.end() ? "" : annotation->second;
    if (idmap || word == "idmap" || word == "true" || word == "ridmap")
        tree.ids.mount = mapping_of_container(mappings, word == "ridmap");
    return tree;
}

/// What the options of a mount say about the files of its source.
struct BindWords {
    bool bind = false;
    bool recursive = false;
    bool idmap = false;
    bool idmap_recursive = false;
};

BindWords words_of(const spec::Mount& mount) {
    BindWords words{.bind = mount.type == "bind"};
    for (const std::string& option : mount.options) {
        const auto found = plan::find_mount_option(option);
        if (!found) continue;
        if (found->option->kind == plan::MountOptionKind::bind) {
            words.bind = true;
            words.recursive = words.recursive || found->recursive;
        } else if (found->option->kind == plan::MountOptionKind::id_mapping) {
            words.idmap = true;
            words.idmap_recursive = words.idmap_recursive || found->recursive;
        }
    }
    return words;
}

}  // namespace

std::vector<ScanTree> trees_of(const spec::Spec& spec, const std::string& bundle, const ProcessMappings& mappings,
                               bool idmap_rootfs) {
    std::vector<ScanTree> trees{rootfs_of(spec, bundle, mappings, idmap_rootfs)};
    for (std::size_t i = 0; i < spec.mounts.size(); ++i) {
        const spec::Mount& mount = spec.mounts[i];
        const BindWords words = words_of(mount);
        if (!words.bind || mount.source.empty()) continue;
        ScanTree tree{.name = concat("mount ", i, " (bind on ", printable(mount.destination), ")"),
                      .path = absolute(bundle, mount.source),
                      .ids = {.container = mappings, .mount = std::nullopt},
                      .with_mounts_below = words.recursive};
        const JsonPointer place = JsonPointer("/mounts") / i;
        if (!mount.uid_mappings.empty() || !mount.gid_mappings.empty()) {
            tree.ids.mount =
                plan::MountIdMapping{.uids = plan::IdMappings::validate(mount.uid_mappings, place / "uidMappings"),
                                     .gids = plan::IdMappings::validate(mount.gid_mappings, place / "gidMappings"),
                                     .recursive = words.idmap_recursive};
        } else if (words.idmap) {
            tree.ids.mount = mapping_of_container(mappings, words.idmap_recursive);
        }
        trees.push_back(std::move(tree));
    }
    return trees;
}

}  // namespace rt::analysis
