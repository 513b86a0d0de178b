#include "rt/spec/members.hpp"

#include <algorithm>

#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/base/text.hpp"

namespace rt::spec {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equal_but_for_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

/// The index of the key, or of the one that differs only in case; keys.size() for an unknown one.
std::size_t index_of(std::string_view key, std::span<const std::string_view> keys) {
    auto place = std::find(keys.begin(), keys.end(), key);
    if (place == keys.end()) {
        place = std::find_if(keys.begin(), keys.end(), [&](std::string_view k) { return equal_but_for_case(k, key); });
    }
    return static_cast<std::size_t>(place - keys.begin());
}

}  // namespace

std::vector<std::optional<Cursor>> find_members(const Cursor& object, std::span<const std::string_view> keys) {
    std::vector<std::optional<Cursor>> found(keys.size());
    for (auto& [key, value] : object.members()) {
        const std::size_t index = index_of(key, keys);
        if (index == keys.size()) {
            log::debug(concat("'", value.where().text(), "' is not known to the OCI spec, and ignored"));
            continue;
        }
        if (found[index]) {
            value.refuse(concat("it is given twice, also as '", found[index]->where().text(), "'"));
        }
        if (key != keys[index]) {
            log::warning(
                concat("'", value.where().text(), "' is taken as '", keys[index], "', the way the OCI spec writes it"));
        }
        found[index] = std::move(value);
    }
    return found;
}

void refuse_missing(const JsonPointer& where, std::string_view example) {
    fail("use", where.text(), "it is required, and missing", example.empty() ? "" : concat("add ", example));
}

void note_other_platform(const Cursor& value) {
    log::debug(concat("'", value.where().text(), "' is for another operating system, and ignored"));
}

std::string absolute_path(const Cursor& value) {
    std::string path = value.string();
    if (!path.starts_with('/')) {
        value.refuse(concat("expected an absolute path, found \"", printable(path), "\""));
    }
    return path;
}

}  // namespace rt::spec
