#include "rt/plan/devices.hpp"

#include <algorithm>

#include "catch.hpp"
#include "refusal.hpp"
#include "rt/base/error.hpp"

using namespace rt;
using plan::DeviceMethod;

namespace {

plan::MountCircumstances on_host() {
    return {.bundle = "/b", .trees_by_runtime = true, .initial_user_namespace = true, .makes_devices = true};
}

plan::MountCircumstances in_user_namespace() {
    plan::MountCircumstances circumstances = on_host();
    circumstances.user_namespace = true;
    circumstances.mappings.mapped = true;
    const std::vector<spec::IdMapping> range{{.container_id = 0, .host_id = 100000, .size = 100}};
    circumstances.mappings.uids = plan::IdMappings::validate(range, JsonPointer("/linux/uidMappings"));
    circumstances.mappings.gids = circumstances.mappings.uids;
    circumstances.owner_uid = 100000;
    circumstances.owner_gid = 100000;
    return circumstances;
}

spec::Device fuse() {
    return {.type = 'c', .path = "/dev/fuse", .major = 10, .minor = 229, .file_mode = {}, .uid = {}, .gid = {}};
}

spec::Device at(const std::string& path, char type = 'c') {
    spec::Device device = fuse();
    device.path = path;
    device.type = type;
    return device;
}

plan::Mount mount_on(const std::string& destination, plan::MountKind kind) {
    plan::Mount mount;
    mount.destination = destination;
    mount.kind = kind;
    return mount;
}

std::vector<plan::Device> plan_all(const std::vector<spec::Device>& listed,
                                   const plan::MountCircumstances& circumstances,
                                   const std::vector<plan::Mount>& mounts = {}, bool mount_namespace = true) {
    return plan::plan_devices(listed, mounts, {.mounts = circumstances, .mount_namespace = mount_namespace});
}

plan::Device plan_one(const spec::Device& listed, const plan::MountCircumstances& circumstances = on_host(),
                      const std::vector<plan::Mount>& mounts = {}) {
    const std::vector<plan::Device> devices = plan_all({listed}, circumstances, mounts);
    REQUIRE_FALSE(devices.empty());
    return devices.back();
}

Failure refusal(const std::vector<spec::Device>& listed, const plan::MountCircumstances& circumstances = on_host(),
                bool mount_namespace = true) {
    return test::refusal_of([&] { plan_all(listed, circumstances, {}, mount_namespace); });
}

}  // namespace

TEST_CASE("a device is made as it is listed", "[plan][devices]") {
    const plan::Device plain = plan_one(fuse());
    CHECK(plain.place == "/linux/devices/0");
    CHECK(plain.path == "/dev/fuse");
    CHECK(plain.type == S_IFCHR);
    CHECK(plain.major == 10);
    CHECK(plain.minor == 229);
    CHECK(plain.mode == 0666);  // when fileMode is not given
    CHECK_FALSE(plain.asked_mode.has_value());
    CHECK_FALSE(plain.asked_uid.has_value());

    spec::Device exact = at("//opt/./disk/", 'b');
    exact.file_mode = 0;
    exact.uid = 7;
    exact.gid = 8;
    const plan::Device disk = plan_one(exact);
    CHECK(disk.path == "/opt/disk");
    CHECK(disk.type == S_IFBLK);
    CHECK(disk.mode == 0);
    CHECK(disk.asked_uid == 7U);
    CHECK(disk.host_gid == 8);
    CHECK(plan_one(at("/u", 'u')).type == S_IFCHR);
}

TEST_CASE("a fifo needs no numbers and ignores them", "[plan][devices]") {
    const plan::Device numbered = plan_one(at("/fifo", 'p'));
    CHECK(numbered.type == S_IFIFO);
    CHECK(numbered.major == 0);
    CHECK(numbered.minor == 0);
    spec::Device bare = at("/fifo", 'p');
    bare.major = bare.minor = std::nullopt;
    CHECK_NOTHROW(plan_one(bare));
}

