// The reader of config.json.
#include "json_mutator.hpp"
#include "rt/spec/document.hpp"
#include "rt/spec/reader.hpp"

using namespace rt;

namespace {

bool is_place(const Failure& failure) {
    return failure.object == "config.json" ? failure.reason.starts_with("line ") || failure.reason.starts_with("'/")
                                           : failure.object.starts_with("/");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // All of it: the reader has a word on NUL bytes.
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    Failure refusal;
    const bool good = fuzz::accepted([&] { spec::read(text, "config.json"); }, &refusal);
    fuzz::require(good || is_place(refusal), "an error names the value, or line and column");

    // It does not depend on blanks, escapes and the order of members. What only Document refuses has no other form.
    if (!fuzz::accepted([&] { spec::Document::parse(text, "config.json"); })) return 0;
    const nlohmann::json document = fuzz::parsed(text);
    fuzz::require(!document.is_discarded(), "what is read is JSON");
    Failure other;
    const bool again = fuzz::accepted([&] { spec::read(document.dump(), "config.json"); }, &other);
    fuzz::require(again == good && other.object == refusal.object, "the form of the JSON does not matter");
    return 0;
}
