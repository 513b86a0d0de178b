#include "rt/host/kernel.hpp"

#include <sys/utsname.h>

#include <utility>
#include <vector>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

namespace rt::host {

bool is_supported_kernel(const std::string& release) {
    const std::vector<std::string> parts = split(release, '.');
    if (parts.size() < 2) return true;
    const auto major = parse_number<int>(parts[0]);
    const auto minor = parse_number<int>(parts[1].substr(0, parts[1].find_first_not_of("0123456789")));
    return !major || !minor || std::pair(*major, *minor) >= std::pair(5, 14);
}

void require_supported_kernel() {
    utsname names{};
    if (::uname(&names) < 0 || is_supported_kernel(names.release)) return;
    fail("use the kernel", names.release, "rt needs Linux 5.14 or newer", "boot a newer kernel");
}

}  // namespace rt::host
