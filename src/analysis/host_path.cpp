#include "rt/analysis/host_path.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "rt/analysis/inside_text.hpp"
#include "rt/base/errno_text.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"
#include "rt/plan/shown_owner.hpp"

namespace rt::analysis {

namespace {

// The first directory of the path that is not there, is none, or may not be searched by the caller.
std::string first_obstacle(const std::string& path) {
    std::string so_far;
    for (const std::string& part : split(path, '/')) {
        if (part.empty()) continue;
        const std::string directory = so_far.empty() ? "/" : so_far;
        so_far += concat("/", part);
        if (os::try_status_at(AT_FDCWD, so_far)) continue;
        const int code = errno;
        const std::optional<struct stat> above = os::try_status_at(AT_FDCWD, directory);
        if (code != EACCES || !above) return concat("'", so_far, "'");
        return concat("'", directory, "' may not be searched by uid ", ::geteuid(), " (mode ",
                      octal_mode(above->st_mode), ", owner ", above->st_uid, ":", above->st_gid, ")");
    }
    return concat("'", path, "'");
}

std::string hint_for(int code) {
    if (code == EACCES) return "allow it (chmod o+x), or move it to a directory that everybody may search";
    return code == ENOENT ? "make it before: rt makes mount points in the rootfs, but no sources" : "";
}

}  // namespace

Finding finding_about_host_path(std::string object, const std::string& what, const std::string& path, int code) {
    return {.level = Level::fatal,
            .object = std::move(object),
            .cause = concat(what, " '", path, "' cannot be opened: ", errno_text(code), " (", errno_name(code),
                            "): ", first_obstacle(path)),
            .hint = hint_for(code)};
}

std::string describe_obstacle(const std::string& path, const plan::FileUser& user, const plan::UserMappings& mappings) {
    std::string directory = "/";
    for (const std::string& part : split(path, '/')) {
        if (part.empty()) continue;
        const os::UniqueFd fd = os::try_open_at(AT_FDCWD, directory, O_PATH | O_DIRECTORY);
        if (!fd) return first_obstacle(directory);
        const struct stat status = os::status_of(fd.get(), directory);
        if (!plan::may_access(status, access_list_of(fd.get()), user, mappings, plan::execute_right))
            return concat("'", directory, "' may not be searched by ", describe(user), ": ",
                          plan::describe_owner(status, nullptr));
        directory += concat(directory == "/" ? "" : "/", part);
    }
    return os::try_status_at(AT_FDCWD, path) ? "" : first_obstacle(path);
}

}  // namespace rt::analysis
