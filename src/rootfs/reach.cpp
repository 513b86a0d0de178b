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

// Inside the user namespace the kernel shows the ids of the container; those that it does not have stay as they are shown.
struct stat as_the_host_sees_it(struct stat status, const plan::Rootfs& plan) {
    if (plan.by_runtime) return status;
    status.st_uid = plan.mappings.uid_to_host(status.st_uid).value_or(status.st_uid);
    status.st_gid = plan.mappings.gid_to_host(status.st_gid).value_or(status.st_gid);
    return status;
}

}  // namespace

bool may_execute(const struct stat& status, const plan::FileUser& user, const plan::UserMappings& mappings) noexcept {
    const bool ids_count = !mappings.mapped || (mappings.uids.to_container(status.st_uid).has_value() &&
                                                mappings.gids.to_container(status.st_gid).has_value());
    if (user.overrides_modes && ids_count) return true;
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
        throw_errno("enter the rootfs", plan.path, EACCES,
                    concat("host uid ", user.uid, " (", user.who, ") may not search it (",
                           mode_and_owner(shown, plan.by_runtime ? plan::UserMappings() : plan.mappings), ")"),
                    concat("allow it: chmod o+x ", plan.path, "; or give the rootfs to the mapped ids"));
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

namespace {

std::optional<std::string> part_closed_to(const plan::FileUser& user, int root, const std::string& path,
                                          const plan::UserMappings& mappings) {
    std::string so_far;
    for (const std::string& part : split(path, '/')) {
        if (part.empty()) continue;
        so_far += concat("/", part);
        const os::UniqueFd here = os::try_open_in_root(root, so_far, O_PATH);
        if (!here) return std::nullopt;
        const struct stat status = os::status_of(here.get(), so_far);
        if (may_execute(status, user, mappings)) continue;
        return concat("'", so_far, "' may not be ", S_ISDIR(status.st_mode) ? "searched" : "executed", " by host uid ",
                      user.uid, " (mode ", octal_mode(status.st_mode), ", owner ", status.st_uid, ":", status.st_gid,
                      ")");
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string> explain_refused_program_on_host(const plan::Rootfs& plan, const std::string& path) {
    const os::UniqueFd root = os::try_open_at(AT_FDCWD, plan.path, O_PATH | O_DIRECTORY);
    if (!root || plan.users.empty()) return std::nullopt;
    const plan::FileUser& user = plan.users.back();
    if (std::optional<std::string> closed = part_closed_to(user, root.get(), path, plan.mappings)) return closed;
    const std::optional<std::string> interpreter = interpreter_of(root.get(), path);
    if (!interpreter) return std::nullopt;
    const std::optional<std::string> closed = part_closed_to(user, root.get(), *interpreter, plan.mappings);
    if (!closed) return std::nullopt;
    return concat("its interpreter '", printable(*interpreter), "': ", *closed);
}

}  // namespace rt::rootfs
