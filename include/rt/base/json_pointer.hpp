#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rt {

/// The place of a value in a JSON document (RFC 6901): "/linux/uidMappings/1".
class JsonPointer {
public:
    JsonPointer() = default;
    explicit JsonPointer(std::string text) : text_(std::move(text)) {}

    /// The place of a member of this object; '~' and '/' in the key are escaped (RFC 6901 section 3).
    JsonPointer operator/(std::string_view key) const;
    /// The place of an element of this array, counted from 0.
    JsonPointer operator/(std::size_t index) const;

    /// The pointer as text; the whole document is "/", which reads better in a message than the empty string.
    std::string text() const { return text_.empty() ? "/" : text_; }

private:
    std::string text_;
};

}  // namespace rt
