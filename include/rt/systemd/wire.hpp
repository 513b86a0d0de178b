#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rt/plan/unit_property.hpp"

namespace rt::systemd {

// The wire format of D-Bus (D-Bus specification, "Marshaling"), little endian. Every value lies at a multiple of its own
// size, counted from the beginning of the message: a body begins at a multiple of 8, so it can be written and read alone.

/// Lays values one after another.
class Writer {
public:
    /// Pads with zeros to a multiple of 1, 2, 4 or 8.
    void align(std::size_t boundary);
    void byte(std::uint8_t value) { data_ += static_cast<char>(value); }
    void boolean(bool value) { uint32(value ? 1 : 0); }
    void uint16(std::uint16_t value) { little_endian(value, sizeof value); }
    void uint32(std::uint32_t value) { little_endian(value, sizeof value); }
    void uint64(std::uint64_t value) { little_endian(value, sizeof value); }
    void real(double value);
    /// A string or an object path.
    void string(std::string_view value);
    void signature(std::string_view value);
    /// A struct or a dictionary entry begins; its end needs nothing.
    void begin_struct() { align(8); }

    /// An array: its length is filled in when `write_elements` has written them. `boundary` is that of an element.
    template <class WriteElements>
    void array(std::size_t boundary, WriteElements&& write_elements) {
        align(4);
        const std::size_t place = data_.size();
        uint32(0);
        align(boundary);
        const std::size_t start = data_.size();
        write_elements();
        set_uint32(place, static_cast<std::uint32_t>(data_.size() - start));
    }

    const std::string& data() const noexcept { return data_; }

private:
    void little_endian(std::uint64_t value, std::size_t size);
    void set_uint32(std::size_t place, std::uint32_t value);

    std::string data_;
};

/// Writes a value with its type in front (a variant).
void write_variant(Writer& writer, const plan::PropertyValue& value);
/// Writes a (sv): the name and the value.
void write_property(Writer& writer, const plan::UnitProperty& property);
/// Writes an a(sv), as systemd takes the properties of a unit.
void write_properties(Writer& writer, const std::vector<plan::UnitProperty>& properties);

/// Takes values off a message that anybody may have written. Everything is checked: the length, that padding is zero, that a
/// string ends where its length says and holds no other NUL, that it is UTF-8, that a boolean is 0 or 1, that an array is no
/// longer than 64 MiB and ends with an element. \throws Error: malformed
class Reader {
public:
    explicit Reader(std::string_view data) noexcept : data_(data) {}

    std::uint8_t byte();
    bool boolean();
    std::uint32_t uint32() { return static_cast<std::uint32_t>(little_endian(4)); }
    std::uint64_t uint64() { return little_endian(8); }
    std::string string();
    /// "/" or "/part/part", of letters, digits and '_'.
    std::string object_path();
    /// A signature that types can have: complete types only, at most 32 levels of arrays and of structs.
    std::string signature();
    void align(std::size_t boundary);

    /// The beginning of an array: where it ends. Elements follow while position() is below that.
    std::size_t array(std::size_t boundary);
    /// The end of an array, after its elements. \throws Error: the last one goes beyond it
    void end_array(std::size_t end) const;
    /// Goes over the values of these types.
    void skip(std::string_view types);

    std::size_t position() const noexcept { return position_; }
    /// \throws Error: something is left
    void require_end() const;

private:
    std::uint64_t little_endian(std::size_t size);
    std::string text(std::size_t length);
    void skip_one(std::string_view type);

    std::string_view data_;
    std::size_t position_ = 0;
    unsigned depth_ = 0;
};

/// How many characters the first complete type of a signature has; 0 when it has none ("a{sv}u": 5). Pure.
std::size_t first_type(std::string_view signature) noexcept;

/// \throws Error for what is not in the wire format
[[noreturn]] void refuse_malformed(const std::string& reason);

}  // namespace rt::systemd
