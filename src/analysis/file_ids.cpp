#include "rt/analysis/file_ids.hpp"

#include <linux/capability.h>
#include <sys/stat.h>

namespace rt::analysis {

namespace {

std::optional<std::uint32_t> behind(const std::optional<plan::MountIdMapping>& mount, bool is_uid, std::uint32_t id) {
    if (!mount) return id;
    return (is_uid ? mount->uids : mount->gids).to_host(id);
}

std::uint32_t little_endian(std::string_view bytes) {
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < sizeof number; ++i)
        number |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
    return number;
}

// The capabilities count where the uid is root, and below; those of the machine's root everywhere.
bool capabilities_count(std::uint32_t root, const TreeIds& ids) {
    const std::optional<std::uint32_t> host = ids.host_uid(root);
    return host && (*host == 0 || ids.container.uid_inside(*host) == 0U);
}

}  // namespace

std::optional<std::uint32_t> TreeIds::host_uid(std::uint32_t disk_uid) const noexcept {
    return behind(mount, true, disk_uid);
}

bool TreeIds::maps_uid(std::uint32_t disk_uid) const noexcept {
    const std::optional<std::uint32_t> host = host_uid(disk_uid);
    return host && container.uid_inside(*host);
}

bool TreeIds::maps_gid(std::uint32_t disk_gid) const noexcept {
    const std::optional<std::uint32_t> host = behind(mount, false, disk_gid);
    return host && container.gid_inside(*host);
}

FileVerdict judge(const FileOwner& file, const TreeIds& ids) {
    FileVerdict verdict{.uid_unmapped = !ids.maps_uid(file.uid), .gid_unmapped = !ids.maps_gid(file.gid)};
    // Without the execute bit of the group set-gid means something else (inode(7)).
    const bool set_id = (file.mode & S_ISUID) != 0 || (file.mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP);
    verdict.set_id_lost = S_ISREG(file.mode) && set_id && verdict.unmapped();
    verdict.capability_lost = file.capability_root && !capabilities_count(*file.capability_root, ids);
    return verdict;
}

std::optional<std::uint32_t> capability_root(std::string_view attribute) {
    if (attribute.size() < sizeof(std::uint32_t)) return std::nullopt;
    const std::uint32_t revision = little_endian(attribute) & VFS_CAP_REVISION_MASK;
    if (revision == VFS_CAP_REVISION_1 && attribute.size() == XATTR_CAPS_SZ_1) return 0;
    if (revision == VFS_CAP_REVISION_2 && attribute.size() == XATTR_CAPS_SZ_2) return 0;
    if (revision != VFS_CAP_REVISION_3 || attribute.size() != XATTR_CAPS_SZ_3) return std::nullopt;
    return little_endian(attribute.substr(XATTR_CAPS_SZ_2));
}

}  // namespace rt::analysis