TEST_CASE("other devices need numbers that Linux has", "[plan][devices]") {
    for (const char type : {'c', 'b', 'u'}) {
        spec::Device device = at("/d", type);
        device.minor = std::nullopt;
        CHECK(refusal({device}).object == "/linux/devices/0");
        CHECK(test::has(refusal({device}).reason, "no 'minor'"));
        device.minor = 0;
        device.major = std::nullopt;
        CHECK(test::has(refusal({device}).reason, "no 'major'"));
        device.major = 4096;
        CHECK(refusal({device}).object == "/linux/devices/0/major");
        device.major = 4095;
        device.minor = 1048576;
        CHECK(refusal({device}).object == "/linux/devices/0/minor");
        device.minor = 1048575;
        CHECK_NOTHROW(plan_one(device));
    }
}

TEST_CASE("an owner is one of the container", "[plan][devices]") {
    spec::Device device = fuse();
    CHECK(plan_one(device, in_user_namespace()).host_uid == 100000);
    device.uid = 99;
    device.gid = 5;
    CHECK(plan_one(device, in_user_namespace()).host_uid == 100099);
    CHECK(plan_one(device, in_user_namespace()).host_gid == 100005);
    device.uid = 100;
    CHECK(refusal({fuse(), device}, in_user_namespace()).object == "/linux/devices/1/uid");
    device.uid = 0;
    device.gid = 100;
    CHECK(refusal({device}, in_user_namespace()).object == "/linux/devices/0/gid");
    CHECK(test::has(refusal({device}, in_user_namespace()).reason, "0-99"));
}

TEST_CASE("how a device comes to its place", "[plan][devices]") {
    plan::MountCircumstances rootless = in_user_namespace();
    rootless.makes_devices = rootless.trees_by_runtime = false;
    plan::MountCircumstances without_mknod = on_host();
    without_mknod.makes_devices = false;
    const std::vector<plan::Mount> tmpfs{mount_on("/dev", plan::MountKind::filesystem)};
    const std::vector<plan::Mount> own_tmpfs{mount_on("/dev", plan::MountKind::device_tmpfs),
                                             mount_on("/dev/shm", plan::MountKind::filesystem)};
    const std::vector<plan::Mount> bound{mount_on("/dev", plan::MountKind::bind),
                                         mount_on("/dev/x", plan::MountKind::filesystem)};
    const std::vector<plan::Mount> in_rootfs{mount_on("/dev", plan::MountKind::bind_in_rootfs)};
    struct Row {
        const char* path;
        const plan::MountCircumstances& circumstances;
        const std::vector<plan::Mount>& mounts;
        DeviceMethod method;
        DeviceMethod method_of_fifo;
    };
    const plan::MountCircumstances host = on_host();
    const plan::MountCircumstances mapped = in_user_namespace();
    for (const Row& row : {
             Row{"/dev/d", host, tmpfs, DeviceMethod::make_node, DeviceMethod::make_node},
             Row{"/opt/d", host, tmpfs, DeviceMethod::make_node, DeviceMethod::make_node},
             Row{"/dev/d", host, bound, DeviceMethod::must_exist, DeviceMethod::must_exist},
             Row{"/dev/x/d", host, bound, DeviceMethod::make_node, DeviceMethod::make_node},
             Row{"/dev/d", host, in_rootfs, DeviceMethod::make_node, DeviceMethod::make_node},
             Row{"/dev/d", without_mknod, tmpfs, DeviceMethod::bind_host, DeviceMethod::make_node},
             Row{"/dev/d", mapped, own_tmpfs, DeviceMethod::in_device_tmpfs, DeviceMethod::in_device_tmpfs},
             Row{"/dev/net/tun", mapped, own_tmpfs, DeviceMethod::in_device_tmpfs, DeviceMethod::in_device_tmpfs},
             Row{"/dev/shm/d", mapped, own_tmpfs, DeviceMethod::bind_node, DeviceMethod::make_node},
             Row{"/device", mapped, own_tmpfs, DeviceMethod::bind_node, DeviceMethod::make_node},
             Row{"/dev/d", mapped, bound, DeviceMethod::must_exist, DeviceMethod::must_exist},
             Row{"/dev/d", rootless, tmpfs, DeviceMethod::bind_host, DeviceMethod::make_node},
         }) {
        INFO(row.path);
        CHECK(plan_one(at(row.path), row.circumstances, row.mounts).method == row.method);
        CHECK(plan_one(at(row.path, 'p'), row.circumstances, row.mounts).method == row.method_of_fifo);
    }
}

