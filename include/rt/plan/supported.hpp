#pragma once

#include "rt/spec/spec.hpp"

namespace rt::plan {

/// Refuses what the reader knows and no plan carries out: a container without what its configuration asks for is worse
/// than none (config.md "Valid values"). \throws Error with the pointer
void require_supported(const spec::Spec& spec);

}  // namespace rt::plan
