#pragma once

#include "rt/plan/mounts.hpp"

namespace rt::rootfs {

/// Gives a detached copy of a bind source its propagation and attributes. \throws Error
void finish_bind(int tree, const plan::Mount& mount);

/// Says why the source of a bind mount could not be opened. \throws Error
[[noreturn]] void refuse_source(const plan::Mount& mount, int code);

}  // namespace rt::rootfs
