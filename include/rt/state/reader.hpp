#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rt/os/fd.hpp"
#include "rt/state/record.hpp"

namespace rt::state {

/// Looks at the containers of a root without their locks, and as one who need not own it.
class Reader {
public:
    /// Empty when there is no such directory. \throws Error: it cannot be opened
    static std::optional<Reader> try_open(const std::string& root);

    /// The ids that have a directory, sorted. \throws Error
    std::vector<std::string> ids() const;

    /// A container's public record; empty when there is no such container. \throws Error: damaged
    std::optional<Record> try_read(const std::string& id) const;

    /// Its private record; empty when there is none or the caller may not. \throws Error: damaged
    std::optional<PrivateRecord> try_read_private(const std::string& id) const;

private:
    Reader(os::UniqueFd root, std::string path) noexcept : root_(std::move(root)), path_(std::move(path)) {}

    os::UniqueFd root_;
    std::string path_;
};

/// Reads the public record of one container; empty when there is none. \throws Error: damaged
std::optional<Record> try_read_record(const std::string& root, const std::string& id);

}  // namespace rt::state
