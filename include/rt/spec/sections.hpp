#pragma once

#include "rt/spec/cursor.hpp"
#include "rt/spec/hooks.hpp"
#include "rt/spec/linux.hpp"
#include "rt/spec/mount.hpp"
#include "rt/spec/process.hpp"
#include "rt/spec/seccomp.hpp"

namespace rt::spec {

/// Reads the object /process (config.md "Process"). Throws an Error as read() does.
Process read_process(const Cursor& value);

/// Reads the object /linux (config-linux.md). Throws an Error as read() does.
Linux read_linux(const Cursor& value);

/// Reads an element of /linux/uidMappings, of /linux/gidMappings or of those of a mount. Throws an Error as read() does.
IdMapping read_id_mapping(const Cursor& value);

/// Reads the object /linux/resources, or the same object of `rt update` (config-linux.md "Control groups"). Throws an Error
/// as read() does.
Resources read_resources(const Cursor& value);

/// Reads the object /linux/seccomp (config-linux.md "Seccomp"). Throws an Error as read() does.
Seccomp read_seccomp(const Cursor& value);

/// Reads an array like /mounts (config.md "Mounts"). Throws an Error as read() does.
std::vector<Mount> read_mounts(const Cursor& value);

/// Reads the object /hooks (config.md "POSIX-platform Hooks"). Throws an Error as read() does.
Hooks read_hooks(const Cursor& value);

}  // namespace rt::spec
