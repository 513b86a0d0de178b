#include "rt/host/namespaces.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <tuple>

#include "rt/base/text.hpp"
#include "rt/os/bystander.hpp"
#include "rt/os/command_line.hpp"
#include "rt/os/file.hpp"
#include "rt/os/mountinfo.hpp"

namespace rt::host {

namespace {

// "net:[4026531840]", the root of such a mount in mountinfo.
std::optional<std::pair<NamespaceType, std::uint64_t>> parse_name(std::string_view name) {
    const std::size_t bracket = name.find(":[");
    if (bracket == std::string_view::npos || !name.ends_with(']')) return std::nullopt;
    const auto inode = parse_number<std::uint64_t>(name.substr(bracket + 2, name.size() - bracket - 3));
    const auto type = std::ranges::find(namespace_types, name.substr(0, bracket), &NamespaceTypeEntry::proc_name);
    if (!inode || type == namespace_types.end()) return std::nullopt;
    return std::pair(type->type, *inode);
}

class Reader {
public:
    explicit Reader(const os::Procfs& procfs) : procfs_(procfs) {}

    void read_process(pid_t pid) {
        const std::string stat = procfs_.try_read(concat(pid, "/stat")).value_or("");
        const auto status = os::parse_process_status(stat);
        if (!status) return;
        ++processes_;
        bool hidden = false;
        for (const NamespaceTypeEntry& type : namespace_types) {
            const std::string path = concat(pid, "/ns/", type.proc_name);
            const auto file = os::try_status_at(procfs_.fd(), path);
            if (!file) hidden = hidden || errno == EACCES || errno == EPERM;
            if (file) add_member(type.type, file->st_ino, pid, *status, stat);
        }
        if (hidden) ++hidden_;
        for (const char* name : {"pid_for_children", "time_for_children"}) {
            const std::string path = concat(pid, "/ns/", name);
            const auto file = os::try_status_at(procfs_.fd(), path);
            if (file && !described_.contains(file->st_ino)) describe(os::try_open_at(procfs_.fd(), path, O_RDONLY));
        }
    }

    void read_own() {
        for (const NamespaceTypeEntry& type : namespace_types) {
            const os::UniqueFd file = os::try_open_at(procfs_.fd(), concat("self/ns/", type.proc_name), O_RDONLY);
            if (const std::uint64_t inode = describe(file); inode != 0) found_[inode].own = true;
        }
        read_mounts("self", 0);
    }

    Namespaces finish() {
        Namespaces result{.processes = processes_, .hidden = hidden_};
        for (auto& [inode, entry] : found_) {
            if (entry.type == NamespaceType::user && entry.uid_map.empty()) read_maps_from_inside(entry);
            result.all.push_back(std::move(entry));
        }
        std::ranges::sort(result.all, {}, [](const Namespace& entry) { return std::tuple(entry.type, entry.inode); });
        return result;
    }

private:
    void add_member(NamespaceType type, std::uint64_t inode, pid_t pid, const os::ProcessStatus& status,
                    const std::string& stat) {
        if (!described_.contains(inode))
            describe(os::try_open_at(procfs_.fd(), concat(pid, "/ns/", entry_of(type).proc_name), O_RDONLY));
        Namespace& entry = found_.try_emplace(inode, Namespace{.type = type, .inode = inode}).first->second;
        entry.processes.push_back(pid);
        const auto oldest = start_times_.find(inode);
        if (oldest == start_times_.end() || status.start_time < oldest->second) {
            start_times_[inode] = status.start_time;
            entry.oldest = pid;
            entry.command = os::command_line(procfs_, pid, stat);
        }
        if (entry.processes.size() > 1) return;
        if (type == NamespaceType::user) read_maps(entry, pid);
        if (type == NamespaceType::mount && !entry.own) read_mounts(std::to_string(pid), inode);
    }

