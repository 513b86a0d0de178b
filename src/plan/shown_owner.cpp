#include "rt/plan/shown_owner.hpp"

#include "rt/base/text.hpp"

namespace rt::plan {

struct stat shown_status(struct stat on_disk, const MountIdMapping* mapping) noexcept {
    if (mapping == nullptr) return on_disk;
    constexpr std::uint32_t no_id = 4294967295U;
    on_disk.st_uid = mapping->uids.to_host(on_disk.st_uid).value_or(no_id);
    on_disk.st_gid = mapping->gids.to_host(on_disk.st_gid).value_or(no_id);
    return on_disk;
}

std::string describe_owner(const struct stat& on_disk, const MountIdMapping* mapping) {
    const std::string mode = concat("mode ", octal_mode(on_disk.st_mode));
    if (mapping == nullptr) return concat(mode, ", owner on the host ", on_disk.st_uid, ":", on_disk.st_gid);
    const auto shown = [](std::optional<std::uint32_t> id) { return id ? std::to_string(*id) : "nobody"; };
    return concat(mode, ", owner on the disk ", on_disk.st_uid, ":", on_disk.st_gid, ", which shows as ",
                  shown(mapping->uids.to_host(on_disk.st_uid)), ":", shown(mapping->gids.to_host(on_disk.st_gid)));
}

}  // namespace rt::plan
