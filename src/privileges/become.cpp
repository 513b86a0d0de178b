#include "rt/privileges/become.hpp"

#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

namespace rt::privileges {

namespace {

// The plain system calls: the C library would pass them on to threads, and there are none.
void set_ids(std::uint32_t uid, std::uint32_t gid, const std::vector<gid_t>& groups, bool keeps_groups) {
    if (!keeps_groups && ::syscall(SYS_setgroups, groups.size(), groups.data()) < 0)
        throw_errno("set the supplementary groups", "");
    if (::syscall(SYS_setresgid, gid, gid, gid) < 0) throw_errno("become gid", std::to_string(gid));
    if (::syscall(SYS_setresuid, uid, uid, uid) < 0) throw_errno("become uid", std::to_string(uid));
}

void drop_bounding(std::uint64_t keep) {
    constexpr unsigned most_capabilities = 64;
    for (unsigned capability = 0; capability < most_capabilities; ++capability) {
        if ((keep >> capability & 1U) != 0) continue;
        if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0) continue;
        if (errno == EINVAL) return;  // past the last capability of this kernel
        throw_errno("drop from the bounding set capability", std::to_string(capability));
    }
}

void set_capabilities(const plan::CapabilitySets& sets) {
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    const auto half = [](std::uint64_t set, unsigned shift) { return static_cast<std::uint32_t>(set >> shift); };
    const __user_cap_data_struct data[2] = {
        {half(sets.effective, 0), half(sets.permitted, 0), half(sets.inheritable, 0)},
        {half(sets.effective, 32), half(sets.permitted, 32), half(sets.inheritable, 32)}};
    if (::syscall(SYS_capset, &header, data) < 0) throw_errno("set the capabilities of", "the process");
    // Of those that the caller of rt has, what is not inheritable any more is gone.
    if (sets.inheritable != 0 && ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0) {
        throw_errno("clear the ambient set of", "the process");
    }
    constexpr unsigned most_capabilities = 64;
    for (unsigned capability = 0; capability < most_capabilities; ++capability) {
        if ((sets.ambient >> capability & 1U) == 0) continue;
        if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0) {
            throw_errno("raise in the ambient set capability", std::to_string(capability));
        }
    }
}

// Those of the caller of rt would change what capabilities(7) says of the ids of the container. A user namespace begins without.
void clear_secure_bits() {
    if (::prctl(PR_GET_SECUREBITS, 0, 0, 0, 0) == 0 || ::prctl(PR_SET_SECUREBITS, 0, 0, 0, 0) == 0) return;
    throw_errno("clear the secure bits of", "the process", errno, "",
                "the caller of rt has locked them (capabilities(7)): start it without");
}

}  // namespace

void become_namespace_user(std::uint32_t uid, std::uint32_t gid, bool keeps_groups) {
    set_ids(uid, gid, {}, keeps_groups);
}

void become_process_user(const plan::Credentials& credentials, const plan::CapabilitySets& sets) {
    clear_secure_bits();
    drop_bounding(sets.bounding);
    // Without this, leaving uid 0 would clear the permitted set before the wanted one is written.
    if (::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0) throw_errno("keep the capabilities of", "the process");
    set_ids(credentials.uid, credentials.gid, {credentials.groups.begin(), credentials.groups.end()},
            credentials.keeps_groups);
    set_capabilities(sets);
    if (::prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) < 0) throw_errno("reset the keep-capabilities flag of", "the process");
}

void raise_capability(unsigned capability) {
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    __user_cap_data_struct data[2] = {};
    constexpr unsigned bits = 32;
    const bool read = ::syscall(SYS_capget, &header, data) == 0;
    data[capability / bits].effective |= 1U << capability % bits;
    if (!read || ::syscall(SYS_capset, &header, data) < 0) {
        throw_errno("raise in the effective set capability", std::to_string(capability));
    }
}

void forbid_new_privileges() {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) throw_errno("set no_new_privs of", "the process");
}

namespace {

std::string limit_name(int resource) {
    const auto found = std::ranges::find(plan::resource_limit_names, resource, &plan::ResourceLimitName::resource);
    return std::string(found->name);
}

[[noreturn]] void throw_limit_error(const plan::ResourceLimit& limit, int code) {
    throw_errno("set the limit", limit_name(limit.resource), code, concat("soft ", limit.soft, ", hard ", limit.hard),
                code == EPERM
                    ? "raising a hard limit needs CAP_SYS_RESOURCE: lower it in /process/rlimits, or raise it for rt "
                      "(ulimit -H)"
                    : "");
}

void set_limit(const plan::ResourceLimit& limit) {
    const rlimit value{.rlim_cur = limit.soft, .rlim_max = limit.hard};
    if (::prlimit(0, static_cast<__rlimit_resource>(limit.resource), &value, nullptr) < 0)
        throw_limit_error(limit, errno);
}

void raise_hard_limit(pid_t pid, const plan::ResourceLimit& limit) {
    const auto resource = static_cast<__rlimit_resource>(limit.resource);
    rlimit now{};
    if (::prlimit(0, resource, nullptr, &now) < 0) throw_limit_error(limit, errno);
    if (now.rlim_max >= limit.hard) return;
    now.rlim_max = limit.hard;
    if (::prlimit(pid, resource, &now, nullptr) < 0) throw_limit_error(limit, errno);
}

}  // namespace

void set_limits(const std::vector<plan::ResourceLimit>& limits, const Attempt& attempt) {
    for (const plan::ResourceLimit& limit : limits) attempt([&] { set_limit(limit); });
}

void raise_hard_limits(pid_t pid, const std::vector<plan::ResourceLimit>& limits, const Attempt& attempt) {
    for (const plan::ResourceLimit& limit : limits) attempt([&] { raise_hard_limit(pid, limit); });
}

}  // namespace rt::privileges
