#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "rt/spec/cursor.hpp"

namespace rt::spec {

/// A JSON text (RFC 8259), parsed strictly: no comments, nothing after the value, and no key twice in an object,
/// because programs differ in which of the two they take: what was checked might not be what runs.
class Document {
public:
    /// Throws an Error with line and column of the first slip; `name` is the path of the text, for the message.
    static Document parse(std::string_view text, const std::string& name);

    /// The whole document; valid as long as the Document is.
    Cursor root() const;

private:
    explicit Document(std::shared_ptr<const void> value) : value_(std::move(value)) {}

    std::shared_ptr<const void> value_;  // a nlohmann::json, see Cursor
};

/// The text without the value at a JSON pointer (RFC 6901); empty when it is no JSON, or has nothing there.
std::optional<std::string> try_without(std::string_view text, const std::string& pointer);

}  // namespace rt::spec
