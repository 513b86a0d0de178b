#pragma once

#include <functional>

#include "rt/plan/plan.hpp"

namespace rt::init {

/// Does the work; when it is the program that is refused, the Error says which directory on the way, which file or which
/// interpreter it was: the kernel does not. Called by the process that is to become the program. \throws Error
void explain_refusals(const plan::Plan& plan, const std::function<void()>& work);

}  // namespace rt::init
