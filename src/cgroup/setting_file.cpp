#include "rt/cgroup/setting_file.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/cgroup/controllers.hpp"
#include "rt/os/file.hpp"

namespace rt::cgroup {

namespace {

[[noreturn]] void refuse_missing_directory(const plan::CgroupSetting& setting) {
    fail("use the value at", setting.place,
         concat("the container has no cgroup with the controller ", setting.controller,
                ": rt may not make cgroups in that hierarchy"),
         "run rt as root, let systemd delegate cgroups to this user, or remove the value");
}

// /sys/fs/cgroup/memory/web1 -> /web1
std::string path_in_hierarchy(const plan::CgroupDirectory& directory) {
    return directory.directory.substr(directory.hierarchy.mount_point.size());
}

[[noreturn]] void refuse_missing_file(const plan::CgroupSetting& setting, const plan::CgroupDirectory& directory) {
    std::string hint;
    std::string reason;
    if (setting.unified && setting.controller != "cgroup") {
        reason =
            missing_controller(directory.hierarchy.mount_point, path_in_hierarchy(directory), setting.controller, hint);
    }
    if (reason.empty()) {
        reason = concat("this kernel has no '", setting.choices.front().name, "' in ", directory.directory);
        if (setting.controller == "memory" && setting.choices.front().name.find("sw") != std::string::npos)
            hint = "accounting for swap is switched off: boot with swapaccount=1";
    }
    fail("use the value at", setting.place, std::move(reason), std::move(hint));
}

const plan::CgroupFile* existing_choice(const plan::CgroupSetting& setting, const Directory& directory) {
    const auto found = std::ranges::find_if(setting.choices, [&](const plan::CgroupFile& file) {
        return os::try_status_at(directory.fd.get(), file.name).has_value();
    });
    return found == setting.choices.end() ? nullptr : &*found;
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// What the kernel means by an errno of these files (Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst).
std::string reason_for(const SettingFile& file, int code) {
    if (file.setting->controller == "memory" && code == EBUSY) return "the container uses more than that now";
    if (contains(file.name, "memsw") && code == EINVAL) return "it must not be below the limit of memory";
    if (file.name == "memory.limit_in_bytes" && code == EINVAL)
        return "it must not be above the limit of memory and swap";
    if (file.setting->controller == "cpuset" && (code == EINVAL || code == EACCES || code == ERANGE))
        return "the cgroup above it does not have these, or they do not exist";
    if (contains(file.name, "cpu.rt_") && code == EINVAL)
        return "the cgroup above it has no realtime to give away (cpu.rt_runtime_us), or the runtime is above the "
               "period";
    if (contains(file.name, "cpu.cfs") && code == EINVAL)
        return "quota and period must be at least 1000 microseconds, the period at most 1000000, and the quota within "
               "that "
               "of the cgroup above";
    if (code == ENODEV) return "there is no such device";
    if (code == ENOSPC && file.setting->controller == "pids") return "it is above what the kernel can count";
    return {};
}

// Who may write it: by the rights of the file, by the mount, and in a cgroup namespace by the mount option nsdelegate (cgroups(7)).
std::string hint_for(const SettingFile& file, int code) {
    if (code == EROFS) return "the cgroups are mounted read-only: mount -o remount,rw the mount point";
    if (code == EPERM)
        return "with the mount option nsdelegate the topmost cgroup of a cgroup namespace keeps its limits";
    if (code != EACCES) return {};
    const auto status = os::try_status_at(AT_FDCWD, concat(file.directory, "/", file.name));
    return concat("run rt as its owner", status ? concat(", uid ", status->st_uid, ",") : "", " or as root");
}

// The line of a file with one line per device (or interface) whose first word it is; empty when there is none.
std::string line_of(const std::string& content, std::string_view key) {
    for (const std::string& line : split(content, '\n')) {
        if (line.starts_with(key) && line.size() > key.size() && line[key.size()] == ' ') return line;
    }
    return {};
}

std::string restored_line(const std::string& name, const std::string& content, const std::string& key) {
    if (std::string line = line_of(content, key); !line.empty()) return line;
    if (name == "io.max") return concat(key, " rbps=max wbps=max riops=max wiops=max");
    if (name == "rdma.max") return concat(key, " hca_handle=max hca_object=max");
    if (name.starts_with("io.")) return concat(key, " default");
    return concat(key, " 0");
}

bool is_per_device(const std::string& name, const std::string& written) {
    const std::string key = written.substr(0, written.find(' '));
    return (contains(key, ":") && written.size() > key.size()) || name == "rdma.max" || name == "net_prio.ifpriomap";
}

}  // namespace

std::vector<SettingFile> find_files(const plan::CgroupResources& resources,
                                    const std::vector<plan::CgroupDirectory>& directories) {
    std::vector<SettingFile> files;
    std::optional<Directory> opened;
    for (const plan::CgroupSetting& setting : resources.settings) {
        const plan::CgroupDirectory* directory = plan::directory_for(setting, directories);
        if (directory == nullptr) refuse_missing_directory(setting);
        if (!opened || opened->path != directory->directory) opened = try_open_directory(directory->directory);
        if (!opened) throw_errno("open the cgroup", directory->directory, ENOENT);
        const plan::CgroupFile* choice = existing_choice(setting, *opened);
        if (choice != nullptr) {
            files.push_back({&setting, directory->directory, choice->name, choice->value});
        } else if (!setting.may_be_missing) {
            refuse_missing_file(setting, *directory);
        }
    }
    return files;
}

void refuse(const SettingFile& file, int code) {
    throw_errno(concat("write '", printable(file.value), "' to '", file.directory, "/", file.name, "' for"),
                file.setting->place, code, reason_for(file, code), hint_for(file, code));
}

std::string value_to_restore(const std::string& name, const std::string& content, const std::string& written) {
    if (is_per_device(name, written)) return restored_line(name, content, written.substr(0, written.find(' ')));
    std::string first(trim(std::string_view(content).substr(0, content.find('\n'))));
    if (name == "memory.oom_control") first.erase(0, first.find(' ') + 1);
    // An empty list of CPUs is written as a line: write(2) of nothing does nothing.
    return first.empty() ? "\n" : first;
}

}  // namespace rt::cgroup
