// For targets that read JSON: changes values of a document, and crosses documents, so that most inputs still are JSON and meet
// the rules behind the parser. Included by one file of a program: it defines what libFuzzer looks for.
#pragma once

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "target.hpp"

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace rt::fuzz {

using nlohmann::json;

/// Mutations of one document by one seed.
class JsonMutator {
public:
    explicit JsonMutator(unsigned seed) : random_(seed) {}

    std::size_t below(std::size_t end) { return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_); }

    void change(json& document) {
        json& value = any(document);
        switch (below(8)) {
            case 0: value = scalar(); break;
            case 1: value = json(any(document)); break;
            case 2: remove_one(value); break;
            case 3: repeat_one(value); break;
            case 4: rename_one(value); break;
            case 5: value = json::array({json(value)}); break;
            default: change_scalar(value);
        }
    }

    /// Puts a value of the other document where it is there, or somewhere.
    void cross(json& document, json& other) {
        std::vector<Place> places = places_in(other);
        const Place& place = places[below(places.size())];
        json& target = below(4) != 0 && document.contains(place.pointer) ? document.at(place.pointer) : any(document);
        // A member that this one lacks comes with its key.
        const bool member = !place.pointer.empty() && target.is_object() &&
                            document.contains(place.pointer.parent_pointer()) &&
                            other.at(place.pointer.parent_pointer()).is_object();
        if (member) {
            json& parent = document.at(place.pointer.parent_pointer());
            if (parent.is_object()) {
                parent[place.pointer.back()] = *place.value;
                return;
            }
        }
        target = json(*place.value);
    }

private:
    struct Place {
        json::json_pointer pointer;
        json* value;
    };

    // Without recursion: inputs nest deeply.
    static std::vector<Place> places_in(json& document) {
        constexpr std::size_t most = 20000;
        std::vector<Place> places{{json::json_pointer(), &document}};
        for (std::size_t i = 0; i < places.size() && places.size() < most; ++i) {
            const Place place = places[i];
            if (place.value->is_object()) {
                for (auto& [key, value] : place.value->get_ref<json::object_t&>())
                    places.push_back({place.pointer / key, &value});
            } else if (place.value->is_array()) {
                for (std::size_t n = 0; n < place.value->size(); ++n)
                    places.push_back({place.pointer / n, &place.value->at(n)});
            }
        }
        return places;
    }

    json& any(json& document) {
        std::vector<Place> places = places_in(document);
        return *places[below(places.size())].value;
    }

    json scalar() {
        static const std::array values{json(nullptr),
                                       json(true),
                                       json(false),
                                       json(0),
                                       json(1),
                                       json(-1),
                                       json(65535),
                                       json(65536),
                                       json(2147483647),
                                       json(-2147483648),
                                       json(4294967294),
                                       json(4294967295),
                                       json(4294967296),
                                       json(INT64_MAX),
                                       json(INT64_MIN),
                                       json(UINT64_MAX),
                                       json(0.5),
                                       json(1e300),
                                       json(""),
                                       json("/"),
                                       json(".."),
                                       json("/a/../b"),
                                       json("a=b"),
                                       json(std::string(300, 'x')),
                                       json(json::object()),
                                       json(json::array()),
                                       json("\n"),
                                       json("rbind"),
                                       json(json::array({"a", "b"}))};
        return values[below(values.size())];
    }

    void remove_one(json& value) {
        if (value.empty() || !value.is_structured()) return;
        auto place = value.begin();
        std::advance(place, static_cast<std::ptrdiff_t>(below(value.size())));
        value.erase(place);
    }

    void repeat_one(json& value) {
        if (!value.is_array() || value.empty()) return;
        value.push_back(json(value.at(below(value.size()))));
    }

    void rename_one(json& value) {
        if (!value.is_object() || value.empty()) return;
        auto place = value.begin();
        std::advance(place, static_cast<std::ptrdiff_t>(below(value.size())));
        std::string key = place.key();
        json moved = std::move(place.value());
        value.erase(place);
        change_text(key);
        value[key] = std::move(moved);
    }

    void change_scalar(json& value) {
        if (value.is_string()) {
            change_text(value.get_ref<std::string&>());
        } else if (value.is_number_integer()) {
            const std::uint64_t number = value.is_number_unsigned()
                                             ? value.get<std::uint64_t>()
                                             : static_cast<std::uint64_t>(value.get<std::int64_t>());
            const std::uint64_t step = std::uint64_t{1} << below(64);
            const std::uint64_t changed = below(2) == 0 ? number + step : number - step;
            value = below(2) == 0 ? json(changed) : json(static_cast<std::int64_t>(changed));
        } else {
            value = scalar();
        }
    }

    static void change_text(std::string& text) {
        constexpr std::size_t longest = 512;
        const std::size_t size = std::min(text.size(), longest);
        text.resize(std::max<std::size_t>(size * 2, 16));
        auto* bytes = reinterpret_cast<std::uint8_t*>(text.data());
        text.resize(LLVMFuzzerMutate(bytes, size, text.size()));
    }

    std::mt19937 random_;
};

inline json parsed(std::string_view text) { return json::parse(text, nullptr, false); }

/// The text of the document in place of the one of the input, whose choices stay; 0: it is too long.
inline std::size_t write_input(const json& document, std::string_view behind, std::uint8_t* data,
                               std::size_t max_size) {
    const std::string text = document.dump(-1, ' ', false, json::error_handler_t::replace);
    const std::string tail(behind);  // it may lie where the text goes
    if (text.size() + tail.size() > max_size) return 0;
    std::ranges::copy(tail, std::ranges::copy(text, data).out);
    return text.size() + tail.size();
}

}  // namespace rt::fuzz

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
    using namespace rt::fuzz;
    JsonMutator mutator(seed);
    const std::string_view whole(reinterpret_cast<const char*>(data), size);
    const Input input(whole);
    json document = parsed(input.text);
    if (document.is_discarded() || mutator.below(8) == 0) return LLVMFuzzerMutate(data, size, max_size);
    for (std::size_t left = 1 + mutator.below(3); left > 0; --left) mutator.change(document);
    const std::size_t written = write_input(document, whole.substr(input.text.size()), data, max_size);
    return written > 0 ? written : LLVMFuzzerMutate(data, size, max_size);
}

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" std::size_t LLVMFuzzerCustomCrossOver(const std::uint8_t* first, std::size_t first_size,
                                                 const std::uint8_t* second, std::size_t second_size, std::uint8_t* out,
                                                 std::size_t max_size, unsigned seed) {
    using namespace rt::fuzz;
    JsonMutator mutator(seed);
    const std::string_view whole(reinterpret_cast<const char*>(first), first_size);
    const Input input(whole);
    json document = parsed(input.text);
    json other = parsed(Input(second, second_size).text);
    if (document.is_discarded() || other.is_discarded()) return 0;
    mutator.cross(document, other);
    return write_input(document, whole.substr(input.text.size()), out, max_size);
}
