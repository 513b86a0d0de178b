#include "rt/base/json_pointer.hpp"

#include "rt/base/text.hpp"

namespace rt {

JsonPointer JsonPointer::operator/(std::string_view key) const {
    std::string text = text_ + "/";
    for (const char c : key) {
        if (c == '~') {
            text += "~0";
        } else if (c == '/') {
            text += "~1";
        } else {
            text += c;
        }
    }
    return JsonPointer(std::move(text));
}

JsonPointer JsonPointer::operator/(std::size_t index) const { return JsonPointer(concat(text_, "/", index)); }

}  // namespace rt
