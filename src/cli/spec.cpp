#include <fcntl.h>
#include <linux/capability.h>

#include <cerrno>
#include <filesystem>

#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/base/text.hpp"
#include "rt/cli/command.hpp"
#include "rt/cli/spec_mappings.hpp"
#include "rt/host/facts.hpp"
#include "rt/os/file.hpp"
#include "rt/spec/default_config.hpp"

namespace rt::cli {

namespace {

[[noreturn]] void refuse_to_write(const std::string& path, int code) {
    throw_errno("write", path, code, code == EEXIST ? "it exists already" : "",
                code == EEXIST ? "remove it first, or choose another directory with --bundle" : "");
}

void warn_of_privileges(const spec::DefaultConfigOptions& options) {
    const bool user_namespace = options.rootless || !options.uids.empty();
    if (user_namespace || host::take_facts(os::Procfs::open_for_self()).has_capability(CAP_SYS_ADMIN)) return;
    log::warning(
        "the config is for root: it has no user namespace, and you have no CAP_SYS_ADMIN; rt spec --rootless writes "
        "one "
        "that you can run");
}

}  // namespace

int spec(const container::Roots& roots, const Arguments& arguments) {
    const std::string bundle = arguments.value("bundle", ".");
    const std::string path = concat(bundle, "/config.json");
    // Before a range is chosen, and warnings are told, for nothing.
    if (os::try_status_at(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW)) refuse_to_write(path, EEXIST);
    spec::DefaultConfigOptions options;
    options.terminal = !arguments.has("no-terminal");
    if (!arguments.program.empty()) options.args = arguments.program;
    std::error_code unknown;
    const std::string absolute = std::filesystem::weakly_canonical(bundle, unknown).string();
    const std::optional<state::RangeList> ranges = choose_mappings(roots, arguments, absolute, options);
    warn_of_privileges(options);
    const os::UniqueFd file = os::try_open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL, 0644);
    if (!file) refuse_to_write(path, errno);
    os::write_all(file.get(), spec::default_config(options), path);
    if (ranges) ranges->write();
    return 0;
}

}  // namespace rt::cli
