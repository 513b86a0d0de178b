#include "rt/analysis/check_files.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include <cerrno>

#include "rt/analysis/check_mounts.hpp"
#include "rt/analysis/check_program.hpp"
#include "rt/analysis/check_working_directory.hpp"
#include "rt/analysis/host_path.hpp"
#include "rt/analysis/inside.hpp"
#include "rt/analysis/inside_text.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"

namespace rt::analysis {

namespace {

os::UniqueFd open_rootfs(const plan::Rootfs& rootfs, Findings& findings) {
    os::UniqueFd root = os::try_open_at(AT_FDCWD, rootfs.path, O_PATH | O_DIRECTORY);
    if (root) return root;
    findings.push_back(finding_about_host_path("/root/path", "the rootfs", rootfs.path, errno));
    return root;
}

void check_rootfs_is_reachable(const Inside& inside, const plan::Rootfs& rootfs, Findings& findings) {
    const Visit root = inside.visit("/", nullptr);
    if (root.outcome != Outcome::found) return;
    for (const plan::FileUser& user : rootfs.users) {
        const InsideFile& directory = root.file;
        if (plan::may_access(directory.status, directory.access_list, user, rootfs.mappings, plan::execute_right))
            continue;
        findings.push_back(
            {.level = Level::fatal,
             .object = rootfs.path,
             .cause = concat("the rootfs may not be searched by ", describe(user), ": ", describe(directory)),
             .hint = concat("allow it: chmod o+x ", rootfs.path,
                            rootfs.id_mapping ? "; or give it to an id that the container has"
                                              : "; or let the kernel map its ids: rt run --idmap-rootfs")});
    }
}

// What rt makes, or makes a file for to be covered; the rest is there already or refused by the plan.
void check_missing_device(const plan::Device& device, const Visit& visit, const plan::Rootfs& rootfs,
                          Findings& findings) {
    const auto refuse = [&](std::string cause) {
        findings.push_back({.level = Level::fatal,
                            .object = device.place.empty() ? device.path : device.place,
                            .cause = std::move(cause),
                            .hint = "mount a tmpfs on /dev, as `rt spec` has it"});
    };
    const InsideFile& file = visit.file;
    if (visit.outcome == Outcome::not_a_directory)
        return refuse(concat("'", file.inside, "' on the way to the device is no directory"));
    if (visit.outcome != Outcome::missing) return;
    if (device.method == plan::DeviceMethod::must_exist)
        return refuse(concat("'", device.path, "' is not there, and rt makes no devices in a directory of the host"));
    const std::string why = why_nothing_is_made_in(file, rootfs);
    if (!why.empty()) refuse(concat("'", device.path, "' cannot be made in '", file.inside, "': ", why));
}

void check_devices(const Inside& inside, const plan::Rootfs& rootfs, Findings& findings) {
    for (const plan::Device& device : rootfs.devices) {
        const Visit visit = inside.visit(device.path, nullptr, false);
        check_missing_device(device, visit, rootfs, findings);
        if (visit.outcome != Outcome::found || device.place.empty()) continue;
        const struct stat& there = visit.file.status;
        const bool placeholder = S_ISREG(there.st_mode) && there.st_size == 0 && (there.st_mode & 07777U) == 0;
        const bool same = (there.st_mode & S_IFMT) == device.type &&
                          (S_ISFIFO(device.type) || there.st_rdev == makedev(device.major, device.minor));
        if (same || placeholder) continue;
        findings.push_back(
            {.level = Level::fatal,
             .object = device.place,
             .cause = concat("at '", device.path, "' there is another file already: ", visit.file.on_host),
             .hint = "remove it there, or mount a tmpfs on /dev as `rt spec` has it"});
    }
}

// What is not there needs no protection; a link to nothing may lead to something later.
void check_protected_paths(const Inside& inside, const std::vector<std::string>& paths, const std::string& pointer,
                           const plan::Rootfs& rootfs, Findings& findings) {
    for (const std::string& path : paths) {
        const Visit visit = inside.visit(path, &rootfs.users.front());
        std::string cause;
        if (visit.outcome == Outcome::missing && inside.visit(path, nullptr, false).outcome == Outcome::found)
            cause = concat("'", path, "' is a symbolic link to nothing");
        if (visit.outcome == Outcome::too_many_links)
            cause = concat("too many symbolic links on the way to '", path, "'");
        if (visit.outcome == Outcome::refused)
            cause = concat("'", visit.file.inside, "' on the way to '", path, "' may not be searched by ",
                           describe(rootfs.users.front()), ": ", describe(visit.file));
        if (cause.empty()) continue;
        findings.push_back({.level = Level::fatal,
                            .object = pointer,
                            .cause = std::move(cause),
                            .hint = "leave the path out, or change what is there"});
    }
}

// A pty comes from a devpts and from nothing else, and its other side is bound on /dev/console.
void check_terminal(const Inside& inside, const plan::Plan& plan, Findings& findings) {
    if (!plan.process || !plan.process->terminal) return;
    const auto refuse = [&](std::string cause, std::string hint) {
        findings.push_back(
            {.level = Level::fatal, .object = "/process/terminal", .cause = std::move(cause), .hint = std::move(hint)});
    };
    const Visit maker = inside.visit("/dev/pts/ptmx", nullptr, false);
    struct statfs filesystem{};
    const bool devpts =
        maker.file.fd && ::fstatfs(maker.file.fd.get(), &filesystem) == 0 && filesystem.f_type == DEVPTS_SUPER_MAGIC;
    if (maker.outcome != Outcome::unknown && !devpts)
        refuse("no devpts is mounted on '/dev/pts', and a terminal is made in one",
               R"(add it to /mounts: { "destination": "/dev/pts", "type": "devpts", "source": "devpts" })");
    const Visit console = inside.visit("/dev/console", nullptr, false);
    const mode_t mode = console.file.status.st_mode;
    if (console.outcome == Outcome::found && (S_ISLNK(mode) || S_ISDIR(mode)))
        refuse(concat("the terminal is bound on '/dev/console', which must be a file: ", console.file.on_host),
               "remove it there, or mount a tmpfs on /dev");
}

void check_process(const Inside& inside, const plan::Plan& plan, Findings& findings) {
    if (!plan.process || plan.rootfs.users.size() < 2) return;
    const plan::FileUser& user = plan.rootfs.users.back();
    if (auto finding = check_working_directory(inside, *plan.process, plan.rootfs))
        findings.push_back(*std::move(finding));
    if (auto finding = check_process_program(inside, *plan.process, user, plan.mappings))
        findings.push_back(*std::move(finding));
    for (const plan::Hook& hook : plan.hooks.of(plan::HookKind::start_container)) {
        auto finding = check_program(inside, hook.path, user, plan.mappings);
        if (!finding) continue;
        finding->cause = concat("the startContainer hook is looked up in the container: ", finding->cause);
        findings.push_back(*std::move(finding));
    }
}

}  // namespace

Findings check_files(const plan::Plan& plan) {
    Findings findings;
    os::UniqueFd root = open_rootfs(plan.rootfs, findings);
    if (!root) return findings;
    Inside inside(std::move(root), plan.rootfs);
    check_rootfs_is_reachable(inside, plan.rootfs, findings);
    // What follows would say the same once more for each path.
    if (!findings.empty()) return findings;
    check_mounts(inside, plan, findings);
    check_devices(inside, plan.rootfs, findings);
    check_protected_paths(inside, plan.rootfs.masked_paths, "/linux/maskedPaths", plan.rootfs, findings);
    check_protected_paths(inside, plan.rootfs.readonly_paths, "/linux/readonlyPaths", plan.rootfs, findings);
    check_terminal(inside, plan, findings);
    for (const std::string& path : plan.rootfs.masked_paths) inside.mask(path);
    check_process(inside, plan, findings);
    return findings;
}

std::optional<Finding> explain_program(const plan::Plan& plan, const std::string& path) {
    os::UniqueFd root = os::try_open_at(AT_FDCWD, plan.rootfs.path, O_PATH | O_DIRECTORY);
    if (!root || plan.rootfs.users.empty()) return std::nullopt;
    Inside inside(std::move(root), plan.rootfs);
    inside.add_first(plan.rootfs.mounts.size());
    for (const std::string& masked : plan.rootfs.masked_paths) inside.mask(masked);
    return check_program(inside, path, plan.rootfs.users.back(), plan.mappings);
}

}  // namespace rt::analysis
