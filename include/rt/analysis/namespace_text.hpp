#pragma once

#include <string>
#include <vector>

#include "rt/analysis/namespaces.hpp"

namespace rt::analysis {

/// A table with one namespace per row; the first row has the headings.
std::vector<std::vector<std::string>> namespace_table(const NamespaceReport& report);

/// The same of the user namespaces, each below its parent, with what they own of the others.
std::vector<std::vector<std::string>> namespace_tree(const NamespaceReport& report);

/// The JSON document of rt-ns(8).
std::string namespace_json(const NamespaceReport& report);

}  // namespace rt::analysis
