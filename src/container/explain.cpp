#include "rt/container/explain.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/cgroup/deviations.hpp"
#include "rt/container/recorded_cgroups.hpp"
#include "rt/container/status.hpp"
#include "rt/host/namespaces.hpp"
#include "rt/os/file.hpp"
#include "rt/os/mount.hpp"
#include "rt/os/process.hpp"
#include "rt/plan/resources.hpp"
#include "rt/spec/reader.hpp"

namespace rt::container {

namespace {

analysis::NamespaceReport namespaces_of(const state::Record& record, const os::Procfs& procfs) {
    const analysis::RunningContainer init{.id = record.id, .processes = {record.pid}};
    analysis::NamespaceReport report = analysis::report_namespaces(host::read_namespaces(procfs), {init});
    analysis::keep_container(report, init, false);
    return report;
}

analysis::PathInside look_at(const os::UniqueFd& root, const std::string& path) {
    const os::UniqueFd file = os::try_open_in_root(root.get(), path, O_PATH);
    if (!file) return {};
    return {
        .exists = true, .mount = os::try_mount_id(file.get()).value_or(0), .mount_root = os::is_mount_root(file.get())};
}

analysis::Surroundings look_around(const spec::Spec& spec, const state::Record& record, const os::Procfs& procfs) {
    // By the link of /proc, which leads into the mount namespace of init.
    const os::UniqueFd root = os::try_open_at(procfs.fd(), concat(record.pid, "/root"), O_PATH | O_DIRECTORY);
    if (!root) {
        throw_errno("look into", record.id, errno, "",
                    "that may who may ptrace(2) its first process: its own user, and root");
    }
    analysis::Surroundings surroundings;
    for (const std::string& path : analysis::paths_in(spec)) surroundings.paths.emplace(path, look_at(root, path));
    for (const spec::Namespace& entry : spec.linux.namespaces) {
        const auto status = entry.path ? os::try_status_at(AT_FDCWD, *entry.path) : std::nullopt;
        if (status) surroundings.named_namespaces.emplace(entry.type, status->st_ino);
    }
    return surroundings;
}

// A limit that has no file here was refused at create, unless the kernel or its mounts have changed since: that is told too.
std::vector<analysis::Difference> limit_differences(const spec::Spec& spec, const state::Record& record) {
    std::vector<analysis::Difference> differences;
    if (record.cgroups.empty()) return differences;
    try {
        const host::CgroupLayout layout = host::cgroup_layout();
        const plan::CgroupResources planned = plan::plan_resources(spec.linux.resources, layout);
        for (cgroup::Deviation& entry : cgroup::deviations(planned, recorded_cgroups(record, layout))) {
            const std::string name = entry.file.substr(entry.file.rfind('/') + 1);
            differences.push_back({.place = std::move(entry.place),
                                   .config = concat(name, " ", entry.planned),
                                   .actual = concat(name, " ", entry.actual),
                                   .reason = "it was changed since: rt update does, and who owns the cgroup"});
        }
    } catch (const Error& error) {
        differences.push_back({.place = error.failure().object, .config = "a limit", .reason = error.failure().reason});
    }
    return differences;
}

}  // namespace

analysis::Explanation explain(const Roots& roots, const std::string& id) {
    const Opened container = open_container(roots, id, "explain");
    const state::Record& record = container.record;
    const os::Procfs procfs = os::Procfs::open();
    const os::UniqueFd init = try_open_init(record, procfs);
    const state::Status status = status_now(record, procfs);
    if (!init || status == state::Status::creating)
        fail("explain", id, "it does not run", concat("rt check -b ", record.bundle, " looks at its bundle"));
    std::optional<analysis::ProcessAttributes> process = analysis::try_read_process_attributes(procfs, record.pid);
    const std::optional<std::string> mounts = procfs.try_read(concat(record.pid, "/mountinfo"));
    if (!process || !mounts) throw_errno("look at the first process of", id);
    analysis::Explanation explanation{.id = id,
                                      .status = status,
                                      .pid = record.pid,
                                      .bundle = record.bundle,
                                      .process = *std::move(process),
                                      .mappings = analysis::read_process_mappings(procfs, record.pid),
                                      .namespaces = namespaces_of(record, procfs),
                                      .mounts = os::parse_mountinfo(*mounts),
                                      .cgroups = record.cgroups};
    if (!record.cgroups.empty()) explanation.usage = cgroup::read_stats(record.cgroups);
    explanation.cpu = cgroup::read_cpu_limits(record.cgroups);
    const spec::Spec spec = spec::read(container.entry.read_config(), concat("the config.json of ", id));
    explanation.differences = analysis::differences(spec, explanation, look_around(spec, record, procfs));
    for (analysis::Difference& difference : limit_differences(spec, record))
        explanation.differences.push_back(std::move(difference));
    // What was read of the pid was of it.
    if (os::has_ended(init.get())) fail("explain", id, "it does not run", "its first process has just ended");
    return explanation;
}

}  // namespace rt::container