TEST_CASE("without a mount namespace nothing is bound", "[plan][devices]") {
    const std::vector<plan::Device> devices = plan_all({fuse()}, on_host(), {}, false);
    REQUIRE(devices.size() == 1);  // no default devices
    CHECK(devices[0].method == DeviceMethod::make_node);
    CHECK(refusal({fuse()}, in_user_namespace(), false).object == "/linux/devices/0");
    CHECK(test::has(refusal({fuse()}, in_user_namespace(), false).hint, "{ \"type\": \"mount\" }"));
}

TEST_CASE("a path is listed once, or twice the same", "[plan][devices]") {
    CHECK(plan_all({fuse(), at("/dev//fuse")}, on_host()).size() == 7);
    spec::Device other = fuse();
    other.file_mode = 0600;
    const Failure failure = refusal({fuse(), other});
    CHECK(failure.object == "/linux/devices/1");
    CHECK(test::has(failure.reason, "/linux/devices/0"));
    CHECK(refusal({fuse(), at("/dev/fuse", 'b')}).object == "/linux/devices/1");
    for (const char* path : {"/", "//", "/dev/..", "/dev/../x"})
        CHECK(refusal({at(path)}).object == "/linux/devices/0/path");
}

TEST_CASE("a default device may be listed again", "[plan][devices]") {
    spec::Device null = at("/dev/null");
    null.major = 1;
    null.minor = 3;
    null.file_mode = 0600;
    null.uid = 0;
    const std::vector<plan::Device> devices = plan_all({null}, on_host());
    CHECK(devices.size() == 6);
    const auto made = std::ranges::find(devices, "/dev/null", &plan::Device::path);
    REQUIRE(made != devices.end());
    CHECK(made->mode == 0600);
    CHECK(made->place == "/linux/devices/0");
    // The host's own, bound: its owner is nobody's concern.
    plan::MountCircumstances rootless = in_user_namespace();
    rootless.makes_devices = false;
    CHECK(plan_one(null, rootless).method == DeviceMethod::bind_host);
    CHECK_FALSE(plan_one(null, rootless).asked_uid.has_value());
    CHECK(plan_one(null, rootless).asked_mode == 0600U);

    spec::Device ptmx = at("/dev/ptmx");
    ptmx.major = 5;
    ptmx.minor = 2;
    CHECK(plan_all({ptmx}, on_host()).size() == 6);  // a link
    // Another device in its place.
    CHECK(test::has(refusal({at("/dev/null")}).reason, "c 1:3"));
    CHECK(test::has(refusal({at("/dev/ptmx")}).reason, "c 5:2"));
    null.type = 'b';
    CHECK(refusal({null}).object == "/linux/devices/0");
}

TEST_CASE("a mount on the place of a default device is what the configuration has there", "[plan][devices]") {
    const std::vector<plan::Device> devices = plan_all({}, on_host(), {mount_on("/dev/random", plan::MountKind::bind)});
    CHECK(devices.size() == 5);
    CHECK(std::ranges::find(devices, "/dev/random", &plan::Device::path) == devices.end());
    CHECK(plan_all({}, on_host(), {mount_on("/dev", plan::MountKind::bind)}).empty());
    CHECK(plan_all({}, on_host(), {mount_on("/dev", plan::MountKind::bind_in_rootfs)}).empty());
}
