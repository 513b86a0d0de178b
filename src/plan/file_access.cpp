#include "rt/plan/file_access.hpp"

#include <endian.h>

#include <algorithm>
#include <cstring>

namespace rt::plan {

namespace {

struct DiskEntry {
    std::uint16_t tag;
    std::uint16_t rights;
    std::uint32_t id;
};

bool is_in_group(const FileUser& user, std::uint32_t gid) noexcept {
    return user.gid == gid || std::ranges::find(user.groups, gid) != user.groups.end();
}

bool has_all(unsigned granted, unsigned rights) noexcept { return (granted & rights) == rights; }

// The algorithm of acl(5), "ACCESS CHECK ALGORITHM", for whoever is not the owner: one entry of a group that grants it is
// enough, and a group that does not still keeps the user from the rights of others.
bool list_grants(const std::vector<AccessEntry>& list, const struct stat& status, const FileUser& user,
                 unsigned rights) noexcept {
    using Tag = AccessEntry::Tag;
    unsigned mask = 7;
    unsigned others = 0;
    for (const AccessEntry& entry : list) {
        if (entry.tag == Tag::mask) mask = entry.rights;
        if (entry.tag == Tag::others) others = entry.rights;
    }
    bool in_a_group = false;
    for (const AccessEntry& entry : list) {
        if (entry.tag == Tag::user && entry.id == user.uid) return has_all(entry.rights & mask, rights);
        const bool of_group = (entry.tag == Tag::owning_group && is_in_group(user, status.st_gid)) ||
                              (entry.tag == Tag::group && is_in_group(user, entry.id));
        if (of_group && has_all(entry.rights & mask, rights)) return true;
        in_a_group = in_a_group || of_group;
    }
    return !in_a_group && has_all(others, rights);
}

bool mode_grants(const struct stat& status, const std::vector<AccessEntry>& list, const FileUser& user,
                 unsigned rights) noexcept {
    if (user.uid == status.st_uid) return has_all(status.st_mode >> 6U & 7U, rights);
    // Where the bits of the group, which are the mask, grant nothing, the kernel does not look at the list either.
    if (!list.empty() && (status.st_mode & S_IRWXG) != 0) return list_grants(list, status, user, rights);
    return has_all(status.st_mode >> (is_in_group(user, status.st_gid) ? 3U : 0U) & 7U, rights);
}

bool capability_grants(const struct stat& status, const FileUser& user, const UserMappings& mappings,
                       unsigned rights) noexcept {
    // Over a file whose ids the user namespace does not have, no capability of it counts (user_namespaces(7)).
    const bool ids_count = !mappings.mapped || (mappings.uids.to_container(status.st_uid).has_value() &&
                                                mappings.gids.to_container(status.st_gid).has_value());
    if (!ids_count) return false;
    const unsigned readable = S_ISDIR(status.st_mode) ? read_right | execute_right : read_right;
    if (user.reads_everything && (rights & ~readable) == 0) return true;
    if (!user.overrides_modes) return false;
    // CAP_DAC_OVERRIDE executes nothing that is a program to nobody (capabilities(7)).
    return S_ISDIR(status.st_mode) || (rights & execute_right) == 0 || (status.st_mode & 0111U) != 0;
}

}  // namespace

std::vector<AccessEntry> parse_access_list(std::string_view attribute) {
    constexpr std::uint32_t version = 2;
    std::uint32_t found = 0;
    if (attribute.size() < sizeof found || (attribute.size() - sizeof found) % sizeof(DiskEntry) != 0) return {};
    std::memcpy(&found, attribute.data(), sizeof found);
    if (le32toh(found) != version) return {};
    std::vector<AccessEntry> entries;
    for (std::size_t at = sizeof found; at < attribute.size(); at += sizeof(DiskEntry)) {
        DiskEntry entry{};
        std::memcpy(&entry, attribute.data() + at, sizeof entry);
        entries.push_back({.tag = static_cast<AccessEntry::Tag>(le16toh(entry.tag)),
                           .rights = le16toh(entry.rights),
                           .id = le32toh(entry.id)});
    }
    return entries;
}

bool may_access(const struct stat& status, const std::vector<AccessEntry>& access_list, const FileUser& user,
                const UserMappings& mappings, unsigned rights) noexcept {
    return mode_grants(status, access_list, user, rights) || capability_grants(status, user, mappings, rights);
}

}  // namespace rt::plan
