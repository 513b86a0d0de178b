#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

#include "rt/os/child.hpp"
#include "rt/os/fd.hpp"

namespace rt::os {

/// A child that only stands in namespaces, so that they can be reached through its files of /proc. It ends with the object,
/// and with the calling process, however that ends.
class Bystander {
public:
    /// Born in new namespaces (`flags`: CLONE_NEW*); then, unless `joined` is -1, it joins that one (setns(2)).
    /// An empty answer carries the errno of clone3(2) or setns(2). \throws Error: no socket can be made
    static std::optional<Bystander> try_start(std::uint64_t flags, int joined = -1);

    pid_t pid() const noexcept { return child_.pid(); }

private:
    Bystander(Child child, UniqueFd line) noexcept : child_(std::move(child)), line_(std::move(line)) {}

    Child child_;
    UniqueFd line_;  ///< its end of file tells the child that nobody needs it any more
};

}  // namespace rt::os
