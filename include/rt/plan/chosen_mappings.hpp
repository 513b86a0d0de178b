#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rt/host/subordinate_ids.hpp"
#include "rt/spec/id_mapping.hpp"

namespace rt::plan {

using Mapping = std::vector<spec::IdMapping>;

// Mappings made of the ranges of a user: sorted by their first id, each id once, however often the files list it.

/// The ids of the container from 0 on are those of the ranges, as Docker's userns-remap has it.
Mapping consecutive_mapping(std::vector<host::SubordinateRange> ranges);

/// Id 0 is the caller's own, and from 1 on those of the ranges.
Mapping rootless_mapping(std::uint32_t own, std::vector<host::SubordinateRange> ranges);

/// The caller's own id is itself; those below and above it are from the ranges.
Mapping keep_id_mapping(std::uint32_t own, std::vector<host::SubordinateRange> ranges);

/// Reads CONTAINER:HOST:SIZE, three decimal numbers. \throws Error naming the option
spec::IdMapping read_mapping(std::string_view words, const char* option);

/// Whether the mapping has that id of the container.
bool maps(const Mapping& mapping, std::uint32_t container_id) noexcept;

}  // namespace rt::plan
