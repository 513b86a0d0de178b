#include <linux/mount.h>

#include <algorithm>

#include "catch.hpp"
#include "rt/base/error.hpp"
#include "rt/plan/rootfs.hpp"

using namespace rt;
using plan::DeviceMethod;
using plan::EnterMethod;
using plan::MountNamespace;

namespace {

plan::RootfsCircumstances circumstances_with(MountNamespace mount_namespace) {
    return {.mounts = {.bundle = "/b", .trees_by_runtime = true, .initial_user_namespace = true, .makes_devices = true},
            .mount_namespace = mount_namespace};
}

spec::Spec spec_with_root(const std::string& path) {
    spec::Spec config;
    config.root.path = path;
    return config;
}

plan::Rootfs plan_it(const spec::Spec& config, MountNamespace mount_namespace = MountNamespace::created) {
    std::vector<std::string> warnings;
    return plan::plan_rootfs(config, circumstances_with(mount_namespace), warnings);
}

std::string refused_place(const spec::Spec& config, MountNamespace mount_namespace = MountNamespace::created) {
    try {
        plan_it(config, mount_namespace);
    } catch (const Error& error) {
        return error.failure().object;
    }
    return "(accepted)";
}

}  // namespace

TEST_CASE("the rootfs is absolute or relative to the bundle", "[plan][rootfs]") {
    CHECK(plan_it(spec_with_root("rootfs")).path == "/b/rootfs");
    CHECK(plan_it(spec_with_root(".")).path == "/b");
    CHECK(plan_it(spec_with_root("/srv//r/")).path == "/srv/r");
    CHECK(refused_place(spec_with_root("")) == "/root/path");
}

TEST_CASE("without a mount namespace nothing may be mounted", "[plan][rootfs]") {
    const plan::Rootfs plain = plan_it(spec_with_root("r"), MountNamespace::none);
    CHECK(plain.enter == EnterMethod::chroot_only);
    CHECK(plain.devices.empty());
    CHECK_FALSE(plain.device_links);

    spec::Spec config = spec_with_root("r");
    config.mounts.push_back({.destination = "/proc", .type = "proc"});
    CHECK(refused_place(config, MountNamespace::none) == "/mounts");
    config = spec_with_root("r");
    config.root.readonly = true;
    CHECK(refused_place(config, MountNamespace::none) == "/root/readonly");
    config = spec_with_root("r");
    config.linux.masked_paths = {"/proc/kcore"};
    CHECK(refused_place(config, MountNamespace::none) == "/linux/maskedPaths");
    config = spec_with_root("r");
    config.linux.readonly_paths = {"/proc/sys"};
    CHECK(refused_place(config, MountNamespace::none) == "/linux/readonlyPaths");
    config = spec_with_root("r");
    config.linux.rootfs_propagation = "private";
    CHECK(refused_place(config, MountNamespace::none) == "/linux/rootfsPropagation");
}

TEST_CASE("a joined mount namespace is entered by chroot, with the rootfs as seen there", "[plan][rootfs]") {
    const plan::Rootfs joined = plan_it(spec_with_root("r"), MountNamespace::joined);
    CHECK(joined.enter == EnterMethod::chroot);
    CHECK_FALSE(joined.by_runtime);
    CHECK(plan_it(spec_with_root("r")).by_runtime);
}

TEST_CASE("the rootfs is attached on its path where hooks look for it before it is entered", "[plan][rootfs]") {
    const auto place = [](bool hooks, bool user_namespace, bool by_runtime, MountNamespace mount_namespace) {
        plan::RootfsCircumstances circumstances = circumstances_with(mount_namespace);
        circumstances.hooks_before_entering = hooks;
        circumstances.mounts.user_namespace = user_namespace;
        circumstances.mounts.trees_by_runtime = by_runtime;
        std::vector<std::string> warnings;
        return plan::plan_rootfs(spec_with_root("r"), circumstances, warnings).place;
    };
    CHECK(place(false, false, true, MountNamespace::created) == "/");
    CHECK(place(false, true, true, MountNamespace::created) == "/");
    CHECK(place(true, false, true, MountNamespace::created) == "/b/r");
    // Where the container's root may not walk there: from inside.
    CHECK(place(true, true, true, MountNamespace::created) == ".");
    CHECK(place(true, true, false, MountNamespace::created) == ".");
    CHECK(place(false, false, true, MountNamespace::joined) == "/b/r");
    CHECK(place(true, true, true, MountNamespace::joined) == "/b/r");
}

