#include "rt/init/sysctl.hpp"

#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

namespace rt::init {

namespace {

std::string hint_for(int code) {
    switch (code) {
        case ENOENT: return "the namespaces of the container have no such parameter";
        case EINVAL: return "the kernel takes no such value";
        case EACCES:
        case EPERM:
            return "some can only be read in a new namespace; older kernels keep those of ipc from root of a user "
                   "namespace";
        case EROFS:
        case EXDEV: return "/proc/sys is mounted read-only, or something is mounted on it, where rt runs";
        default: return {};
    }
}

}  // namespace

void write_sysctl(const os::Procfs& procfs, const std::vector<plan::Sysctl>& parameters) {
    for (const plan::Sysctl& parameter : parameters) {
        // As sysctl(8) does: an empty value is an empty line, where no byte at all would change nothing.
        const int code = procfs.try_write(concat("sys/", parameter.path), concat(parameter.value, "\n"));
        if (code == 0) continue;
        throw_errno("set the kernel parameter", parameter.name, code,
                    concat("to '", printable(parameter.value), "', as /linux/sysctl says"), hint_for(code));
    }
}

}  // namespace rt::init
