// A config.json that uses everything this version supports, for tests to change at one place.
#pragma once

#include <string>
#include <vector>

#include "rt/base/error.hpp"

namespace rt::test {

std::string complete_config();
// With the value (JSON text) at the pointer, replaced or added.
std::string config_with(const std::string& pointer, const std::string& value);
std::string config_without(const std::string& pointer);
// The places of all its values besides the annotations, which may hold any keys.
std::vector<std::string> config_pointers();
// "null", "boolean", "number", "string", "array" or "object".
std::string type_at(const std::string& pointer);

// What reading the text fails with; the test fails when it does not.
Failure failure_of_reading(const std::string& text);

}  // namespace rt::test
