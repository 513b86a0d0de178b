#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rt/base/json_pointer.hpp"

namespace rt::spec {

/// A value in a Document, which must outlive it, together with its place there.
/// The reading functions are strict: for a value of another type they throw an Error that names the place, what was
/// expected and what was found; nothing is converted.
class Cursor {
public:
    const JsonPointer& where() const noexcept { return where_; }

    bool boolean() const;
    /// A whole number from 0 to `max`, written without point and exponent.
    std::uint64_t natural(std::uint64_t max) const;
    /// A whole number from `min` to `max`, written without point and exponent.
    std::int64_t integer(std::int64_t min, std::int64_t max) const;
    /// A string for system calls: one with a NUL byte in it is refused, since the kernel would see only a part.
    std::string string() const;
    /// A string that no system call will see, with any content.
    std::string free_text() const;
    /// An array of strings for system calls.
    std::vector<std::string> strings() const;
    std::vector<Cursor> elements() const;
    /// The members of an object with their keys, sorted by key.
    std::vector<std::pair<std::string_view, Cursor>> members() const;

    /// Whether it is an empty string, array or object, or an object in which everything is: as good as not set.
    bool is_blank() const;

    /// Throws the Error that the value at this place cannot be used.
    [[noreturn, gnu::cold]] void refuse(std::string reason, std::string hint = {}) const;

private:
    friend class Document;  // gives out the first one
    Cursor(const void* value, JsonPointer where) : value_(value), where_(std::move(where)) {}

    [[noreturn, gnu::cold]] void refuse_type(std::string_view expected) const;

    const void* value_;  // a nlohmann::json: naming it here would cost each including file 1.7 s
    JsonPointer where_;
};

}  // namespace rt::spec
