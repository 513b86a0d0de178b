#pragma once

#include <vector>

#include "rt/plan/descriptors.hpp"

namespace rt::init {

/// The descriptors that the calling process needs itself, and those that its program gets.
std::vector<int> with_preserved(std::vector<int> descriptors, const plan::Descriptors& planned);

/// From now on execve(2) leaves those of the program only. \throws Error
void keep_for_program(const plan::Descriptors& planned);

}  // namespace rt::init
