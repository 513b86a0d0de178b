#include "rt/rootfs/reach.hpp"

#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"
#include "rt/os/program_file.hpp"
#include "rt/plan/shown_owner.hpp"

namespace rt::rootfs {

namespace {

// An access list may allow what the mode does not show (acl(5)): then the kernel has the word.
bool has_access_list(int fd) {
    return ::getxattr(os::descriptor_path(fd).c_str(), "system.posix_acl_access", nullptr, 0) > 0;
}

// What the file itself asks for; empty when it may not be read or needs none.
std::optional<std::string> interpreter_of(int root, const std::string& path) {
    const os::UniqueFd file = os::try_open_in_root(root, path, O_RDONLY | O_NONBLOCK);
    if (!file) return std::nullopt;
    const std::optional<os::ProgramFile> program = os::try_read_program(file.get());
    if (!program || program->interpreter.empty()) return std::nullopt;
    return program->interpreter;
}

// The program itself, when it is what the calling process may not execute.
std::optional<Refusal> refused_file(int root, const std::string& path, const plan::UserMappings& mappings) {
    const os::UniqueFd file = os::try_open_in_root(root, path, O_PATH);
    if (!file) return std::nullopt;
    const struct stat status = os::status_of(file.get(), path);
    if (S_ISDIR(status.st_mode)) return Refusal{.text = concat("'", path, "' is a directory")};
    if (!S_ISREG(status.st_mode)) return Refusal{.text = concat("'", path, "' is no regular file")};
    const bool absolute = !path.empty() && path.front() == '/';
    if (::faccessat(root, path.c_str() + (absolute ? 1 : 0), X_OK, AT_EACCESS) == 0 || errno != EACCES) {
        return std::nullopt;
    }
    return Refusal{
        .text = concat("'", path, "' may not be executed by this process (", mode_and_owner(status, mappings), ")"),
        .of_rights = true};
}

std::optional<Refusal> refused_part(int root, const std::string& path, const plan::UserMappings& mappings) {
    if (std::optional<std::string> directory = explain_refused_directory(root, path, mappings))
        return Refusal{.text = *std::move(directory), .of_rights = true};
    return refused_file(root, path, mappings);
}

std::string host_id(std::uint32_t shown, std::optional<std::uint32_t> on_host, const plan::UserMappings& mappings) {
    constexpr std::uint32_t overflow = 65534;  // /proc/sys/kernel/overflowuid, which nobody changes
    if (!on_host) return "not mapped";
    if (mappings.mapped && shown == overflow) return concat("not mapped (or ", *on_host, ")");
    return std::to_string(*on_host);
}

// Without its mapping, as it is on the disk, nobody but the runtime looks at an id-mapped rootfs.
bool is_seen_by_host(const plan::Rootfs& plan) { return plan.by_runtime || plan.id_mapping; }

const plan::MountIdMapping* mapping_of(const plan::Rootfs& plan) {
    return plan.id_mapping ? &*plan.id_mapping : nullptr;
}

// Inside the user namespace the kernel shows the ids of the container; those that it does not have stay as they are shown.
struct stat as_the_host_sees_it(struct stat status, const plan::Rootfs& plan) {
    if (is_seen_by_host(plan)) return plan::shown_status(status, mapping_of(plan));
    status.st_uid = plan.mappings.uid_to_host(status.st_uid).value_or(status.st_uid);
    status.st_gid = plan.mappings.gid_to_host(status.st_gid).value_or(status.st_gid);
    return status;
}

std::string way_in(const plan::Rootfs& plan) {
    const std::string mode = concat("allow it: chmod o+x ", plan.path);
    if (plan.id_mapping) return concat(mode, "; or give the rootfs to an id that the container has");
    if (!plan.by_runtime || !plan.mappings.mapped) return concat(mode, "; or give the rootfs to the mapped ids");
    return concat(mode, "; or let the kernel map its ids: rt run --idmap-rootfs");
}

}  // namespace

bool may_execute(const struct stat& status, const plan::FileUser& user, const plan::UserMappings& mappings) noexcept {
    const bool ids_count = !mappings.mapped || (mappings.uids.to_container(status.st_uid).has_value() &&
                                                mappings.gids.to_container(status.st_gid).has_value());
    if ((user.overrides_modes || user.reads_everything) && ids_count) return true;
    if (user.uid == status.st_uid) return (status.st_mode & S_IXUSR) != 0;
    const bool in_group =
        user.gid == status.st_gid || std::ranges::find(user.groups, status.st_gid) != user.groups.end();
    return (status.st_mode & (in_group ? S_IXGRP : S_IXOTH)) != 0;
}

void require_reachable(int root, const plan::Rootfs& plan) {
    const struct stat shown = os::status_of(root, plan.path);
    const struct stat status = as_the_host_sees_it(shown, plan);
    for (const plan::FileUser& user : plan.users) {
        if (may_execute(status, user, plan.mappings) || has_access_list(root)) continue;
        const std::string its = is_seen_by_host(plan) ? plan::describe_owner(shown, mapping_of(plan))
                                                      : mode_and_owner(shown, plan.mappings);
        throw_errno("enter the rootfs", plan.path, EACCES,
                    concat("host uid ", user.uid, " (", user.who, ") may not search it (", its, ")"), way_in(plan));
    }
}

std::string mode_and_owner(const struct stat& status, const plan::UserMappings& mappings) {
    return concat("mode ", octal_mode(status.st_mode), ", owner on the host ",
                  host_id(status.st_uid, mappings.uid_to_host(status.st_uid), mappings), ":",
                  host_id(status.st_gid, mappings.gid_to_host(status.st_gid), mappings));
}

std::optional<std::string> explain_refused_directory(int root, const std::string& path,
                                                     const plan::UserMappings& mappings) {
    std::string so_far;
    for (const std::string& part : split(path, '/')) {
        if (part.empty()) continue;
        const std::string directory = so_far.empty() ? "/" : so_far;
        so_far += concat("/", part);
        const os::UniqueFd here = os::try_open_in_root(root, directory, O_PATH);
        if (!here || ::faccessat(here.get(), ".", X_OK, AT_EACCESS) == 0 || errno != EACCES) continue;
        return concat("'", directory, "' may not be searched by this process (",
                      mode_and_owner(os::status_of(here.get(), directory), mappings), ")");
    }
    return std::nullopt;
}

std::optional<Refusal> explain_refused_program(int root, const std::string& path, const plan::UserMappings& mappings) {
    if (path.empty()) return std::nullopt;
    if (std::optional<Refusal> refused = refused_part(root, path, mappings)) return refused;
    const std::optional<std::string> interpreter = interpreter_of(root, path);
    if (!interpreter) return std::nullopt;
    const std::string its = concat("its interpreter '", printable(*interpreter), "'");
    if (std::optional<Refusal> refused = refused_part(root, *interpreter, mappings)) {
        return Refusal{.text = concat(its, ": ", refused->text), .of_rights = refused->of_rights};
    }
    if (os::try_open_in_root(root, *interpreter, O_PATH)) return std::nullopt;
    return Refusal{.text = its + " does not exist in the rootfs"};
}

}  // namespace rt::rootfs
