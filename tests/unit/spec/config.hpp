// A config.json with every property of the OCI spec for Linux, for tests to change at one place; schema_test.cpp checks that
// none is missing.
#pragma once

#include <string>
#include <vector>

#include "rt/base/error.hpp"

namespace rt::test {

std::string complete_config();
// With the value (JSON text) at the pointer, replaced or added.
std::string config_with(const std::string& pointer, const std::string& value);
std::string config_without(const std::string& pointer);
// With another key in place of the last one of the pointer.
std::string config_renamed(const std::string& pointer, const std::string& key);
// The places of all its values besides the annotations, which may hold any keys.
std::vector<std::string> config_pointers();
// Those that are objects with the spec's keys, not the user's.
std::vector<std::string> config_objects();
// "null", "boolean", "number", "string", "array" or "object".
std::string type_at(const std::string& pointer);

// What reading the text fails with; the test fails when it does not.
Failure failure_of_reading(const std::string& text);

}  // namespace rt::test
