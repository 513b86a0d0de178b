#include "rt/plan/idmapped_rootfs.hpp"

#include <array>

#include "rt/base/error.hpp"
#include "rt/base/json_pointer.hpp"
#include "rt/base/named.hpp"
#include "rt/base/text.hpp"

namespace rt::plan {

namespace {

enum class Extent : std::uint8_t { none, rootfs, with_mounts_below };

constexpr std::array words{Named{"false", Extent::none}, Named{"true", Extent::rootfs}, Named{"idmap", Extent::rootfs},
                           Named{"ridmap", Extent::with_mounts_below}};

// What is asked for, and by what.
struct Wish {
    Extent extent = Extent::none;
    std::string place;
};

Wish wish_of(const spec::Spec& spec, bool by_option) {
    Wish wish{.extent = by_option ? Extent::rootfs : Extent::none, .place = "--idmap-rootfs"};
    const auto annotation = spec.annotations.find(std::string(rootfs_idmap_annotation));
    if (annotation == spec.annotations.end()) return wish;
    const std::string place = (JsonPointer("/annotations") / annotation->first).text();
    const std::optional<Extent> extent = value_named(words, annotation->second);
    if (!extent) {
        fail(concat("use '", printable(annotation->second), "' at"), place, "it is none of true, false, idmap, ridmap",
             "idmap (or true) maps the ids of the rootfs, ridmap those of the mounts below it too");
    }
    if (by_option && *extent != Extent::with_mounts_below) return wish;
    return {.extent = *extent, .place = place};
}

[[noreturn]] void refuse(const Wish& wish, std::string reason, std::string hint) {
    fail("id-map the rootfs, as asked for by", wish.place, std::move(reason), std::move(hint));
}

}  // namespace

std::optional<MountIdMapping> plan_rootfs_id_mapping(const spec::Spec& spec, const RootfsCircumstances& circumstances) {
    const Wish wish = wish_of(spec, circumstances.idmap_rootfs);
    if (wish.extent == Extent::none) return std::nullopt;
    const MountCircumstances& mounts = circumstances.mounts;
    if (!mounts.mappings.mapped) {
        refuse(wish, "the container has no user namespace, so its ids are those of the disk already",
               "leave it out, or add { \"type\": \"user\" } to /linux/namespaces, with uidMappings and gidMappings");
    }
    if (circumstances.mount_namespace == MountNamespace::none) {
        refuse(wish, "/linux/namespaces lists no mount namespace, and it is a mount whose ids are mapped",
               "add { \"type\": \"mount\" } to /linux/namespaces");
    }
    if (!mounts.trees_by_runtime) {
        refuse(wish,
               "the kernel asks for CAP_SYS_ADMIN in the user namespace in which the file system was mounted, and rt "
               "runs without it",
               "run rt as root, or leave it out and give the rootfs to the mapped ids");
    }
    return MountIdMapping{.uids = mounts.mappings.uids,
                          .gids = mounts.mappings.gids,
                          .recursive = wish.extent == Extent::with_mounts_below};
}

}  // namespace rt::plan
