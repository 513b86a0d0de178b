#pragma once

#include <string>

namespace rt::rootfs {

/// What keeps the kernel from mounting another proc or sysfs for a user namespace (mount_namespaces(7): what is covered in the
/// mounts that it came with must stay so): "'/proc/kcore' and '/proc/keys' are covered by other mounts". For the process
/// that was refused, while it still sees the mounts of the caller. Empty when it sees all of one.
std::string describe_hidden_parts(const std::string& type);

}  // namespace rt::rootfs
