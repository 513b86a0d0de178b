#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/cli/command.hpp"
#include "rt/os/file.hpp"
#include "rt/spec/default_config.hpp"

namespace rt::cli {

int spec(const container::Roots& /*roots*/, const Arguments& arguments) {
    const std::string path = concat(arguments.value("bundle", "."), "/config.json");
    const os::UniqueFd file = os::try_open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL, 0644);
    if (!file) {
        throw_errno("write", path, errno, errno == EEXIST ? "it exists already" : "",
                    errno == EEXIST ? "remove it first, or choose another directory with --bundle" : "");
    }
    const spec::DefaultConfigOptions options{
        .rootless = arguments.has("rootless"), .uid = ::geteuid(), .gid = ::getegid()};
    os::write_all(file.get(), spec::default_config(options), path);
    return 0;
}

}  // namespace rt::cli
