#include "rt/state/reader.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"
#include "rt/state/container_id.hpp"
#include "rt/state/files.hpp"
#include "rt/state/root.hpp"

namespace rt::state {

std::optional<Reader> Reader::try_open(const std::string& root) {
    os::UniqueFd fd = try_open_directory(AT_FDCWD, root);
    if (!fd && errno == ENOENT) return std::nullopt;
    if (!fd) throw_errno("open the state directory", root);
    return Reader(std::move(fd), root);
}

std::vector<std::string> Reader::ids() const {
    std::vector<std::string> ids = os::names_in(root_.get(), path_);
    std::erase_if(ids, [](const std::string& name) { return name[0] == '.'; });
    std::ranges::sort(ids);
    return ids;
}

std::optional<Record> Reader::try_read(const std::string& id) const {
    check_container_id(id);
    const std::string file = concat(id, "/", record_file);
    return try_read_record_at(root_.get(), file, concat(path_, "/", file), id);
}

std::optional<PrivateRecord> Reader::try_read_private(const std::string& id) const {
    check_container_id(id);
    const std::string file = concat(id, "/", private_file);
    return try_read_private_record_at(root_.get(), file, concat(path_, "/", file));
}

std::optional<Record> try_read_record(const std::string& root, const std::string& id) {
    check_container_id(id);
    const std::optional<Reader> reader = Reader::try_open(root);
    return reader ? reader->try_read(id) : std::nullopt;
}

}  // namespace rt::state