TEST_CASE("rootfsPropagation: private or slave from the beginning, the others at the end", "[plan][rootfs]") {
    struct Row {
        const char* word;
        std::uint64_t initial;
        std::uint64_t final;
    };
    for (const Row& row :
         {Row{"", MS_PRIVATE, 0}, Row{"private", MS_PRIVATE, 0}, Row{"slave", MS_SLAVE, 0}, Row{"rslave", MS_SLAVE, 0},
          Row{"shared", MS_PRIVATE, MS_SHARED}, Row{"unbindable", MS_PRIVATE, MS_UNBINDABLE}}) {
        INFO(row.word);
        spec::Spec config = spec_with_root("r");
        config.linux.rootfs_propagation = row.word;
        const plan::Rootfs planned = plan_it(config);
        CHECK(planned.initial_propagation == row.initial);
        CHECK(planned.final_propagation == row.final);
    }
    for (const char* word : {"privat", "ro", "bind", "SHARED"}) {
        INFO(word);
        spec::Spec config = spec_with_root("r");
        config.linux.rootfs_propagation = word;
        CHECK(refused_place(config) == "/linux/rootfsPropagation");
    }
}

TEST_CASE("how the default devices come to be depends on what /dev is in the end", "[plan][rootfs]") {
    const auto is_made = [](const plan::Rootfs& rootfs, DeviceMethod method) {
        return rootfs.devices.size() == 6 && std::ranges::all_of(rootfs.devices, [&](const plan::Device& device) {
                   return device.method == method && device.place.empty();
               });
    };
    spec::Spec config = spec_with_root("r");
    CHECK(is_made(plan_it(config), DeviceMethod::make_node));
    config.mounts.push_back({.destination = "/dev", .type = "tmpfs"});
    CHECK(is_made(plan_it(config), DeviceMethod::make_node));

    std::vector<std::string> warnings;
    plan::RootfsCircumstances mapped = circumstances_with(MountNamespace::created);
    mapped.mounts.user_namespace = true;
    CHECK(is_made(plan::plan_rootfs(config, mapped, warnings), DeviceMethod::in_device_tmpfs));
    CHECK(plan::plan_rootfs(config, mapped, warnings).device_links);
    mapped.mounts.trees_by_runtime = false;
    CHECK(is_made(plan::plan_rootfs(config, mapped, warnings), DeviceMethod::bind_host));

    config.mounts.push_back({.destination = "/dev", .type = "none", .source = "/dev", .options = {"rbind"}});
    CHECK(plan_it(config).devices.empty());
    CHECK_FALSE(plan_it(config).device_links);
}

TEST_CASE("masked and read-only paths are absolute and stand once each", "[plan][rootfs]") {
    spec::Spec config = spec_with_root("r");
    config.linux.masked_paths = {"/proc/kcore", "/proc//kcore/", "/proc/keys"};
    CHECK(plan_it(config).masked_paths == std::vector<std::string>{"/proc/kcore", "/proc/keys"});
    config.linux.readonly_paths = {"/proc/sys", "proc/bus"};
    CHECK(refused_place(config) == "/linux/readonlyPaths/1");
    // What is mounted on the root directory is not seen by who is in it: /root/readonly is the word for it.
    config.linux.readonly_paths = {"/proc/sys", "//./"};
    CHECK(refused_place(config) == "/linux/readonlyPaths/1");
    config.linux.readonly_paths.clear();
    config.linux.masked_paths = {"/"};
    CHECK(refused_place(config) == "/linux/maskedPaths/0");
}
