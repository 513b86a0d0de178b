#include "rt/host/facts.hpp"

#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"
#include "rt/os/process.hpp"
#include "rt/os/socket.hpp"

namespace rt::host {

namespace {

std::uint64_t effective_capabilities() {
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    __user_cap_data_struct data[2] = {};
    if (::syscall(SYS_capget, &header, data) < 0) throw_errno("get the capabilities of", "this process");
    return data[0].effective | std::uint64_t{data[1].effective} << 32U;
}

// The kernel numbers the initial user namespace so in every boot (include/linux/proc_ns.h, PROC_USER_INIT_INO).
bool in_initial_user_namespace() {
    constexpr ino_t initial_user_namespace_inode = 0xEFFFFFFDU;
    const auto status = os::try_status_at(AT_FDCWD, "/proc/self/ns/user");
    return status && status->st_ino == initial_user_namespace_inode;
}

// Kills and reaps the helper whatever happens.
class Helper {
public:
    explicit Helper(os::Clone clone) noexcept : clone_(std::move(clone)) {}
    Helper(const Helper&) = delete;
    Helper& operator=(const Helper&) = delete;
    ~Helper() {
        os::try_send_signal(clone_.pidfd.get(), SIGKILL);
        try {
            os::wait_for(clone_.pidfd.get());
        } catch (const Error&) {  // nothing more can be done for it
        }
    }
    pid_t pid() const noexcept { return clone_.pid; }

private:
    os::Clone clone_;
};

}  // namespace

Facts take_facts(const os::Procfs& /*procfs*/) {
    Facts facts;
    facts.uid = ::geteuid();
    facts.gid = ::getegid();
    facts.capabilities = effective_capabilities();
    constexpr unsigned most_capabilities = 64;
    for (unsigned capability = 0; capability < most_capabilities; ++capability) {
        const int bounded = ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
        if (bounded < 0) break;  // EINVAL: past the last one the kernel knows
        facts.known_capabilities |= std::uint64_t{1} << capability;
        if (bounded == 1) facts.bounding |= std::uint64_t{1} << capability;
    }
    facts.initial_user_namespace = in_initial_user_namespace();
    return facts;
}

std::optional<std::string> possible_memory_nodes() {
    const std::optional<std::string> text = os::try_read_file(AT_FDCWD, "/sys/devices/system/node/possible");
    if (!text) return std::nullopt;
    return std::string(trim(*text));
}

UserNamespaceMaps read_user_namespace(const os::Procfs& procfs, int user_namespace, const std::string& path) {
    auto [ours, theirs] = os::make_socket_pair();
    std::optional<os::Clone> clone = os::try_clone_process(0, -1);
    if (!clone) throw_errno("start a helper to read the mappings of", path);
    if (clone->pid == 0) {
        const int code = os::try_join_namespace(user_namespace, CLONE_NEWUSER);
        os::try_send_packet(theirs.get(), std::to_string(code));
        for (;;) ::pause();
    }
    theirs.reset();
    const Helper helper(std::move(*clone));
    const int code = parse_number<int>(os::receive_packet(ours.get()).data).value_or(ECHILD);
    if (code != 0) {
        throw_errno("join the user namespace", path, code, "",
                    code == EPERM ? "rt must own the namespace or hold CAP_SYS_ADMIN in it" : "");
    }
    return {.uid_map = procfs.read(concat(helper.pid(), "/uid_map")),
            .gid_map = procfs.read(concat(helper.pid(), "/gid_map")),
            .groups_denied = trim(procfs.read(concat(helper.pid(), "/setgroups"))) == "deny"};
}

}  // namespace rt::host
