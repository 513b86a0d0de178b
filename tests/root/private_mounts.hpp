// Mounts that nobody else sees.
#pragma once

#include "rt/os/fd.hpp"

namespace rt::test {

// The mount namespace of this process until the end of the scope is a private copy. The mounts of the machine stay as they are.
class PrivateMounts {
public:
    PrivateMounts();
    PrivateMounts(const PrivateMounts&) = delete;
    PrivateMounts& operator=(const PrivateMounts&) = delete;
    ~PrivateMounts();

private:
    os::UniqueFd namespace_;
    os::UniqueFd working_directory_;
};

}  // namespace rt::test
