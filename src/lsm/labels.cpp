#include "rt/lsm/labels.hpp"

#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

namespace rt::lsm {

namespace {

void set_apparmor_profile(const os::Procfs& procfs, const std::string& profile) {
    // Never the older attr/exec: that file belongs to whichever security module comes first.
    const int code = procfs.try_write("self/attr/apparmor/exec", concat("exec ", profile));
    if (code == 0) return;
    const bool unknown = code == ENOENT;
    throw_errno("use the AppArmor profile", profile, code, unknown ? "no profile of this name is loaded" : "",
                unknown ? "load it with apparmor_parser -r FILE; /sys/kernel/security/apparmor/profiles lists those "
                          "that are"
                : code == EACCES || code == EPERM
                    ? "the profile that rt itself runs under does not let it change to this one"
                    : "");
}

void set_selinux_label(const os::Procfs& procfs, const char* attribute, const std::string& label) {
    const int code = procfs.try_write(concat("self/attr/", attribute), label);
    if (code == 0) return;
    throw_errno("use the SELinux label", label, code,
                code == EINVAL ? "the loaded policy does not have this context" : "",
                code == EACCES ? concat("the policy does not let the domain of rt write attr/", attribute,
                                        "; ausearch -m avc shows the rule")
                               : "");
}

}  // namespace

void set_labels(const os::Procfs& procfs, const plan::Labels& labels) {
    if (!labels.apparmor_profile.empty()) set_apparmor_profile(procfs, labels.apparmor_profile);
    if (labels.selinux.empty()) return;
    set_selinux_label(procfs, "exec", labels.selinux);
    // The domain of the container could not use a keyring that has the label of rt.
    set_selinux_label(procfs, "keycreate", labels.selinux);
}

}  // namespace rt::lsm
