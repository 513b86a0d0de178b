#include "rt/state/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/shortage.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"

namespace rt::state {

namespace {

constexpr std::size_t longest_record = 1U << 20;
constexpr std::size_t longest_private_record = longest_config;  // annotations and hooks may be most of it

}  // namespace

std::optional<std::string> try_read_text(int dir, const std::string& file, const std::string& path,
                                         std::size_t longest) {
    // What rt has written is a file of some size; for anything else it could have to wait.
    const os::UniqueFd fd = os::try_open_beneath(dir, file, O_RDONLY | O_NONBLOCK);
    if (!fd && is_shortage(errno)) throw_errno("open", path);
    if (!fd) return std::nullopt;
    const struct stat status = os::status_of(fd.get(), path);
    if (!S_ISREG(status.st_mode)) fail("read", path, "it is no regular file");
    if (status.st_size > static_cast<off_t>(longest))
        fail("read", path, concat("it is longer than ", longest, " bytes"));
    return os::read_all(fd.get(), path, longest);
}

std::optional<Record> try_read_record_at(int dir, const std::string& file, const std::string& path,
                                         const std::string& id) {
    const std::optional<std::string> text = try_read_text(dir, file, path, longest_record);
    if (!text) return std::nullopt;
    Record record = read_record(*text, path);
    // The cgroups and the process of another container would be ended for this one.
    if (record.id != id) {
        fail("read the state file", path,
             concat("it is damaged: it is that of the container '", printable(record.id), "'"),
             "rt delete --force removes what is left of the container");
    }
    return record;
}

std::optional<PrivateRecord> try_read_private_record_at(int dir, const std::string& file, const std::string& path) {
    const std::optional<std::string> text = try_read_text(dir, file, path, longest_private_record);
    if (!text) return std::nullopt;
    return read_private_record(*text, path);
}

}  // namespace rt::state
