#pragma once

namespace rt::network {

/// Sets the loopback device of the calling process's network namespace up; the kernel gives it 127.0.0.1 and ::1 then.
/// \throws Error
void set_loopback_up();

}  // namespace rt::network
