#pragma once

#include <exception>

#include "rt/plan/namespaces.hpp"

namespace rt::container {

/// Leaves a command before it has made anything: main starts rt anew, sealed.
class RestartSealed : public std::exception {
public:
    const char* what() const noexcept override { return "rt has to be started anew"; }
};

/// CVE-2019-5736: whatever runs as rt inside of a container shows rt's file as /proc/PID/exe, and whoever may write the file can do so
/// by that. To be called before anything else is opened or made that cannot be done twice.
/// \throws RestartSealed: the ids of the container could write the file of rt
void require_sealed_program(const plan::UserMappings& container);

}  // namespace rt::container
