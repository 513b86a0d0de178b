#pragma once

#include <string>
#include <string_view>

#include "rt/spec/spec.hpp"

namespace rt::spec {

/// Reads the text of a config.json; `name` is its path, for messages only.
/// Throws an Error with line and column for text that is not JSON, with the JSON pointer for a value of a wrong type,
/// a required one that is missing, one that the spec restricts, and one that this version does not support.
/// Unknown keys are ignored (config.md "Extensibility") and noted at debug level; a key that differs from a known one
/// only in upper and lower case is taken as that one, with a warning.
Spec read(std::string_view json_text, const std::string& name);

}  // namespace rt::spec
