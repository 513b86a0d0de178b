#include "rt/container/check.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "rt/analysis/check_files.hpp"
#include "rt/analysis/check_filesystems.hpp"
#include "rt/analysis/check_host.hpp"
#include "rt/analysis/check_ids.hpp"
#include "rt/analysis/inside.hpp"
#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/base/text.hpp"
#include "rt/cgroup/cgroup.hpp"
#include "rt/cgroup/trial.hpp"
#include "rt/container/load.hpp"
#include "rt/container/rehearsal.hpp"
#include "rt/idmap/mount_mapper.hpp"
#include "rt/os/mount.hpp"
#include "rt/rootfs/exposure.hpp"
#include "rt/rootfs/filesystem.hpp"
#include "rt/rootfs/trees.hpp"
#include "rt/spec/document.hpp"
#include "rt/state/root.hpp"

namespace rt::container {

namespace {

using analysis::Findings;
using analysis::Level;

std::string parent_of(const std::string& place) { return place.substr(0, place.rfind('/')); }

// A mistake ends the reading of a config. To find the next one too, the value in question is left out and it is read again;
// where it may not be missing, the object around it is left out too. It ends with a plan, or with a mistake that has no place.
std::optional<Loaded> load_step_by_step(const Roots& roots, const CreateOptions& options, const os::Procfs& procfs,
                                        Findings& findings) {
    constexpr int most_mistakes = 50;
    std::optional<Bundle> bundle;
    std::set<std::string> places;
    for (int i = 0; i < most_mistakes; ++i) {
        try {
            if (!bundle) bundle = read_bundle(options);
            log::hold();
            Loaded loaded = load(roots, options, *bundle, procfs, systemd::wait_for_socket);
            for (std::string& warning : log::take_held_warnings()) loaded.plan.warnings.push_back(std::move(warning));
            return loaded;
        } catch (const Error& error) {
            log::take_held_warnings();
            std::string place = error.failure().object;
            const bool consequence = places.contains(place);
            while (places.contains(place)) place = parent_of(place);
            std::optional<std::string> rest;
            if (bundle && places.insert(place).second) rest = spec::try_without(bundle->config, place);
            if (!consequence && (places.size() < 2 || rest)) findings.push_back(analysis::finding_of(error.failure()));
            if (!rest) return std::nullopt;
            bundle->config = *rest;
        }
    }
    return std::nullopt;
}

template <class Work>
void note_refusal(const std::string& object, Findings& findings, Work&& work) {
    try {
        std::forward<Work>(work)();
    } catch (const Error& error) {
        findings.push_back(analysis::finding_of(error.failure()));
        if (!object.empty()) findings.back().object = object;
    }
}

// By what create does with one that is there.
void check_own_directory(const std::string& directory) {
    const os::UniqueFd own = state::try_open_directory(AT_FDCWD, directory);
    if (!own) throw_errno("open the state directory", directory);
    state::require_own(own.get(), directory);
}

void check_state_directory(const Roots& roots, Findings& findings) {
    if (roots.own.empty()) {
        findings.push_back({.level = Level::fatal,
                            .object = "the state directory",
                            .cause = "neither XDG_RUNTIME_DIR nor --root is set",
                            .hint = "give one with --root"});
        return;
    }
    std::string directory = roots.own;
    while (directory.size() > 1 && ::access(directory.c_str(), F_OK) < 0 && errno == ENOENT)
        directory = directory.substr(0, std::max<std::size_t>(directory.rfind('/'), 1));
    if (directory == roots.own) note_refusal("", findings, [&] { check_own_directory(directory); });
    if (!findings.empty() || ::faccessat(AT_FDCWD, directory.c_str(), W_OK | X_OK, AT_EACCESS) == 0) return;
    findings.push_back({.level = Level::fatal,
                        .object = roots.own,
                        .cause = concat("the state of a container cannot be kept here: uid ", ::geteuid(),
                                        " may not write in '", directory, "'"),
                        .hint = "give another directory with --root"});
}

void check_cgroup(const plan::Cgroup& plan, Findings& findings) {
    note_refusal("", findings, [&] { cgroup::require_unused(plan); });
    note_refusal("", findings, [&] {
        for (const Failure& failure : cgroup::try_limits(plan)) findings.push_back(analysis::finding_of(failure));
    });
    if (plan.scope) return;  // systemd makes it
    for (const std::string& directory : cgroup::directories_to_make(plan)) {
        const std::string parent = directory.substr(0, directory.rfind('/'));
        if (::access(parent.c_str(), F_OK) < 0) continue;  // itself one of those that are made
        if (::faccessat(AT_FDCWD, parent.c_str(), W_OK, AT_EACCESS) == 0) continue;
        findings.push_back(
            {.level = Level::fatal,
             .object = directory,
             .cause = concat("the cgroup cannot be made: uid ", ::geteuid(), " may not write in '", parent, "'"),
             .hint = "run with --cgroup-manager disabled, or where a part of the tree is delegated: "
                     "systemd-run --user --scope -p Delegate=yes"});
    }
}

// What init finds below the rootfs at the turn of the mount: a copy, with the mapping that it has by then.
os::UniqueFd tree_in_rootfs(const plan::Rootfs& rootfs, std::size_t index, idmap::MountMapper& mapper) {
    const plan::Mount& mount = rootfs.mounts[index];
    const analysis::Visit source = analysis::visit_source(rootfs, index);
    const plan::Mount* above = source.file.mount;
    os::UniqueFd tree;
    if (above != nullptr && above->kind == plan::MountKind::filesystem) {
        if (rootfs::leaves_no_trace(*above)) tree = rootfs::make_filesystem(*above, {}, [](const std::string&) {});
    } else if (source.outcome == analysis::Outcome::found) {
        tree = os::try_clone_tree(source.file.fd.get(), "", mount.recursive);
    }
    const plan::MountIdMapping* mapping = source.file.id_mapping;
    if (mapping == nullptr && above != nullptr && above->id_mapping) mapping = &*above->id_mapping;
    if (tree && mapping != nullptr) {
        plan::Mount before = mount;
        before.id_mapping.emplace(*mapping);
        mapper.map(tree.get(), before);
    }
    return tree;
}

os::UniqueFd tree_to_map(const plan::Rootfs& rootfs, std::size_t index, idmap::MountMapper& mapper) {
    const plan::Mount& mount = rootfs.mounts[index];
    if (mount.kind == plan::MountKind::bind) return rootfs::open_tree_for(rootfs, index);
    if (mount.kind == plan::MountKind::bind_in_rootfs) return tree_in_rootfs(rootfs, index, mapper);
    if (rootfs::leaves_no_trace(mount)) return rootfs::make_filesystem(mount, {}, [](const std::string&) {});
    return {};
}

// Whether the caller may clone mounts, and which file systems can be id-mapped, only the kernel knows: it is asked with mounts
// that nobody sees.
void check_trees(const plan::Rootfs& rootfs, const os::Procfs& procfs, Findings& findings) {
    idmap::MountMapper mapper(procfs);
    note_refusal("", findings, [&] { rootfs::open_rootfs(rootfs, [&](int tree) { mapper.map(tree, rootfs); }); });
    for (std::size_t index = 0; index < rootfs.mounts.size(); ++index) {
        const plan::Mount& mount = rootfs.mounts[index];
        if (!mount.id_mapping) continue;
        note_refusal(mount.label, findings, [&] {
            if (const os::UniqueFd tree = tree_to_map(rootfs, index, mapper)) mapper.map(tree.get(), mount);
        });
    }
}

void warn(const std::string& object, std::string cause, Findings& findings) {
    if (cause.empty()) return;
    findings.push_back({.level = Level::warning, .object = object, .cause = std::move(cause), .hint = ""});
}

void warn_of_exposure(const plan::Rootfs& rootfs, Findings& findings) {
    warn("/root/path", rootfs::describe_exposure(rootfs), findings);
    for (const plan::Mount& mount : rootfs.mounts)
        warn(mount.label, rootfs::describe_exposure(mount, rootfs.mappings), findings);
}

void append(Findings& findings, Findings more) {
    for (analysis::Finding& finding : more) findings.push_back(std::move(finding));
}

// A second one about the same object would say the same in other words.
void append_others(Findings& findings, Findings more) {
    const auto is_known = [&](const analysis::Finding& finding) {
        return std::ranges::find(findings, finding.object, &analysis::Finding::object) != findings.end();
    };
    std::erase_if(more, is_known);
    append(findings, std::move(more));
}

void check_kernel(Loaded& loaded, const host::Facts& facts, const os::Procfs& procfs, Findings& findings) {
    Findings switches = analysis::check_switches(loaded.plan, facts);
    const bool makes_namespaces = switches.empty();
    append(findings, std::move(switches));
    if (makes_namespaces) append_others(findings, rehearse(loaded, procfs));
}

void check_plan(Loaded& loaded, const os::Procfs& procfs, Findings& findings) {
    const plan::Plan& plan = loaded.plan;
    if (!plan.process && findings.empty())
        findings.push_back({.level = Level::fatal,
                            .object = "/process",
                            .cause = "there is none: such a container can be created, and never started",
                            .hint = "rt spec writes one to start from"});
    for (const std::string& warning : plan.warnings) warn("config.json", warning, findings);
    const host::Facts facts = host::take_facts(procfs);
    append(findings, analysis::check_filesystems(plan.rootfs, facts));
    append(findings, analysis::check_host(plan));
    check_cgroup(plan.cgroup, findings);
    Findings about_files = analysis::check_files(plan);
    if (about_files.empty()) {
        check_trees(plan.rootfs, procfs, about_files);
        warn_of_exposure(plan.rootfs, about_files);
    }
    append(findings, std::move(about_files));
    check_kernel(loaded, facts, procfs, findings);
    if (facts.initial_user_namespace) append(findings, analysis::check_ids(plan.mappings, analysis::read_host_ids()));
}

}  // namespace

Findings check(const Roots& roots, const CreateOptions& options) {
    Findings findings;
    const os::Procfs procfs = os::Procfs::open();
    check_state_directory(roots, findings);
    if (std::optional<Loaded> loaded = load_step_by_step(roots, options, procfs, findings))
        check_plan(*loaded, procfs, findings);
    std::ranges::stable_sort(findings, std::greater<>(), &analysis::Finding::level);
    return findings;
}

}  // namespace rt::container
