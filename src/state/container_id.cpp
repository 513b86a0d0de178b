#include "rt/state/container_id.hpp"

#include <string_view>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

namespace rt::state {

void check_container_id(const std::string& id) {
    constexpr std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+.-";
    constexpr std::size_t most_bytes = 255;  // it is the name of directories (NAME_MAX)
    const std::string hint = "use letters, digits, and _ + . - inside";
    const auto refuse = [&](std::string reason) {
        fail("use the container id", printable(id.substr(0, 64)), std::move(reason), hint);
    };
    if (id.empty()) refuse("it is empty");
    if (id.size() > most_bytes) refuse(concat("it is longer than ", most_bytes, " bytes"));
    if (id[0] == '.' || id[0] == '-') refuse(concat("it begins with '", id[0], "'"));
    const std::size_t odd = id.find_first_not_of(allowed);
    if (odd != std::string::npos) refuse(concat("character ", odd + 1, " is not allowed"));
}

}  // namespace rt::state
