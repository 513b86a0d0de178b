#include "rt/os/mount_call.hpp"

#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/os/mount.hpp"
#include "rt/os/process.hpp"
#include "rt/os/socket.hpp"

// <sys/mount.h> and <linux/mount.h> cannot be included together (glibc 2.36 and older).
extern "C" int mount(const char*, const char*, const char*, unsigned long, const void*) noexcept;

namespace rt::os {

namespace {

// A directory that is certain to exist; it is covered in the child's mount namespace only.
constexpr const char* place = "/proc";

// The mount, or nothing with errno set.
UniqueFd try_mount_alone(const char* type, const char* source, std::uint64_t flags, const char* data) noexcept {
    if (::unshare(CLONE_NEWNS) < 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) < 0 ||
        ::mount(source, place, type, flags, data) < 0) {
        return {};
    }
    return try_clone_tree(AT_FDCWD, place, false);
}

}  // namespace

UniqueFd mount_detached(const std::string& type, const std::string& source, std::uint64_t flags,
                        const std::string& data) {
    auto [ours, theirs] = make_socket_pair();
    const std::optional<Clone> child = try_clone_process(0, -1);
    if (!child) throw_errno("start a process to mount", type);
    if (child->pid == 0) {
        const UniqueFd tree = try_mount_alone(type.c_str(), source.c_str(), flags, data.c_str());
        tree ? try_send_packet(theirs.get(), "0", {tree.get()}) : try_send_packet(theirs.get(), std::to_string(errno));
        ::_exit(0);
    }
    theirs.reset();
    Packet answer = receive_packet(ours.get());
    wait_for(child->pidfd.get());
    if (answer.fds.size() != 1) {
        throw_errno("mount the file system", type, parse_number<int>(answer.data).value_or(EPIPE));
    }
    return std::move(answer.fds.front());
}

}  // namespace rt::os
