#pragma once

#include <functional>

namespace rt {

/// How each of several acts is done: so that the first refusal ends all of it, or so that it is noted and the next one tried.
using Attempt = std::function<void(const std::function<void()>& act)>;

/// What an act throws is thrown.
inline void at_once(const std::function<void()>& act) { act(); }

}  // namespace rt
