#pragma once

#include <string>

namespace rt::state {

/// Checks that a container id is one: 1 to 255 of the characters A-Z a-z 0-9 _ + . - , the first neither '.' nor '-'.
/// It names a directory, so nothing else may pass. \throws Error that says what is wrong with it
void check_container_id(const std::string& id);

}  // namespace rt::state