    // What the kernel tells of an open namespace, and of those above it that are not known yet. Returns its inode; 0: it is none.
    std::uint64_t describe(const os::UniqueFd& file) {
        const auto type = namespace_type_of_flag(static_cast<std::uint64_t>(::ioctl(file.get(), NS_GET_NSTYPE)));
        if (!type) return 0;
        const std::uint64_t inode = os::status_of(file.get(), "a namespace").st_ino;
        if (!described_.insert(inode).second) return inode;
        Namespace& entry = found_[inode];  // stays where it is when others are added
        entry.type = *type;
        entry.inode = inode;
        entry.user_namespace = describe(os::UniqueFd(::ioctl(file.get(), NS_GET_USERNS)));
        if (*type == NamespaceType::user || *type == NamespaceType::pid)
            entry.parent = describe(os::UniqueFd(::ioctl(file.get(), NS_GET_PARENT)));
        uid_t uid = 0;
        if (*type == NamespaceType::user && ::ioctl(file.get(), NS_GET_OWNER_UID, &uid) == 0) entry.owner_uid = uid;
        if (*type == NamespaceType::user) open_.try_emplace(inode, os::duplicate(file.get()));
        return inode;
    }

    void read_maps(Namespace& entry, pid_t pid) {
        entry.uid_map = procfs_.try_read(concat(pid, "/uid_map")).value_or("");
        entry.gid_map = procfs_.try_read(concat(pid, "/gid_map")).value_or("");
        if (!entry.uid_map.empty()) open_.erase(entry.inode);
    }

    // Nobody is in it whose files would tell: a child that joins it for a moment, which needs rights over it.
    void read_maps_from_inside(Namespace& entry) {
        const auto file = open_.find(entry.inode);
        if (file == open_.end()) return;
        if (const auto inside = os::Bystander::try_start(0, file->second.get())) read_maps(entry, inside->pid());
    }

    void read_mounts(const std::string& process, std::uint64_t mount_namespace) {
        const std::string text = procfs_.try_read(process + "/mountinfo").value_or("");
        if (text.find(" nsfs ") == std::string::npos) return;
        const os::UniqueFd root = os::try_open_at(procfs_.fd(), process + "/root", O_PATH | O_DIRECTORY);
        for (const os::MountInfo& mount : os::parse_mountinfo(text)) {
            const auto name = mount.type == "nsfs" ? parse_name(mount.root) : std::nullopt;
            if (!name) continue;
            if (root) describe_mounted(root, mount.mount_point);
            const auto [type, inode] = *name;
            Namespace& entry = found_.try_emplace(inode, Namespace{.type = type, .inode = inode}).first->second;
            entry.mounts.push_back({.path = mount.mount_point, .mount_namespace = mount_namespace});
        }
    }

    // The tree may be that of a container, which can put anything on the path: it is opened to be read only once it is known
    // for a file of a namespace.
    void describe_mounted(const os::UniqueFd& root, const std::string& path) {
        const os::UniqueFd found = os::try_open_in_root(root.get(), path, O_PATH);
        struct statfs filesystem{};
        if (!found || ::fstatfs(found.get(), &filesystem) < 0 || filesystem.f_type != NSFS_MAGIC) return;
        describe(os::try_open_at(procfs_.fd(), concat("self/fd/", found.get()), O_RDONLY));
    }

    const os::Procfs& procfs_;
    std::map<std::uint64_t, Namespace> found_;            // by inode
    std::set<std::uint64_t> described_;                   // those of them that could be opened
    std::map<std::uint64_t, std::uint64_t> start_times_;  // of the oldest process, by the inode of the namespace
    std::map<std::uint64_t, os::UniqueFd> open_;          // user namespaces whose maps are not read yet
    std::size_t processes_ = 0;
    std::size_t hidden_ = 0;
};

}  // namespace

Namespaces read_namespaces(const os::Procfs& procfs) {
    Reader reader(procfs);
    reader.read_own();
    for (const std::string& name : os::names_in(procfs.fd(), "/proc")) {
        if (const auto pid = parse_number<pid_t>(name)) reader.read_process(*pid);
    }
    return reader.finish();
}

}  // namespace rt::host
