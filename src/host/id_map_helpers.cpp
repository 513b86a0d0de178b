#include "rt/host/id_map_helpers.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstdlib>

#include "rt/base/text.hpp"
#include "rt/os/file.hpp"

namespace rt::host {

namespace {

// Where no $PATH says it: as login shells have it.
constexpr const char* customary_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// passwd(5); an account that lies elsewhere (LDAP) calls itself by $USER, and the helpers check what is asked of them.
std::string name_of_user(std::uint32_t uid) {
    for (const std::string& line : split(os::try_read_file(AT_FDCWD, "/etc/passwd").value_or(""), '\n')) {
        const std::vector<std::string> fields = split(line, ':');
        if (fields.size() > 2 && parse_number<std::uint32_t>(fields[2]) == uid) return fields[0];
    }
    const char* user = ::getenv("USER");
    return user != nullptr && *user != '\0' ? user : std::to_string(uid);
}

// capabilities(7), "File capabilities": the permitted set that the file gives, bit n is capability n.
std::uint64_t file_capabilities(const std::string& path) {
    vfs_ns_cap_data data{};
    const ssize_t length = ::getxattr(path.c_str(), "security.capability", &data, sizeof data);
    if (length < static_cast<ssize_t>(XATTR_CAPS_SZ_2)) return 0;
    return data.data[0].permitted | std::uint64_t{data.data[1].permitted} << 32U;
}

bool on_nosuid_mount(const std::string& path) {
    struct statvfs status{};
    return ::statvfs(path.c_str(), &status) == 0 && (status.f_flag & ST_NOSUID) != 0;
}

}  // namespace

SubordinateIds take_subordinate_ids(std::uint32_t uid) {
    SubordinateIds ids{.user = name_of_user(uid), .uids = {}, .gids = {}, .uid_helper = {}, .gid_helper = {}};
    // subgid(5): its lines name users too.
    ids.uids = ranges_of(read_subordinate_ranges("/etc/subuid"), ids.user, uid);
    ids.gids = ranges_of(read_subordinate_ranges("/etc/subgid"), ids.user, uid);
    const char* given = ::getenv("PATH");
    const std::string path = given != nullptr ? given : customary_path;
    ids.uid_helper = find_helper("newuidmap", path);
    ids.gid_helper = find_helper("newgidmap", path);
    return ids;
}

std::string find_helper(const std::string& name, const std::string& path) {
    for (const std::string& directory : split(path, ':')) {
        if (directory.empty() || directory[0] != '/') continue;
        std::string file = concat(directory, "/", name);
        const auto status = os::try_status_at(AT_FDCWD, file);
        if (status && S_ISREG(status->st_mode) && ::access(file.c_str(), X_OK) == 0) return file;
    }
    return {};
}

Powerlessness explain_powerless_helper(const std::string& helper, unsigned capability) {
    if (::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1) {
        return {.reason = concat("rt runs with no_new_privs, under which ", helper, " gets no privileges"),
                .hint = "call rt outside of that sandbox, or without NoNewPrivileges= in its unit of systemd"};
    }
    const auto status = os::try_status_at(AT_FDCWD, helper);
    const bool set_user_id = status && (status->st_mode & S_ISUID) != 0;
    const bool capable = (file_capabilities(helper) >> capability & 1U) != 0;
    const std::string name = helper.substr(helper.rfind('/') + 1);
    if (status && !set_user_id && !capable) {
        return {.reason = concat(helper, " has neither the set-user-ID bit nor the file capability it needs"),
                .hint = concat("as root: chmod u+s ", helper, ", or install the package of ", name, " again")};
    }
    if (set_user_id && status->st_uid != 0) {
        return {.reason = concat(helper, " is set-user-ID, but belongs to uid ", status->st_uid, " instead of root"),
                .hint = concat("as root: chown root ", helper, " && chmod u+s ", helper)};
    }
    if (on_nosuid_mount(helper)) {
        return {.reason = concat("the file system of ", helper, " is mounted nosuid: it gets no privileges there"),
                .hint = concat("mount it without nosuid, or put ", name, " elsewhere in $PATH")};
    }
    return {};
}

}  // namespace rt::host
