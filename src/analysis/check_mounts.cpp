#include "rt/analysis/check_mounts.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "rt/analysis/host_path.hpp"
#include "rt/analysis/inside_text.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"
#include "rt/os/mount.hpp"
#include "rt/rootfs/hidden_parts.hpp"

namespace rt::analysis {

namespace {

Finding about(const plan::Mount& mount, std::string cause, std::string hint = {}) {
    return {.level = Level::fatal, .object = mount.label, .cause = std::move(cause), .hint = std::move(hint)};
}

// The type of what is mounted: S_IFDIR or another; empty when nobody can tell.
std::optional<mode_t> check_source(const Inside& inside, const plan::Mount& mount, const plan::Cgroup& cgroup,
                                   Findings& findings) {
    if (mount.kind == plan::MountKind::bind) {
        const auto is_source = [&](const plan::CgroupDirectory& one) { return one.directory == mount.source; };
        if (std::ranges::any_of(cgroup.directories, is_source)) return S_IFDIR;  // made at the start
        const int flags = O_PATH | (mount.source_nofollow ? O_NOFOLLOW : 0);
        const os::UniqueFd source = os::try_open_at(AT_FDCWD, mount.source, flags);
        const std::string obstacle =
            source && !mount.opened_by_runtime
                ? describe_obstacle(mount.source, inside.plan().users.front(), inside.plan().mappings)
                : "";
        if (!obstacle.empty())
            findings.push_back(about(mount,
                                     concat("root of the container opens the source '", mount.source,
                                            "' by itself, as rt has no CAP_SYS_ADMIN here: ", obstacle),
                                     "allow it (chmod o+x), or move the source"));
        if (source) return os::status_of(source.get(), mount.source).st_mode & S_IFMT;
        findings.push_back(finding_about_host_path(mount.label, "the source", mount.source, errno));
        return std::nullopt;
    }
    if (mount.kind == plan::MountKind::bind_in_rootfs) {
        const Visit source = inside.visit(mount.source, nullptr, !mount.source_nofollow);
        if (source.outcome == Outcome::found) return source.file.status.st_mode & S_IFMT;
        if (source.outcome == Outcome::missing)
            findings.push_back(about(mount,
                                     concat("the source '", mount.source, "' of the rootfs does not exist: '",
                                            source.file.inside, "' has no '", source.rest, "'"),
                                     "make it in the rootfs before"));
        return std::nullopt;
    }
    return S_IFDIR;
}

// The mount point, which rt makes where it may.
void check_missing_destination(const plan::Mount& mount, const Visit& visit, const plan::Rootfs& rootfs,
                               Findings& findings) {
    const InsideFile& directory = visit.file;
    const std::string why = why_nothing_is_made_in(directory, rootfs);
    if (why.empty()) return;
    findings.push_back(about(
        mount,
        concat("the mount point '", mount.destination, "' is missing, and cannot be made in '", directory.inside,
               "': ", why),
        directory.on_host.empty() ? "" : concat("make it before: mkdir -p ", directory.on_host, "/", visit.rest)));
}

void check_remount(const Inside& inside, const plan::Mount& mount, const Visit& visit, Findings& findings) {
    if (visit.outcome == Outcome::missing) {
        findings.push_back(about(mount, concat("'", mount.destination, "' does not exist")));
        return;
    }
    if (visit.outcome != Outcome::found || visit.file.inside == "/" || inside.has_mount_at(visit.file.inside)) return;
    if (visit.file.fd && os::is_mount_root(visit.file.fd.get())) return;
    findings.push_back(about(mount, concat("nothing is mounted on '", mount.destination, "'"),
                             "'remount' changes what an entry before this one has mounted"));
}

void check_found_destination(const plan::Mount& mount, const Visit& visit, std::optional<mode_t> source,
                             Findings& findings) {
    const bool directory = S_ISDIR(visit.file.status.st_mode);
    if (!source || S_ISLNK(*source) || directory == (*source == S_IFDIR)) return;
    findings.push_back(
        about(mount, directory ? "a file cannot be mounted on a directory" : "a directory cannot be mounted on a file",
              concat("the mount point on the host is ", visit.file.on_host)));
}

bool check_real_directory(const Inside& inside, const plan::Mount& mount, Findings& findings) {
    const Visit visit = inside.visit(mount.destination, nullptr, false);
    if (visit.outcome != Outcome::found || S_ISDIR(visit.file.status.st_mode)) return true;
    findings.push_back(about(mount,
                             concat(mount.type, " is mounted on ordinary directories only, and '", mount.destination,
                                    "' of the rootfs is a symbolic link or a file"),
                             concat("make it a directory: ", visit.file.on_host)));
    return false;
}

void check_destination(const plan::Mount& mount, const Visit& visit, std::optional<mode_t> source,
                       const plan::Rootfs& rootfs, Findings& findings) {
    switch (visit.outcome) {
        case Outcome::found: return check_found_destination(mount, visit, source, findings);
        case Outcome::missing: return check_missing_destination(mount, visit, rootfs, findings);
        case Outcome::not_a_directory:
            findings.push_back(about(mount, concat("'", visit.file.inside,
                                                   "' on the way to the mount point is no "
                                                   "directory: ",
                                                   visit.file.on_host)));
            return;
        case Outcome::refused:
            findings.push_back(about(mount, concat("'", visit.file.inside,
                                                   "' on the way to the mount point may not be "
                                                   "searched by ",
                                                   describe(rootfs.users.front()), ": ", describe(visit.file))));
            return;
        case Outcome::too_many_links:
            findings.push_back(about(mount, concat("too many symbolic links on the way to '", mount.destination, "'")));
            return;
        case Outcome::unknown: return;
    }
}

// A link is made there, instead of a mount.
void check_place_of_link(const Inside& inside, const plan::Mount& mount, const plan::Rootfs& rootfs,
                         Findings& findings) {
    const Visit visit = inside.visit(mount.destination, &rootfs.users.front(), false);
    if (visit.outcome != Outcome::found) return check_destination(mount, visit, std::nullopt, rootfs, findings);
    const std::optional<std::string> wanted = os::try_read_link(AT_FDCWD, mount.source);
    const std::optional<std::string> there =
        S_ISLNK(visit.file.status.st_mode) ? os::try_read_link(visit.file.fd.get(), "") : std::nullopt;
    if (!wanted || there == wanted) return;
    findings.push_back(about(mount,
                             concat("the source is a symbolic link to '", *wanted, "', and at '", mount.destination,
                                    "' there is something else already"),
                             concat("remove it there, or leave out copy-symlink: ", visit.file.on_host)));
}

// mount_namespaces(7), "Restrictions on mount namespaces": what is hidden from the caller, no new proc or sysfs may show.
void check_hidden_parts(const plan::Mount& mount, const plan::Rootfs& rootfs, Findings& findings) {
    const bool in_user_namespace = rootfs.mappings.mapped || !rootfs.by_runtime;
    if (mount.kind != plan::MountKind::filesystem || mount.type != "proc" || !in_user_namespace) return;
    const std::string hidden = rootfs::describe_hidden_parts(mount.type);
    if (hidden.empty()) return;
    findings.push_back(
        about(mount, concat("the kernel refuses a new proc here: ", hidden),
              "start the container around this one without maskedPaths and readonlyPaths below /proc; "
              "or leave { \"type\": \"pid\" } out of /linux/namespaces: then the caller's /proc is bound"));
}

// What no user namespace may mount, or only with the namespace that it shows (FS_USERNS_MOUNT in the kernel's sources).
void check_rights_of_type(const plan::Mount& mount, const plan::Plan& plan, Findings& findings) {
    constexpr std::array host_only{"debugfs", "tracefs", "securityfs", "configfs", "pstore", "efivarfs", "hugetlbfs"};
    if (mount.kind != plan::MountKind::filesystem || !plan.namespaces.creates(NamespaceType::user)) return;
    const bool mqueue = mount.type == "mqueue" && !plan.namespaces.has(NamespaceType::ipc);
    if (!mqueue && std::ranges::find(host_only, mount.type) == host_only.end()) return;
    findings.push_back(about(mount, mount.refusal_reason));
}

}  // namespace

void check_mounts(Inside& inside, const plan::Plan& plan, Findings& findings) {
    const plan::Rootfs& rootfs = plan.rootfs;
    for (std::size_t index = 0; index < rootfs.mounts.size(); ++index) {
        const plan::Mount& mount = rootfs.mounts[index];
        const Visit place = inside.visit(mount.destination, &rootfs.users.front(), !mount.destination_nofollow);
        if (mount.kind == plan::MountKind::remount) {
            check_remount(inside, mount, place, findings);
        } else {
            const std::optional<mode_t> source = check_source(inside, mount, plan.cgroup, findings);
            if (mount.copy_symlink && source && S_ISLNK(*source))
                check_place_of_link(inside, mount, rootfs, findings);
            else if (!mount.real_directory_only || check_real_directory(inside, mount, findings))
                check_destination(mount, place, source, rootfs, findings);
            check_hidden_parts(mount, rootfs, findings);
            check_rights_of_type(mount, plan, findings);
        }
        inside.add(index, place);
    }
}

}  // namespace rt::analysis
