#include "rt/host/user_namespace.hpp"

#include "rt/os/file.hpp"

namespace rt::host {

bool is_initial_user_namespace(int directory, const std::string& path) noexcept {
    // The kernel numbers it so in every boot (include/linux/proc_ns.h, PROC_USER_INIT_INO).
    constexpr ino_t initial_user_namespace_inode = 0xEFFFFFFDU;
    const auto status = os::try_status_at(directory, path);
    return status && status->st_ino == initial_user_namespace_inode;
}

}  // namespace rt::host
