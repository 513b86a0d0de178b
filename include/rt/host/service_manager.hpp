#pragma once

#include <string>

namespace rt::host {

/// Where the service manager that started rt waits for word of readiness: $NOTIFY_SOCKET, an absolute path, or an abstract
/// address with '@' in place of its first byte (sd_notify(3)). Empty when it is not set.
/// \throws Error: it is of another form
std::string notify_socket();

}  // namespace rt::host
