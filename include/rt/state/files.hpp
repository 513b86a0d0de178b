#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "rt/state/record.hpp"

namespace rt::state {

constexpr const char* record_file = "state.json";
constexpr const char* private_file = "private.json";
constexpr const char* config_file = "config.json";
constexpr std::size_t longest_config = 64U << 20;

/// The text of a regular file of a state directory, without any symbolic link on the way from `dir`; empty with errno set when
/// it cannot be opened. `path` is what a message calls it. \throws Error: it is something else than a regular file, or longer
/// than `longest` bytes; it cannot be opened for want of descriptors or memory: it would be taken for one that is gone
std::optional<std::string> try_read_text(int dir, const std::string& file, const std::string& path,
                                         std::size_t longest);

/// What state.json of the container says, read as `file` below `dir`. \throws Error as above; damaged, or that of another container
std::optional<Record> try_read_record_at(int dir, const std::string& file, const std::string& path,
                                         const std::string& id);

/// What private.json says. \throws Error as above; damaged
std::optional<PrivateRecord> try_read_private_record_at(int dir, const std::string& file, const std::string& path);

}  // namespace rt::state
