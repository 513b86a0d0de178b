#include "rt/host/service_manager.hpp"

#include <cstdlib>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

namespace rt::host {

std::string notify_socket() {
    const char* value = ::getenv("NOTIFY_SOCKET");
    if (value == nullptr || *value == '\0') return {};
    if (*value != '/' && (*value != '@' || value[1] == '\0')) {
        fail("use the environment variable", "NOTIFY_SOCKET",
             concat("'", printable(value), "' is neither an absolute path nor an abstract address (@name)"),
             "unset it, or see sd_notify(3)");
    }
    return value;
}

}  // namespace rt::host
