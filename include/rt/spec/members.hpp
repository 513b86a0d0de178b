#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rt/spec/cursor.hpp"

namespace rt::spec {

enum class Presence : bool { optional, required };

/// One property of an OCI object: a table of them is the whole description of how the object becomes a T.
template <class T>
struct Member {
    std::string_view key;                          ///< as the OCI spec writes it
    void (*read)(T& target, const Cursor& value);  ///< one of the functions below, or one made for the property
    Presence presence = Presence::optional;
    std::string_view example = {};  ///< of a required one: what to add when it is missing
};

/// The values of an object for the known keys, in the order of `keys`; empty where a key is absent.
/// Unknown keys are noted at debug level; for one that differs in upper and lower case only there is a warning.
std::vector<std::optional<Cursor>> find_members(const Cursor& object, std::span<const std::string_view> keys);

/// Throws the Error that a required property is absent; the hint shows `example`, unless it is empty.
[[noreturn]] void refuse_missing(const JsonPointer& where, std::string_view example);

/// The string at `value`, a path; throws an Error when it is not absolute.
std::string absolute_path(const Cursor& value);
/// Writes to the log, at debug level, that the property is not for Linux.
void note_other_platform(const Cursor& value);

/// Reads an object into `target`, row after row; what is absent leaves its field as it is.
template <class T, std::size_t Count>
void read_members(const Cursor& object, const std::array<Member<T>, Count>& rows, T& target) {
    std::array<std::string_view, Count> keys;
    for (std::size_t i = 0; i < Count; ++i) keys[i] = rows[i].key;
    const std::vector<std::optional<Cursor>> values = find_members(object, keys);
    for (std::size_t i = 0; i < Count; ++i) {
        if (values[i]) {
            rows[i].read(target, *values[i]);
        } else if (rows[i].presence == Presence::required) {
            refuse_missing(object.where() / rows[i].key, rows[i].example);
        }
    }
}

namespace detail {
template <class T, class Field>
Field plain_field(Field T::*);
template <class T, class Field>
Field plain_field(std::optional<Field> T::*);
}  // namespace detail

/// The type of a field without the optional<> around it.
template <auto Field>
using PlainField = decltype(detail::plain_field(Field));

// What a row can say of its value: each reads it strictly into the field (Cursor says what strictly means).

template <auto Field, class T>
void as_boolean(T& target, const Cursor& value) {
    target.*Field = value.boolean();
}

/// A whole number from 0; without Max as large as the field can hold.
template <auto Field, std::uint64_t Max = std::numeric_limits<PlainField<Field>>::max(), class T>
void as_natural(T& target, const Cursor& value) {
    target.*Field = static_cast<PlainField<Field>>(value.natural(Max));
}

/// The largest uid or gid: to chown(2) and setresuid(2) the next number says "unchanged".
inline constexpr std::uint64_t largest_id = 4294967294;

template <auto Field, std::int64_t Min, std::int64_t Max, class T>
void as_integer(T& target, const Cursor& value) {
    target.*Field = static_cast<PlainField<Field>>(value.integer(Min, Max));
}

template <auto Field, class T>
void as_int32(T& target, const Cursor& value) {
    as_integer<Field, std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()>(target,
                                                                                                          value);
}

template <auto Field, class T>
void as_string(T& target, const Cursor& value) {
    target.*Field = value.string();
}

template <auto Field, class T>
void as_nonempty_string(T& target, const Cursor& value) {
    std::string text = value.string();
    if (text.empty()) value.refuse("it must not be empty");
    target.*Field = std::move(text);
}

template <auto Field, class T>
void as_absolute_path(T& target, const Cursor& value) {
    target.*Field = absolute_path(value);
}

template <auto Field, class T>
void as_strings(T& target, const Cursor& value) {
    target.*Field = value.strings();
}

template <auto Field, class T>
void as_absolute_paths(T& target, const Cursor& value) {
    for (const Cursor& element : value.elements()) (target.*Field).push_back(absolute_path(element));
}

template <auto Field, std::uint64_t Max, class T>
void as_naturals(T& target, const Cursor& value) {
    using Number = typename PlainField<Field>::value_type;
    for (const Cursor& element : value.elements()) {
        (target.*Field).push_back(static_cast<Number>(element.natural(Max)));
    }
}

template <auto Field, const auto& Rows, class T>
void as_object(T& target, const Cursor& value) {
    PlainField<Field> object{};
    read_members(value, Rows, object);
    target.*Field = std::move(object);
}

template <auto Field, const auto& Rows, class T>
void as_objects(T& target, const Cursor& value) {
    for (const Cursor& element : value.elements()) read_members(element, Rows, (target.*Field).emplace_back());
}

/// A property that the OCI spec has for other operating systems: ignored like an unknown one.
template <class T>
void other_platform(T&, const Cursor& value) {
    note_other_platform(value);
}

}  // namespace rt::spec
