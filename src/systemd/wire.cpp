#include "rt/systemd/wire.hpp"

#include <algorithm>
#include <bit>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

namespace rt::systemd {

namespace {

constexpr std::size_t longest_array = 1U << 26;
constexpr std::size_t longest_signature = 255;
constexpr unsigned most_levels = 32;  // of arrays, and again of structs
constexpr std::string_view basic_types = "ybnqiuxtdsogh";

std::size_t boundary_of(char type) noexcept {
    switch (type) {
        case 'y':
        case 'g':
        case 'v': return 1;
        case 'n':
        case 'q': return 2;
        case 'x':
        case 't':
        case 'd':
        case '(':
        case '{': return 8;
        default: return 4;
    }
}

// D-Bus: UTF-8 as Unicode has it, without surrogates and overlong forms (RFC 3629).
bool is_utf8(std::string_view text) noexcept {
    for (std::size_t i = 0; i < text.size();) {
        const auto first = static_cast<unsigned char>(text[i]);
        const std::size_t length = first < 0x80   ? 1
                                   : first < 0xC2 ? 0
                                   : first < 0xE0 ? 2
                                   : first < 0xF0 ? 3
                                   : first < 0xF5 ? 4
                                                  : 0;
        if (length == 0 || text.size() - i < length) return false;
        for (std::size_t j = 1; j < length; ++j) {
            if ((static_cast<unsigned char>(text[i + j]) & 0xC0U) != 0x80U) return false;
        }
        const auto second = length > 1 ? static_cast<unsigned char>(text[i + 1]) : 0;
        const bool wrong = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
                           (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
        if (wrong) return false;
        i += length;
    }
    return true;
}

bool is_path_character(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool is_object_path(std::string_view path) noexcept {
    if (path == "/") return true;
    if (path.empty() || path.front() != '/' || path.back() == '/') return false;
    char before = 0;
    return std::ranges::all_of(path, [&](char c) {
        const bool good = c == '/' ? before != '/' : is_path_character(c);
        before = c;
        return good;
    });
}

struct Levels {
    unsigned arrays = 0;
    unsigned structs = 0;
};

std::size_t type_length(std::string_view signature, Levels levels) noexcept;

std::size_t struct_length(std::string_view signature, Levels levels) noexcept {
    std::size_t length = 1;
    while (length < signature.size() && signature[length] != ')') {
        const std::size_t member = type_length(signature.substr(length), levels);
        if (member == 0) return 0;
        length += member;
    }
    return length > 1 && length < signature.size() ? length + 1 : 0;
}

// "{sv}": only as the element of an array; the key is of a basic type.
std::size_t entry_length(std::string_view signature, Levels levels) noexcept {
    if (signature.size() < 2 || basic_types.find(signature[1]) == std::string_view::npos) return 0;
    const std::size_t value = type_length(signature.substr(2), levels);
    const bool closed = value != 0 && signature.size() > 2 + value && signature[2 + value] == '}';
    return closed ? value + 3 : 0;
}

std::size_t type_length(std::string_view signature, Levels levels) noexcept {
    if (signature.empty()) return 0;
    const char type = signature[0];
    if (type == 'v' || basic_types.find(type) != std::string_view::npos) return 1;
    if (type == '(') return ++levels.structs > most_levels ? 0 : struct_length(signature, levels);
    if (type != 'a' || ++levels.arrays > most_levels) return 0;
    const std::string_view element = signature.substr(1);
    const bool is_entry = element.starts_with('{');
    if (is_entry && ++levels.structs > most_levels) return 0;
    const std::size_t length = is_entry ? entry_length(element, levels) : type_length(element, levels);
    return length == 0 ? 0 : length + 1;
}

bool is_signature(std::string_view signature) noexcept {
    while (!signature.empty()) {
        const std::size_t length = first_type(signature);
        if (length == 0) return false;
        signature.remove_prefix(length);
    }
    return true;
}

// One function per alternative of plan::PropertyValue: its signature, then the value.
struct VariantWriter {
    Writer& writer;

    void operator()(bool value) const { writer.signature("b"), writer.boolean(value); }
    void operator()(std::uint8_t value) const { writer.signature("y"), writer.byte(value); }
    void operator()(std::int16_t value) const {
        writer.signature("n"), writer.uint16(static_cast<std::uint16_t>(value));
    }
    void operator()(std::uint16_t value) const { writer.signature("q"), writer.uint16(value); }
    void operator()(std::int32_t value) const {
        writer.signature("i"), writer.uint32(static_cast<std::uint32_t>(value));
    }
    void operator()(std::uint32_t value) const { writer.signature("u"), writer.uint32(value); }
    void operator()(std::int64_t value) const {
        writer.signature("x"), writer.uint64(static_cast<std::uint64_t>(value));
    }
    void operator()(std::uint64_t value) const { writer.signature("t"), writer.uint64(value); }
    void operator()(double value) const { writer.signature("d"), writer.real(value); }
    void operator()(const std::string& value) const { writer.signature("s"), writer.string(value); }
    void operator()(const std::vector<std::string>& values) const {
        writer.signature("as");
        writer.array(4, [&] {
            for (const std::string& value : values) writer.string(value);
        });
    }
    void operator()(const std::vector<std::uint8_t>& values) const {
        writer.signature("ay");
        writer.array(1, [&] {
            for (const std::uint8_t value : values) writer.byte(value);
        });
    }
    void operator()(const plan::StringAmounts& values) const {
        writer.signature("a(st)");
        writer.array(8, [&] {
            for (const auto& [text, amount] : values) {
                writer.begin_struct();
                writer.string(text);
                writer.uint64(amount);
            }
        });
    }
    void operator()(const plan::StringPairs& values) const {
        writer.signature("a(ss)");
        writer.array(8, [&] {
            for (const auto& [first, second] : values) {
                writer.begin_struct();
                writer.string(first);
                writer.string(second);
            }
        });
    }
};

}  // namespace

void refuse_malformed(const std::string& reason) {
    fail("read a message of", "D-Bus", concat("it is malformed: ", reason));
}

std::size_t first_type(std::string_view signature) noexcept { return type_length(signature, {}); }

void Writer::align(std::size_t boundary) { data_.resize((data_.size() + boundary - 1) / boundary * boundary); }

void Writer::little_endian(std::uint64_t value, std::size_t size) {
    align(size);
    for (std::size_t i = 0; i < size; ++i) data_ += static_cast<char>(value >> (8 * i) & 0xFFU);
}

void Writer::set_uint32(std::size_t place, std::uint32_t value) {
    for (std::size_t i = 0; i < sizeof value; ++i) data_[place + i] = static_cast<char>(value >> (8 * i) & 0xFFU);
}

void Writer::real(double value) { uint64(std::bit_cast<std::uint64_t>(value)); }

void Writer::string(std::string_view value) {
    uint32(static_cast<std::uint32_t>(value.size()));
    data_ += value;
    data_ += '\0';
}

void Writer::signature(std::string_view value) {
    byte(static_cast<std::uint8_t>(value.size()));
    data_ += value;
    data_ += '\0';
}

void write_variant(Writer& writer, const plan::PropertyValue& value) { std::visit(VariantWriter{writer}, value); }

void write_property(Writer& writer, const plan::UnitProperty& property) {
    writer.begin_struct();
    writer.string(property.name);
    write_variant(writer, property.value);
}

void write_properties(Writer& writer, const std::vector<plan::UnitProperty>& properties) {
    writer.array(8, [&] {
        for (const plan::UnitProperty& property : properties) write_property(writer, property);
    });
}

void Reader::align(std::size_t boundary) {
    while (position_ % boundary != 0) {
        if (position_ >= data_.size()) refuse_malformed("it is cut off");
        if (data_[position_++] != '\0') refuse_malformed("its padding is not zero");
    }
}

std::uint64_t Reader::little_endian(std::size_t size) {
    align(size);
    if (data_.size() - position_ < size) refuse_malformed("it is cut off");
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
        value |= std::uint64_t{static_cast<unsigned char>(data_[position_ + i])} << (8 * i);
    }
    position_ += size;
    return value;
}

std::uint8_t Reader::byte() { return static_cast<std::uint8_t>(little_endian(1)); }

bool Reader::boolean() {
    const std::uint32_t value = uint32();
    if (value > 1) refuse_malformed(concat("a boolean is ", value));
    return value == 1;
}

std::string Reader::text(std::size_t length) {
    if (data_.size() - position_ <= length) refuse_malformed("a string is cut off");
    const std::string_view value = data_.substr(position_, length);
    if (data_[position_ + length] != '\0') refuse_malformed("a string does not end where it should");
    if (value.find('\0') != std::string_view::npos) refuse_malformed("there is a NUL in a string");
    position_ += length + 1;
    return std::string(value);
}

std::string Reader::string() {
    std::string value = text(uint32());
    if (!is_utf8(value)) refuse_malformed("a string is not UTF-8");
    return value;
}

std::string Reader::object_path() {
    std::string value = text(uint32());
    if (!is_object_path(value)) refuse_malformed(concat("'", printable(value), "' is no object path"));
    return value;
}

std::string Reader::signature() {
    std::string value = text(byte());
    static_assert(longest_signature == 255, "as long as the length in a byte can say");
    if (!is_signature(value)) refuse_malformed(concat("'", printable(value), "' is no signature"));
    return value;
}

std::size_t Reader::array(std::size_t boundary) {
    const std::uint32_t length = uint32();
    if (length > longest_array) refuse_malformed(concat("an array has ", length, " bytes"));
    align(boundary);
    if (data_.size() - position_ < length) refuse_malformed("an array is cut off");
    return position_ + length;
}

void Reader::end_array(std::size_t end) const {
    if (position_ != end) refuse_malformed("an array does not end with an element");
}

void Reader::skip(std::string_view types) {
    while (!types.empty()) {
        const std::size_t length = first_type(types);
        if (length == 0) refuse_malformed(concat("'", printable(types), "' is no signature"));
        skip_one(types.substr(0, length));
        types.remove_prefix(length);
    }
}

void Reader::skip_one(std::string_view type) {
    constexpr unsigned most_depth = 64;  // variants in variants
    if (++depth_ > most_depth) refuse_malformed("its values are nested too deeply");
    switch (type[0]) {
        case 'b': boolean(); break;
        case 's': string(); break;
        case 'o': object_path(); break;
        case 'g': signature(); break;
        case 'v': {
            const std::string inner = signature();
            if (inner.empty() || first_type(inner) != inner.size()) refuse_malformed("a variant is not of one type");
            skip(inner);
            break;
        }
        case '(':
        case '{':
            align(8);
            skip(type.substr(1, type.size() - 2));
            break;
        case 'a': {
            const std::size_t end = array(boundary_of(type[1]));
            while (position_ < end) skip_one(type.substr(1));
            end_array(end);
            break;
        }
        default: little_endian(boundary_of(type[0])); break;
    }
    --depth_;
}

void Reader::require_end() const {
    if (position_ != data_.size()) refuse_malformed("there is more in it than its types say");
}

}  // namespace rt::systemd
