#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "rt/plan/namespaces.hpp"
#include "rt/plan/rootfs.hpp"

namespace rt::plan {

/// An entry of an access list (acl(5)): the named users and groups, the mask, and what stands in the mode as well.
struct AccessEntry {
    enum class Tag : std::uint16_t {
        owner = 0x01,
        user = 0x02,
        owning_group = 0x04,
        group = 0x08,
        mask = 0x10,
        others = 0x20
    };
    Tag tag{};
    unsigned rights = 0;   ///< as in a mode: 4 read, 2 write, 1 execute or search
    std::uint32_t id = 0;  ///< of user and group, as the reader of the attribute counts
};

/// The value of the extended attribute system.posix_acl_access, in the kernel's order; empty when it is not of that form, or
/// there is none (include/uapi/linux/posix_acl_xattr.h, version 2).
std::vector<AccessEntry> parse_access_list(std::string_view attribute);

enum Right : unsigned { read_right = 4, write_right = 2, execute_right = 1 };

/// Whether the kernel would let the user do that with the file (path_resolution(7), acl(5), capabilities(7)). `status` and
/// `access_list` have ids of the host, `rights` is a set of Right.
bool may_access(const struct stat& status, const std::vector<AccessEntry>& access_list, const FileUser& user,
                const UserMappings& mappings, unsigned rights) noexcept;

}  // namespace rt::plan
