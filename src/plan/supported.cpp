#include "rt/plan/supported.hpp"

#include <algorithm>

#include "rt/base/error.hpp"

namespace rt::plan {

namespace {

void refuse_when(bool used, const char* pointer) {
    if (!used) return;
    fail("use the value at", pointer, "not supported by this version of rt", "remove it from the configuration");
}

void require_supported(const spec::Linux& linux_section) {
    refuse_when(linux_section.seccomp.has_value(), "/linux/seccomp");
}

bool is_id_mapped(const spec::Mount& mount) { return !mount.uid_mappings.empty() || !mount.gid_mappings.empty(); }

}  // namespace

void require_supported(const spec::Spec& spec) {
    refuse_when(std::ranges::any_of(spec.mounts, is_id_mapped), "/mounts (uidMappings, gidMappings)");
    require_supported(spec.linux);
}

}  // namespace rt::plan
