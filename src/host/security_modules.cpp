#include "rt/host/security_modules.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include "rt/base/text.hpp"
#include "rt/os/file.hpp"

namespace rt::host {

namespace {

// The parameter is there without being on when the kernel was started with another security module.
bool has_apparmor() {
    const std::optional<std::string> enabled = os::try_read_file(AT_FDCWD, "/sys/module/apparmor/parameters/enabled");
    return enabled && trim(*enabled) == "Y";
}

// As libselinux decides it (is_selinux_enabled(3)).
bool has_selinux() {
    struct statfs filesystem{};
    return ::statfs("/sys/fs/selinux", &filesystem) == 0 && filesystem.f_type == SELINUX_MAGIC;
}

}  // namespace

SecurityModules security_modules() { return {.apparmor = has_apparmor(), .selinux = has_selinux()}; }

}  // namespace rt::host
