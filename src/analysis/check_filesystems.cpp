#include "rt/analysis/check_filesystems.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "rt/analysis/host_path.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"
#include "rt/os/mount.hpp"

namespace rt::analysis {

namespace {

// The kernel is asked as for the mount itself, up to the point at which it would make something. Ids in options are those of
// another user namespace then: they are left to the plan.
void check_options(const plan::Mount& mount, Findings& findings) {
    if (mount.by_mount_call) return;
    try {
        os::NewFilesystem filesystem(mount.type);
        for (const plan::FilesystemOption& option : mount.data) {
            if (option.key == "uid" || option.key == "gid") continue;
            option.value ? filesystem.set(option.key, *option.value) : filesystem.set_flag(option.key);
        }
    } catch (const Error& error) {
        if (error.failure().code == EPERM) return;  // the mount namespace is not the caller's to mount in
        Finding finding = finding_of(error.failure());
        finding.object = mount.label;
        findings.push_back(std::move(finding));
    }
}

Finding about(const plan::Mount& mount, std::string cause, std::string hint) {
    return {.level = Level::fatal, .object = mount.label, .cause = std::move(cause), .hint = std::move(hint)};
}

const plan::FilesystemOption* option_of(const plan::Mount& mount, std::string_view key) {
    const auto found = std::ranges::find(mount.data, key, &plan::FilesystemOption::key);
    return found == mount.data.end() ? nullptr : &*found;
}

// proc_filesystems(5): those that are on a disk stand without "nodev".
bool is_on_disk(const std::string& type) {
    const std::vector<std::string> lines = split(os::try_read_file(AT_FDCWD, "/proc/filesystems").value_or(""), '\n');
    return std::ranges::find(lines, concat("\t", type)) != lines.end();
}

void check_disk(const plan::Mount& mount, Findings& findings) {
    if (!is_on_disk(mount.type)) return;
    const std::optional<struct stat> status = os::try_status_at(AT_FDCWD, mount.source);
    if (!status) {
        findings.push_back(finding_about_host_path(mount.label, "the device", mount.source, errno));
    } else if (!S_ISBLK(status->st_mode)) {
        findings.push_back(
            about(mount, concat("'", mount.source, "' is no block device"),
                  "losetup --find --show makes one of an image; or mount it on the host, and bind that"));
    }
}

void check_layers(const plan::Mount& mount, Findings& findings) {
    if (option_of(mount, "lowerdir") == nullptr && option_of(mount, "lowerdir+") == nullptr)
        findings.push_back(about(mount, "an overlay without layers: it has no option lowerdir=",
                                 "give the directories, the topmost first: lowerdir=/top:/bottom"));
    for (const char* key : {"upperdir", "workdir"}) {
        const plan::FilesystemOption* option = option_of(mount, key);
        if (option == nullptr || !option->value || os::try_status_at(AT_FDCWD, *option->value)) continue;
        findings.push_back(
            finding_about_host_path(mount.label, concat("the directory of ", key), *option->value, errno));
    }
}

void check_fuse(const plan::Mount& mount, Findings& findings) {
    if (option_of(mount, "fd") != nullptr) return;
    findings.push_back(about(mount, "FUSE is mounted by the program that answers for the files, which gives fd=",
                             "let it mount them on the host, and bind that directory"));
}

}  // namespace

Findings check_filesystems(const plan::Rootfs& rootfs, const host::Facts& facts) {
    Findings findings;
    for (const plan::Mount& mount : rootfs.mounts) {
        if (mount.kind != plan::MountKind::filesystem && mount.kind != plan::MountKind::disk) continue;
        const std::size_t before = findings.size();
        if (facts.has_capability(CAP_SYS_ADMIN)) check_options(mount, findings);
        if (findings.size() > before) continue;
        check_disk(mount, findings);
        if (mount.type == "overlay") check_layers(mount, findings);
        if (mount.type == "fuse" || mount.type.starts_with("fuse.")) check_fuse(mount, findings);
    }
    return findings;
}

}  // namespace rt::analysis
