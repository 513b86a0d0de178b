#pragma once

#include <linux/bpf.h>

#include <string>
#include <vector>

#include "rt/os/fd.hpp"

namespace rt::os {

// bpf(2) with an attribute buffer of a whole zeroed page: kernels 6.17 to 7.1 write behind the end of a smaller one.

/// Loads a program that decides about devices (BPF_PROG_TYPE_CGROUP_DEVICE). Empty with errno set when it is refused;
/// `verifier_log`, if given, then holds what the verifier says.
UniqueFd try_load_device_program(const std::vector<bpf_insn>& program, std::string* verifier_log = nullptr);

/// Attaches it to a cgroup v2 directory besides those that may be attached there already (BPF_F_ALLOW_MULTI); 0 or errno.
/// It stays until the cgroup is removed.
int try_attach_device_program(int cgroup, int program) noexcept;

/// Puts it in the place of another one of that directory (BPF_F_REPLACE), at once; 0 or errno.
int try_replace_device_program(int cgroup, int old, int program) noexcept;

/// Takes one off again; 0 or errno.
int try_detach_device_program(int cgroup, int program) noexcept;

/// The programs attached to that directory that were loaded by try_load_device_program(). \throws Error
std::vector<UniqueFd> own_device_programs(int cgroup);

}  // namespace rt::os
