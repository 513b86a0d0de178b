#pragma once

#include <optional>
#include <string>

#include "rt/plan/namespaces.hpp"
#include "rt/spec/spec.hpp"

namespace rt::plan {

/// The names that a uts namespace holds (uts_namespaces(7)); each may be set and empty.
struct UtsNames {
    std::optional<std::string> host;
    std::optional<std::string> domain;
};

/// From /hostname and /domainname, or from the parameters kernel.hostname and kernel.domainname of /linux/sysctl: the
/// kernel lets nobody but root of the host write the latter, and sethostname(2) does the same.
/// \throws Error with the pointer: no uts namespace, a name that is too long, two places that differ
UtsNames plan_uts_names(const spec::Spec& spec, const Namespaces& namespaces);

}  // namespace rt::plan
