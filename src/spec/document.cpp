#include "rt/spec/document.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

namespace rt::spec {

namespace {

using nlohmann::json;

/// Line and column of a byte, counted from 1, in characters of UTF-8 as an editor shows them.
std::string position_text(std::string_view text, std::size_t offset) {
    const std::string_view before = text.substr(0, offset);
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const std::string_view in_line = before.substr(before.rfind('\n') + 1);
    const auto column = std::count_if(in_line.begin(), in_line.end(), [](char c) { return (c & 0xc0) != 0x80; }) + 1;
    return concat("line ", line, ", column ", column);
}

/// What the parser says, in words for people who do not know it: "[json.exception.parse_error.101] parse error at line
/// 1, column 8: syntax error while parsing object key - unexpected '}'; expected string literal".
std::string readable(std::string message) {
    const std::size_t dash = message.find(" - ");
    message.erase(0, dash != std::string::npos ? dash + 3 : message.find("] ") + 2);
    const std::array<std::pair<std::string_view, std::string_view>, 4> words{{
        {"expected string literal", "expected a key in double quotes"},
        {"expected '[', '{', or a literal", "expected a value"},
        {"expected '}'", "expected ',' or '}'"},
        {"expected ']'", "expected ',' or ']'"},
    }};
    for (const auto& [theirs, ours] : words) {
        if (message.ends_with("; " + std::string(theirs)))
            message.replace(message.size() - theirs.size(), theirs.size(), ours);
    }
    // What was read last may be a string as long as the document.
    constexpr std::string_view quote = "last read: '";
    constexpr std::size_t longest = 40;
    const std::size_t start = message.find(quote) + quote.size();
    if (message.find(quote) != std::string::npos && message.size() > start + longest) {
        message.replace(start, message.size() - start - longest, "...");
    }
    return message;
}

[[noreturn]] void fail_syntax(const std::string& name, std::string_view text, std::size_t offset,
                              const std::string& what) {
    fail("read", name, concat(position_text(text, offset), ": invalid JSON: ", what));
}

/// Takes the parser's events and builds the values: the parser's own builder keeps the last of two equal keys.
/// Without recursion, for nesting is only limited by the size of the text.
class Builder {
public:
    Builder(std::string_view text, const std::string& name) : text_(text), name_(name) {}

    json take() { return std::move(root_); }

    bool null() { return add(nullptr); }
    bool boolean(bool value) { return add(value); }
    bool number_integer(json::number_integer_t value) { return add(value); }
    bool number_unsigned(json::number_unsigned_t value) { return add(value); }
    bool number_float(json::number_float_t value, const std::string&) { return add(value); }
    bool string(std::string& value) { return add(std::move(value)); }
    bool binary(json::binary_t&) { return false; }  // only binary formats have it
    bool start_object(std::size_t) { return enter(json::object()); }
    bool start_array(std::size_t) { return enter(json::array()); }
    bool end_object() { return leave(); }
    bool end_array() { return leave(); }

    bool key(std::string& key) {
        const auto [place, added] = levels_.back()->get_ref<json::object_t&>().emplace(key, nullptr);
        if (!added) fail("read", name_, concat("'", (where() / key).text(), "' is given twice"));
        member_ = &place->second;
        return true;
    }

    bool parse_error(std::size_t bytes_read, const std::string&, const json::exception& error) {
        // The last byte read is the one that did not fit; at the end of the text one more than there is was read.
        fail_syntax(name_, text_, std::min(bytes_read, text_.size() + 1) - 1, readable(error.what()));
    }

private:
    json* place(json value) {
        if (levels_.empty()) {
            root_ = std::move(value);
            return &root_;
        }
        json& parent = *levels_.back();
        if (parent.is_array()) return &parent.get_ref<json::array_t&>().emplace_back(std::move(value));
        *member_ = std::move(value);
        return member_;
    }

    bool add(json value) {
        place(std::move(value));
        return true;
    }

    bool enter(json container) {
        levels_.push_back(place(std::move(container)));
        return true;
    }

    bool leave() {
        levels_.pop_back();
        return true;
    }

    /// The place of the innermost container; one text that grows, so that deep nesting takes linear time.
    JsonPointer where() const {
        std::string place;
        for (std::size_t i = 0; i + 1 < levels_.size(); ++i) {
            if (levels_[i]->is_array()) {
                place += (JsonPointer{} / (levels_[i]->size() - 1)).text();
                continue;
            }
            for (const auto& [key, value] : levels_[i]->get_ref<const json::object_t&>()) {
                if (&value == levels_[i + 1]) place += (JsonPointer{} / key).text();
            }
        }
        return JsonPointer(std::move(place));
    }

    std::string_view text_;
    const std::string& name_;
    json root_;
    std::vector<json*> levels_;
    json* member_ = nullptr;
};

}  // namespace

Document Document::parse(std::string_view text, const std::string& name) {
    // The parser takes a NUL byte for the end of the text, and would not see what follows it.
    const std::size_t nul = text.find('\0');
    if (nul != std::string_view::npos) fail_syntax(name, text, nul, "unexpected NUL byte");
    Builder builder(text, name);
    json::sax_parse(text.begin(), text.end(), &builder);
    return Document(std::make_shared<const json>(builder.take()));
}

Cursor Document::root() const { return {value_.get(), JsonPointer{}}; }

std::optional<std::string> try_without(std::string_view text, const std::string& pointer) {
    json document = json::parse(text, nullptr, false);
    if (document.is_discarded() || pointer.size() < 2 || pointer.front() != '/') return std::nullopt;
    try {
        const json::json_pointer place(pointer);
        if (!document.contains(place)) return std::nullopt;
        json& parent = document.at(place.parent_pointer());
        parent.is_array() ? parent.erase(std::stoul(place.back())) : (parent.erase(place.back()), void());
    } catch (const json::exception&) {  // the pointer is none
        return std::nullopt;
    }
    return document.dump();
}

}  // namespace rt::spec
