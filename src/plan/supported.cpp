#include "rt/plan/supported.hpp"

#include <algorithm>

#include "rt/base/error.hpp"

namespace rt::plan {

namespace {

void refuse_when(bool used, const char* pointer) {
    if (!used) return;
    fail("use the value at", pointer, "not supported by this version of rt", "remove it from the configuration");
}

void require_supported(const spec::Hooks& hooks) {
    refuse_when(!hooks.prestart.empty(), "/hooks/prestart");
    refuse_when(!hooks.create_runtime.empty(), "/hooks/createRuntime");
    refuse_when(!hooks.create_container.empty(), "/hooks/createContainer");
    refuse_when(!hooks.start_container.empty(), "/hooks/startContainer");
    refuse_when(!hooks.poststart.empty(), "/hooks/poststart");
    refuse_when(!hooks.poststop.empty(), "/hooks/poststop");
}

void require_supported(const spec::Process& process) {
    refuse_when(!process.apparmor_profile.empty(), "/process/apparmorProfile");
    refuse_when(!process.selinux_label.empty(), "/process/selinuxLabel");
}

void require_supported(const spec::Linux& linux_section) {
    refuse_when(!linux_section.devices.empty(), "/linux/devices");
    refuse_when(!linux_section.mount_label.empty(), "/linux/mountLabel");
}

bool is_id_mapped(const spec::Mount& mount) { return !mount.uid_mappings.empty() || !mount.gid_mappings.empty(); }

}  // namespace

void require_supported(const spec::Spec& spec) {
    refuse_when(std::ranges::any_of(spec.mounts, is_id_mapped), "/mounts (uidMappings, gidMappings)");
    require_supported(spec.hooks);
    if (spec.process) require_supported(*spec.process);
    require_supported(spec.linux);
}

}  // namespace rt::plan
