#include "rt/state/user_ranges.hpp"

#include <thread>

#include "catch.hpp"
#include "refusal.hpp"
#include "rt/state/entry.hpp"
#include "unit/os/scratch.hpp"

using namespace rt;
using rt::test::Scratch;
using state::Entry;
using state::RangeList;

namespace {

plan::UserMappings mapping_from(std::uint32_t first, std::uint32_t size = 10) {
    const auto map = [&] { return plan::IdMappings::validate({{0, first, size}}, JsonPointer("/linux")); };
    return {.mapped = true, .uids = map(), .gids = map()};
}

// As rt spec leaves it.
void choose(const std::string& root, const std::string& bundle, std::uint32_t first) {
    RangeList list = RangeList::open(root);
    list.ranges().push_back({bundle, {}, {{first, first + 10U}}, {{first, first + 10U}}});
    list.write();
}

// "BUNDLE:CONTAINER,... BUNDLE:"
std::string list_of(const std::string& root) {
    std::string text;
    const RangeList list = RangeList::open(root);
    for (const state::ChosenRange& range : list.ranges()) {
        text += (text.empty() ? "" : " ") + range.bundle.substr(range.bundle.rfind('/') + 1) + ":";
        for (const std::string& id : range.containers) text += id + ",";
    }
    return text;
}

std::string make_bundle(const Scratch& scratch, const std::string& name) {
    const std::string bundle = scratch.make_directory(name);
    scratch.make_file(name + "/config.json", "{}");
    return bundle;
}

}  // namespace

TEST_CASE("a chosen range is the bundle's, then its containers', and free with the last of them", "[state][ranges]") {
    const Scratch scratch;
    const std::string root = scratch / "rt";
    const std::string bundle = make_bundle(scratch, "web");
    choose(root, bundle, 1000);
    CHECK(list_of(root) == "web:");
    for (const char* id : {"a", "b"}) {
        Entry entry = Entry::take(root, id);
        state::claim_range(root, id, bundle, mapping_from(1000)).release();
        entry.keep();
    }
    CHECK(list_of(root) == "web:a,b,");
    Entry::try_open(root, "a")->remove();
    state::give_back_range(root, "a");
    CHECK(list_of(root) == "web:b,");
    Entry::try_open(root, "b")->remove();
    state::give_back_range(root, "b");
    CHECK(list_of(root).empty());
    CHECK_FALSE(scratch.has("rt/.ranges.json"));
}

TEST_CASE("a container that could not be made leaves the range to the bundle", "[state][ranges]") {
    const Scratch scratch;
    const std::string root = scratch / "rt";
    const std::string bundle = make_bundle(scratch, "web");
    choose(root, bundle, 1000);
    {
        const Entry entry = Entry::take(root, "a");
        const state::RangeClaim claim = state::claim_range(root, "a", bundle, mapping_from(1000));
        CHECK(list_of(root) == "web:a,");
    }
    CHECK(list_of(root) == "web:");
}

TEST_CASE("the range of a bundle that is gone is free", "[state][ranges]") {
    const Scratch scratch;
    const std::string root = scratch / "rt";
    choose(root, make_bundle(scratch, "web"), 1000);
    choose(root, scratch / "gone", 2000);
    CHECK(list_of(root) == "web:");
}

TEST_CASE("a range that was given back is taken again, unless somebody else has got it", "[state][ranges]") {
    const Scratch scratch;
    const std::string root = scratch / "rt";
    const std::string web = make_bundle(scratch, "web");
    const Entry entry = Entry::take(root, "a");
    {
        const state::RangeClaim claim = state::claim_range(root, "a", web, mapping_from(1000));
    }
    choose(root, make_bundle(scratch, "mail"), 1009);
    const Failure failure =
        test::refusal_of([&] { state::claim_range(root, "a", web, mapping_from(1010 - 10 + 5, 5)); });
    CHECK(test::has(failure.reason, scratch / "mail"));
    CHECK(test::has(failure.hint, "rt spec --userns auto"));
    state::claim_range(root, "a", web, mapping_from(1019)).release();
    CHECK(list_of(root) == "web: mail: web:a,");
}

TEST_CASE("who looks at the list waits for the other", "[state][ranges]") {
    const Scratch scratch;
    const std::string root = scratch / "rt";
    std::optional<RangeList> list = RangeList::open(root);
    list->ranges().push_back({make_bundle(scratch, "web"), {}, {{1, 2}}, {{1, 2}}});
    // A process that was forked now would hold the lock, too (flock(2)).
    std::string seen;
    std::thread other([&] { seen = list_of(root); });
    list->write();
    list.reset();
    other.join();
    CHECK(seen == "web:");
}

TEST_CASE("a damaged list is told by its name", "[state][ranges]") {
    const Scratch scratch;
    const std::string root = scratch.make_directory("rt");
    for (const char* text : {"", "{", "[1]", R"([{"bundle":1}])", R"([{"bundle":"b","containers":[],"uids":[{}]}])"}) {
        scratch.make_file("rt/.ranges.json", text);
        CHECK(test::refusal_of([&] { RangeList::open(root); }).object == root + "/.ranges.json");
    }
}
