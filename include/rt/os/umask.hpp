#pragma once

#include <sys/stat.h>

namespace rt::os {

/// Sets the umask of the process until the end of the scope.
class UmaskScope {
public:
    explicit UmaskScope(mode_t mask) noexcept : before_(::umask(mask)) {}
    UmaskScope(const UmaskScope&) = delete;
    UmaskScope& operator=(const UmaskScope&) = delete;
    ~UmaskScope() { ::umask(before_); }

private:
    mode_t before_;
};

}  // namespace rt::os
