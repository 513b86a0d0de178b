#pragma once

#include <cstdint>

namespace rt::spec {

/// A range of ids of a user namespace or of an id-mapped mount (config-linux.md "User namespace mappings"). Neither size 0
/// nor ranges that overlap or leave the 32 bits are refused by the reader.
struct IdMapping {
    std::uint32_t container_id = 0;
    std::uint32_t host_id = 0;
    std::uint32_t size = 0;
};

}  // namespace rt::spec
