#pragma once

#include "rt/cli/command.hpp"
#include "rt/plan/cgroup.hpp"

namespace rt::cli {

/// What --cgroup-manager and --systemd-cgroup say. \throws Error: an unknown word, or they say different things
plan::CgroupDriver cgroup_driver(const Arguments& arguments);

}  // namespace rt::cli
