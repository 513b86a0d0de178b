#include "rt/cgroup/cgroup.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/base/text.hpp"
#include "rt/cgroup/controllers.hpp"
#include "rt/cgroup/device_access.hpp"
#include "rt/cgroup/directory.hpp"
#include "rt/cgroup/ownership.hpp"
#include "rt/cgroup/settings.hpp"
#include "rt/os/file.hpp"
#include "rt/os/umask.hpp"

namespace rt::cgroup {

namespace {

constexpr int open_flags = O_RDONLY | O_DIRECTORY;

void refuse_used(const Directory& directory) {
    const std::string reason = why_unusable(directory);
    if (reason.empty()) return;
    fail("use the cgroup", directory.path, reason,
         reason == "it is frozen" ? "thaw it, or choose another path in /linux/cgroupsPath"
                                  : "choose another path in /linux/cgroupsPath, or end them");
}

[[noreturn]] void explain_mkdir(const std::string& path, const Directory& parent, int code) {
    std::string reason;
    std::string hint;
    if (code == EAGAIN || code == ENOSPC) hint = "see cgroup.max.depth and cgroup.max.descendants of the cgroups above";
    if (code == EROFS) hint = "the cgroups are mounted read-only: mount -o remount,rw the mount point";
    if (code == EACCES || code == EPERM) {
        reason = concat("the owner of ", parent.path, " is uid ", os::status_of(parent.fd.get(), parent.path).st_uid);
        hint = "run rt as root, or choose a path in a cgroup that belongs to you";
    }
    throw_errno("make the cgroup", path, code, std::move(reason), std::move(hint));
}

// A new v1 cpuset is empty, and an empty one takes no process (Documentation/admin-guide/cgroup-v1/cpusets.rst).
void fill_cpuset(int parent, int child, const std::string& path) {
    const bool prefixed = os::try_status_at(child, "cpuset.cpus").has_value();
    for (const std::string word : {"cpus", "mems"}) {
        const std::string file = prefixed ? concat("cpuset.", word) : word;  // without: mounted with noprefix
        if (!trim(os::read_file(child, file)).empty()) continue;
        const int code = os::try_write_file(child, file, os::read_file(parent, file));
        if (code != 0) throw_errno(concat("take over ", file, " for the cgroup"), path, code);
    }
}

// The path of each directory on the way below `top`: "/web" and "/web/1" of "/web/1".
std::vector<std::string> steps_of(const std::string& path, const std::string& top) {
    std::vector<std::string> steps;
    for (std::size_t end = path.find('/', top.size() + 1); end != std::string::npos; end = path.find('/', end + 1)) {
        steps.push_back(path.substr(0, end));
    }
    steps.push_back(path);
    return steps;
}

}  // namespace

std::vector<std::string> directories_of(const plan::Cgroup& plan) {
    std::vector<std::string> directories;
    for (const plan::CgroupDirectory& entry : plan.directories) directories.push_back(entry.directory);
    return directories;
}

std::vector<std::string> directories_to_make(const plan::Cgroup& plan) {
    std::vector<std::string> missing;
    for (const plan::CgroupDirectory& entry : plan.directories) {
        // A slice belongs to systemd, whoever is in it.
        const std::vector<std::string> steps =
            entry.by_systemd ? std::vector{plan.path} : steps_of(plan.path, entry.top);
        for (const std::string& step : steps) {
            std::string path = entry.hierarchy.mount_point + step;
            if (!try_open_directory(path)) missing.push_back(std::move(path));
        }
    }
    return missing;
}

void require_unused(const plan::Cgroup& plan) {
    for (const std::string& path : directories_of(plan)) {
        const std::optional<Directory> directory = try_open_directory(path);
        if (directory) refuse_used(*directory);
    }
}

Cgroup Cgroup::create(const plan::Cgroup& plan) {
    const trace::Span span("make the cgroup");
    if (!plan.remark.empty()) log::debug(plan.remark);
    Cgroup cgroup;
    if (!plan.scope) cgroup.prepare(plan);
    return cgroup;
}

void Cgroup::adopt(const plan::Cgroup& plan) {
    born_inside_ = false;
    prepare(plan);
}

Directory Cgroup::take(const plan::CgroupDirectory& entry, const plan::Cgroup& plan) {
    if (!plan.scope) {
        Directory directory = make(entry, plan.path);
        refuse_used(directory);
        return directory;
    }
    // What systemd has made it also looks after, in v2 up to which controllers there are.
    std::optional<Directory> made = entry.by_systemd ? try_open_directory(entry.directory) : std::nullopt;
    if (made) return *std::move(made);
    if (entry.hierarchy.unified) {
        throw_errno("open the cgroup", entry.directory, ENOENT,
                    concat("systemd has put the unit ", plan.scope->unit, " elsewhere"),
                    "give --cgroup-manager cgroupfs");
    }
    return make(entry, plan.path);
}

void Cgroup::prepare(const plan::Cgroup& plan) {
    for (const plan::CgroupDirectory& entry : plan.directories) {
        Directory directory = take(entry, plan);
        if (plan.device_list && entry.hierarchy.has_controller("devices")) {
            set_device_list(directory, *plan.device_list);
        }
        if (plan.device_program && entry.hierarchy.unified) {
            // A program of systemd's (DeviceAllow= in an annotation) holds beside ours.
            const bool fresh = plan.scope || std::ranges::find(made_, directory.path) != made_.end();
            attach_device_program(directory.fd.get(), *plan.device_program, fresh, directory.path);
        }
        if (plan.owner && entry.hierarchy.unified) hand_over(directory, *plan.owner);
        // v1 may be ten hierarchies, and the limit of open files small: only the v2 directory, in which init is born, stays open.
        if (!entry.hierarchy.unified) directory.fd.reset();
        groups_.push_back({entry, std::move(directory.fd)});
    }
    apply(plan.resources, plan.directories);
}

Cgroup::~Cgroup() {
    if (made_.empty() && groups_.empty()) return;
    std::vector<std::string> all;
    for (const Group& group : groups_) all.push_back(group.plan.directory);
    try {
        kill_all(all);
        remove(made_);
    } catch (const std::exception& error) {
        log::warning(concat("a cgroup is left behind: ", error.what()));
    }
}

// Another container that goes may remove a common parent at any moment: the way then starts again.
Directory Cgroup::make(const plan::CgroupDirectory& entry, const std::string& path) {
    constexpr int most_tries = 16;
    for (int tries = 0;; ++tries) {
        std::optional<Directory> directory = try_make(entry, path);
        if (directory) return *std::move(directory);
        if (tries == most_tries) fail("make the cgroup", entry.directory, "its parent vanishes again and again");
    }
}

std::optional<Directory> Cgroup::try_make(const plan::CgroupDirectory& entry, const std::string& path) {
    const os::UmaskScope umask(022);  // rt ps works for everybody
    const std::string& root = entry.hierarchy.mount_point;
    const std::string top = root + entry.top;
    Directory current{.path = top, .fd = os::open_at(AT_FDCWD, top, open_flags), .unified = entry.hierarchy.unified};
    for (const std::string& step : steps_of(path, entry.top)) {
        const std::string name = step.substr(step.rfind('/') + 1);
        Directory next{.path = root + step, .fd = {}, .unified = current.unified};
        if (current.unified) enable_controllers(current);
        const bool is_new = ::mkdirat(current.fd.get(), name.c_str(), 0755) == 0;
        if (!is_new && (errno == ENOENT || errno == ENODEV)) return std::nullopt;
        if (!is_new && errno != EEXIST) explain_mkdir(next.path, current, errno);
        if (is_new) made_.push_back(next.path);
        next.fd = os::try_open_beneath(current.fd.get(), name, open_flags);
        if (!next.fd && errno == ENOENT) return std::nullopt;
        if (!next.fd) throw_errno("open the cgroup", next.path);
        if (entry.hierarchy.has_controller("cpuset") && !current.unified)
            fill_cpuset(current.fd.get(), next.fd.get(), next.path);
        current = std::move(next);
    }
    return current;
}

int Cgroup::birth_fd() const noexcept {
    if (!born_inside_) return -1;
    const auto unified = std::ranges::find_if(groups_, [](const Group& group) { return group.plan.hierarchy.unified; });
    return unified == groups_.end() ? -1 : unified->fd.get();
}

void Cgroup::join(pid_t pid) const {
    for (const Group& group : groups_) {
        if (group.plan.hierarchy.unified && born_inside_) continue;
        const std::optional<Directory> directory = try_open_directory(group.plan.directory);
        if (!directory) throw_errno(concat("move process ", pid, " into the cgroup"), group.plan.directory, ENOENT);
        take_in(*directory, pid);
    }
}

bool Cgroup::refused_birth(int code) noexcept {
    // Refused where the cgroup may hold no process now (cgroups(7), "no internal processes"), or where the cgroup above both is
    // somebody else's: join() then says why. ENOENT: with the mount option nsdelegate, who visits a cgroup namespace that is to
    // be joined sees no cgroup outside of it; from home it can be joined.
    if (birth_fd() < 0 || (code != EBUSY && code != EOPNOTSUPP && code != EACCES && code != ENOENT)) return false;
    join_after_birth();
    return true;
}

void Cgroup::release() noexcept {
    made_.clear();
    groups_.clear();
}

}  // namespace rt::cgroup
