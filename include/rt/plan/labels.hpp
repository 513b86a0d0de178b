#pragma once

#include <string>

#include "rt/host/facts.hpp"
#include "rt/spec/spec.hpp"

namespace rt::plan {

/// What the security modules of the kernel know a process by, from its execve(2) on; a text is empty when it is not set.
struct Labels {
    std::string apparmor_profile;
    std::string selinux;

    bool empty() const noexcept { return apparmor_profile.empty() && selinux.empty(); }
};

/// Whether the config has a label at all, so that the facts have to say which security modules there are.
bool uses_labels(const spec::Spec& spec) noexcept;

/// \throws Error with the pointer: the security module that it is for is absent
Labels plan_labels(const spec::Process& process, const host::Facts& facts);

/// The SELinux context of the new file systems of the container (config-linux.md "Mount Label"); empty when it is not set.
/// \throws Error with the pointer: SELinux is absent
std::string plan_mount_label(const spec::Linux& linux_section, const host::Facts& facts);

}  // namespace rt::plan
