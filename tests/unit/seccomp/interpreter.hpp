// Runs the program of a system call filter as the kernel would (net/core/filter.c, kernel/seccomp.c).
#pragma once

#include <linux/seccomp.h>

#include <cstdint>

#include "rt/seccomp/program.hpp"

namespace rt::test {

// What the filter returns for the call; throws std::runtime_error for a program that the kernel would not take.
std::uint32_t verdict_of(const seccomp::Program& program, const seccomp_data& call);

}  // namespace rt::test
