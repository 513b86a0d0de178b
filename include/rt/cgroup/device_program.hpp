#pragma once

#include <linux/bpf.h>

#include <vector>

#include "rt/plan/device_rules.hpp"

namespace rt::cgroup {

/// The eBPF program (type BPF_PROG_TYPE_CGROUP_DEVICE) that decides as the rules do: it answers 1 when every kind of access
/// that is asked for is allowed, else 0. Rules that a later one makes void are left out. Pure.
std::vector<bpf_insn> device_program(const std::vector<plan::DeviceRule>& rules);

}  // namespace rt::cgroup
