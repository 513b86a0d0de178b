#include "rt/container/exec_target.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/container/load.hpp"
#include "rt/host/cgroup_layout.hpp"
#include "rt/host/facts.hpp"
#include "rt/host/kernel.hpp"
#include "rt/os/file.hpp"
#include "rt/os/process.hpp"
#include "rt/plan/labels.hpp"
#include "rt/spec/reader.hpp"

namespace rt::container {

namespace {

[[noreturn]] void refuse_ended(const state::Record& record) {
    fail("start a process in", record.id, "container not running", "its first process has just ended");
}

bool has_own(const state::Record& record, const NamespaceTypeEntry& entry, const os::Procfs& procfs) {
    const auto ours = os::try_status_at(procfs.fd(), concat("self/ns/", entry.proc_name));
    if (!ours) return false;  // this kernel has none of the type
    const auto theirs = os::try_status_at(procfs.fd(), concat(record.pid, "/ns/", entry.proc_name));
    if (!theirs && (errno == ENOENT || errno == ESRCH)) refuse_ended(record);
    if (!theirs) {
        throw_errno("look at the namespaces of", record.id, errno, "",
                    "those may who may ptrace(2) its first process: its own user, and root");
    }
    return theirs->st_ino != ours->st_ino;
}

std::vector<NamespaceType> own_namespaces(const state::Record& record, const os::Procfs& procfs) {
    std::vector<NamespaceType> own;
    for (const NamespaceTypeEntry& entry : namespace_types) {
        if (has_own(record, entry, procfs)) own.push_back(entry.type);
    }
    return own;
}

// A file of the image: it may be a link to anywhere, a fifo, or without an end.
std::optional<std::string> try_read_user_file(int root, const std::string& path) {
    constexpr std::size_t longest = 4U << 20;
    const os::UniqueFd file = os::try_open_in_root(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (!file) return std::nullopt;
    const struct stat status = os::status_of(file.get(), path);
    if (!S_ISREG(status.st_mode) || status.st_size > static_cast<off_t>(longest)) return std::nullopt;
    return os::read_all(file.get(), path, longest);
}

bool sets_labels(const plan::ExecRequest& request) {
    const bool by_file =
        request.process && (!request.process->apparmor_profile.empty() || !request.process->selinux_label.empty());
    return by_file || !request.apparmor_profile.empty() || !request.selinux_label.empty();
}

}  // namespace

Target::Target(const Opened& container, const os::Procfs& procfs)
    : container_(container), procfs_(procfs), init_(try_open_init(container.record, procfs)) {
    if (!init_) refuse_ended(container.record);
}

void Target::require_alive() const {
    if (os::has_ended(init_.get())) refuse_ended(container_.record);
}

os::UniqueFd Target::open_root() const {
    // By the link of /proc, which leads into the mount namespace of init.
    const std::string path = concat(container_.record.pid, "/root");
    os::UniqueFd root = os::try_open_at(procfs_.fd(), path, O_PATH | O_DIRECTORY);
    if (!root) throw_errno("open the root directory of", container_.record.id);
    return root;
}

plan::UserFiles Target::read_user_files() const {
    const os::UniqueFd root = open_root();
    return {.passwd = try_read_user_file(root.get(), "/etc/passwd"),
            .group = try_read_user_file(root.get(), "/etc/group")};
}

plan::ExecTarget Target::describe(const plan::ExecRequest& request, const host::Facts& facts) const {
    const state::Record& record = container_.record;
    const auto secret = container_.entry.try_read_private().value_or(state::PrivateRecord());
    plan::ExecTarget target{.state = state_of(record, secret, state::Status::running),
                            .session_keyring = secret.session_keyring,
                            .cgroups = record.cgroups,
                            .own_namespaces = own_namespaces(record, procfs_),
                            .maps = {},
                            .files = {},
                            .layout = {}};
    if (std::ranges::find(target.own_namespaces, NamespaceType::user) != target.own_namespaces.end()) {
        target.maps = host::maps_of_process(procfs_, std::to_string(record.pid));
    }
    if (uses_names(request.user)) target.files = read_user_files();
    if (plan::uses_controllers(request.cgroups)) target.layout = host::cgroup_layout(procfs_, facts);
    return target;
}

plan::UserMappings Target::user_mappings() const {
    if (!has_own(container_.record, entry_of(NamespaceType::user), procfs_)) return {};
    host::Facts facts;
    facts.joined_user_namespace = host::maps_of_process(procfs_, std::to_string(container_.record.pid));
    std::vector<std::string> none;
    const plan::Namespaces joined{
        .created = 0, .joined = {{NamespaceType::user, container_.record.id}}, .paths_to_own = {}};
    return plan::plan_user_mappings({}, joined, facts, none);
}

spec::Spec Target::read_config() const {
    host::require_supported_kernel();
    return spec::read(container_.entry.read_config(), concat("the config.json of ", container_.record.id));
}

plan::Exec Target::plan(const plan::ExecRequest& request) const {
    const spec::Spec spec = read_config();
    host::Facts facts = host::take_facts(procfs_);
    add_facts(facts, spec, request.preserve_fds > 0, procfs_);
    if (sets_labels(request)) facts.security_modules = host::security_modules();
    return plan_exec(spec, request, describe(request, facts), facts);
}

plan::AddedMounts Target::plan_mounts(std::vector<spec::Mount> mounts) const {
    spec::Spec spec = read_config();
    host::Facts facts = host::take_facts(procfs_);
    add_facts(facts, spec, false, procfs_);
    return plan::plan_added_mounts(std::move(spec), std::move(mounts), describe({}, facts), facts);
}

cgroup::Place::FindInit Target::find_cgroup_of_init() const {
    return [this](const std::string& directory) -> std::optional<std::string> {
        const host::CgroupLayout layout = host::cgroup_layout(procfs_, host::take_facts(procfs_));
        const host::CgroupHierarchy* hierarchy = layout.hierarchy_of(directory);
        const auto text = procfs_.try_read(concat(container_.record.pid, "/cgroup"));
        if (hierarchy == nullptr || !text) return std::nullopt;
        return host::directory_of_process(*hierarchy, *text);
    };
}

}  // namespace rt::container
