#include "rt/plan/supported.hpp"

#include <algorithm>

#include "rt/base/error.hpp"

namespace rt::plan {

namespace {

bool is_id_mapped(const spec::Mount& mount) { return !mount.uid_mappings.empty() || !mount.gid_mappings.empty(); }

}  // namespace

void require_supported(const spec::Spec& spec) {
    if (std::ranges::none_of(spec.mounts, is_id_mapped)) return;
    fail("use the value at", "/mounts (uidMappings, gidMappings)", "not supported by this version of rt",
         "remove it from the configuration");
}

}  // namespace rt::plan
