#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>

#include "rt/plan/devices.hpp"

namespace rt::devices {

/// Whether the file is that device: type and number.
bool is_device(const struct stat& status, const plan::Device& device) noexcept;

/// "c 1:3", "b 8:0", "p".
std::string text_of(const plan::Device& device);

/// Makes the node `name` in the directory, with the mode of the device; the umask counts. An absent owner is the one that the
/// kernel gives. Only a node that was made here, and still is the one, gets an owner. \throws Error
void make_node(int directory, const std::string& name, const plan::Device& device, std::optional<std::uint32_t> uid,
               std::optional<std::uint32_t> gid);

}  // namespace rt::devices
