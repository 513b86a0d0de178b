#pragma once

#include <optional>
#include <string>

#include "rt/cli/command.hpp"
#include "rt/spec/default_config.hpp"
#include "rt/state/user_ranges.hpp"

namespace rt::cli {

/// Puts the user namespace that the options of `rt spec` ask for into `options`: at most one of them says which it is. `bundle` is
/// the absolute path of the directory that config.json will be in. The list of ranges comes back, locked and still to be written,
/// when one was chosen. \throws Error
std::optional<state::RangeList> choose_mappings(const container::Roots& roots, const Arguments& arguments,
                                                const std::string& bundle, spec::DefaultConfigOptions& options);

}  // namespace rt::cli
