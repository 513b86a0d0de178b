#include "rt/plan/labels.hpp"

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

namespace rt::plan {

namespace {

void require(bool present, const char* module, const char* where, const std::string& label) {
    if (present) return;
    fail("use the value at", where,
         concat("'", printable(label), "' is a label of ", module, ", which does not run on this machine"),
         concat("leave it out, or start the kernel with ", module));
}

}  // namespace

bool uses_labels(const spec::Spec& spec) noexcept {
    const bool process =
        spec.process && (!spec.process->apparmor_profile.empty() || !spec.process->selinux_label.empty());
    return process || !spec.linux.mount_label.empty();
}

Labels plan_labels(const spec::Process& process, const host::Facts& facts) {
    Labels labels{.apparmor_profile = process.apparmor_profile, .selinux = process.selinux_label};
    // Without AppArmor everything is unconfined: nothing is missing.
    if (!facts.security_modules.apparmor && labels.apparmor_profile == "unconfined") labels.apparmor_profile.clear();
    if (!labels.apparmor_profile.empty()) {
        require(facts.security_modules.apparmor, "AppArmor", "/process/apparmorProfile", labels.apparmor_profile);
    }
    if (!labels.selinux.empty()) {
        require(facts.security_modules.selinux, "SELinux", "/process/selinuxLabel", labels.selinux);
    }
    return labels;
}

std::string plan_mount_label(const spec::Linux& linux_section, const host::Facts& facts) {
    const std::string& label = linux_section.mount_label;
    if (!label.empty()) require(facts.security_modules.selinux, "SELinux", "/linux/mountLabel", label);
    return label;
}

}  // namespace rt::plan
