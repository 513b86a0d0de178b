#pragma once

namespace rt::host {

/// The Linux security modules that give labels, as this kernel runs them.
struct SecurityModules {
    bool apparmor = false;
    bool selinux = false;
};

/// Asks sysfs and selinuxfs; where these are hidden, the module counts as absent.
SecurityModules security_modules();

}  // namespace rt::host
