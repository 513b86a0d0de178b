#include "rt/network/loopback.hpp"

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "rt/base/error.hpp"
#include "rt/os/fd.hpp"

namespace rt::network {

void set_loopback_up() {
    // Any socket will do for netdevice(7), and one of this family exists in every kernel.
    const os::UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket) throw_errno("make", "a socket");
    ifreq request{.ifr_ifrn = {.ifrn_name = "lo"}, .ifr_ifru = {.ifru_flags = IFF_UP}};
    if (::ioctl(socket.get(), SIOCSIFFLAGS, &request) < 0) throw_errno("set up the network device", "lo");
}

}  // namespace rt::network
