#include "rt/plan/labels.hpp"

#include <algorithm>

#include "catch.hpp"
#include "rt/base/error.hpp"
#include "rt/plan/mounts.hpp"

using namespace rt;

namespace {

host::Facts with(const host::SecurityModules& modules) {
    host::Facts facts;
    facts.security_modules = modules;
    return facts;
}

template <class Work>
std::string refused_at(const Work& work) {
    try {
        work();
    } catch (const Error& error) {
        return error.failure().object;
    }
    return "(accepted)";
}

// "label of the file system, of the root directory alone"
std::string labels_of(const spec::Mount& mount, bool user_namespace = false) {
    plan::MountCircumstances circumstances{
        .bundle = "/b", .rootfs_path = "/b/rootfs", .user_namespace = user_namespace};
    circumstances.trees_by_runtime = true;
    circumstances.makes_devices = true;
    circumstances.own_network_namespace = true;
    circumstances.selinux_label = "u:r:t:s0:c1,c2";
    std::vector<std::string> warnings;
    const plan::Mount planned = plan::plan_mounts({mount}, circumstances, warnings).front();
    const auto found = std::ranges::find(planned.data, "context", &plan::FilesystemOption::key);
    return (found == planned.data.end() ? "" : found->value.value_or("?")) + "|" + planned.selinux_root_label;
}

}  // namespace

TEST_CASE("a label needs its security module", "[plan][labels]") {
    const spec::Process apparmor{.apparmor_profile = "docker-default"};
    const spec::Process selinux{.selinux_label = "u:r:t:s0"};
    spec::Linux linux_section;
    linux_section.mount_label = "u:r:t:s0";
    CHECK(plan::plan_labels(apparmor, with({.apparmor = true})).apparmor_profile == "docker-default");
    CHECK(plan::plan_labels(selinux, with({.selinux = true})).selinux == "u:r:t:s0");
    CHECK(plan::plan_mount_label(linux_section, with({.selinux = true})) == "u:r:t:s0");
    const host::Facts only_selinux = with({.selinux = true});
    const host::Facts only_apparmor = with({.apparmor = true});
    CHECK(refused_at([&] { plan::plan_labels(apparmor, only_selinux); }) == "/process/apparmorProfile");
    CHECK(refused_at([&] { plan::plan_labels(selinux, only_apparmor); }) == "/process/selinuxLabel");
    CHECK(refused_at([&] { plan::plan_mount_label(linux_section, only_apparmor); }) == "/linux/mountLabel");
}

TEST_CASE("no label needs no security module, nor does being unconfined", "[plan][labels]") {
    CHECK(plan::plan_labels({}, {}).empty());
    CHECK(plan::plan_mount_label({}, {}).empty());
    const spec::Process unconfined{.apparmor_profile = "unconfined"};
    CHECK(plan::plan_labels(unconfined, {}).empty());
    CHECK(plan::plan_labels(unconfined, with({.apparmor = true})).apparmor_profile == "unconfined");
}

TEST_CASE("each label makes the facts ask for security modules", "[plan][labels]") {
    spec::Spec spec;
    spec.process = spec::Process{};
    CHECK_FALSE(plan::uses_labels(spec));
    spec.process->apparmor_profile = "x";
    CHECK(plan::uses_labels(spec));
    spec.process = spec::Process{.selinux_label = "x"};
    CHECK(plan::uses_labels(spec));
    spec.process.reset();
    CHECK_FALSE(plan::uses_labels(spec));
    spec.linux.mount_label = "x";
    CHECK(plan::uses_labels(spec));
}

TEST_CASE("the mount label goes to new file systems, and only there", "[plan][labels][mounts]") {
    const std::string label = "u:r:t:s0:c1,c2";
    CHECK(labels_of({.destination = "/tmp", .type = "tmpfs"}) == label + "|");
    CHECK(labels_of({.destination = "/dev", .type = "tmpfs"}, true) == label + "|");
    CHECK(labels_of({.destination = "/dev/pts", .type = "devpts"}) == label + "|");
    CHECK(labels_of({.destination = "/data", .type = "ext4", .source = "/dev/x"}) == label + "|");
    CHECK(labels_of({.destination = "/dev/mqueue", .type = "mqueue"}) == "|" + label);
    CHECK(labels_of({.destination = "/proc", .type = "proc"}) == "|");
    CHECK(labels_of({.destination = "/sys", .type = "sysfs"}) == "|");
    CHECK(labels_of({.destination = "/data", .type = "none", .source = "/data", .options = {"rbind"}}) == "|");
    CHECK(labels_of({.destination = "/tmp", .type = "tmpfs", .options = {"context=mine"}}) == "mine|");
    CHECK(labels_of({.destination = "/tmp", .type = "tmpfs", .options = {"rootcontext=mine"}}) == "|");
}
