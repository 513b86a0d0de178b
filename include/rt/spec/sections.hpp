#pragma once

#include "rt/spec/cursor.hpp"
#include "rt/spec/linux.hpp"
#include "rt/spec/process.hpp"

namespace rt::spec {

/// Reads the object /process (config.md "Process"). Throws an Error as read() does.
Process read_process(const Cursor& value);

/// Reads the object /linux (config-linux.md). Throws an Error as read() does.
Linux read_linux(const Cursor& value);

}  // namespace rt::spec
