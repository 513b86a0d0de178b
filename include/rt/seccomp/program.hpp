#pragma once

#include <linux/filter.h>

#include <vector>

namespace rt::seccomp {

/// The program of a system call filter (classic BPF), as seccomp(2) takes it.
using Program = std::vector<sock_filter>;

}  // namespace rt::seccomp
