#pragma once

#include <optional>
#include <string>

#include "rt/analysis/inside.hpp"
#include "rt/plan/rootfs.hpp"

namespace rt::analysis {

/// "mode 0700, owner on the host 1000:1000" (plan::describe_owner())
std::string describe(const InsideFile& file);

/// "host uid 100000 (root of the container)"
std::string describe(const plan::FileUser& user);

/// Why root of the container cannot make a file in the directory; empty: it can.
std::string why_nothing_is_made_in(const InsideFile& directory, const plan::Rootfs& rootfs);

/// What keeps a user from a file, as the answer to a walk.
struct Refusal {
    std::string cause;
    std::string hint;
    bool missing = false;
};

/// Of a visit that did not come to its end; nothing when it did, or when nobody can tell.
std::optional<Refusal> refusal_of(const Visit& visit, const std::string& path, const plan::FileUser& user);

/// A command of the host that would let others in; empty for a file that the host does not have.
std::string let_in(const InsideFile& file, const char* change);

}  // namespace rt::analysis
