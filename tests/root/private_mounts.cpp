#include "private_mounts.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>

#include "rt/base/error.hpp"
#include "rt/os/file.hpp"
#include "rt/os/process.hpp"

namespace rt::test {

PrivateMounts::PrivateMounts()
    : namespace_(os::open_at(AT_FDCWD, "/proc/self/ns/mnt", O_RDONLY)),
      working_directory_(os::open_at(AT_FDCWD, ".", O_PATH | O_DIRECTORY)) {
    os::unshare_namespaces(CLONE_NEWNS);
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) < 0) throw_errno("make private", "/");
}

PrivateMounts::~PrivateMounts() {
    if (os::try_join_namespace(namespace_.get(), CLONE_NEWNS) != 0 || ::fchdir(working_directory_.get()) < 0)
        std::abort();
}

}  // namespace rt::test
