#include "rt/plan/id_mappings.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "catch.hpp"
#include "refusal.hpp"
#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

using namespace rt;
using plan::IdMappings;
using Entries = std::vector<spec::IdMapping>;

namespace {

constexpr std::uint32_t highest = 4294967294U;  // 4294967295 is (uid_t)-1, "no id"

IdMappings valid(const Entries& entries) { return IdMappings::validate(entries, JsonPointer("/linux/uidMappings")); }

Failure refusal_of(const Entries& entries) {
    return test::refusal_of([&] { valid(entries); });
}

bool is_accepted(const Entries& entries) {
    try {
        valid(entries);
    } catch (const Error&) {
        return false;
    }
    return true;
}

// Ranges of one id each, with gaps, so that none continues another, and short enough for one page.
Entries sparse(std::uint32_t count) {
    Entries entries;
    for (std::uint32_t i = 0; i < count; ++i) entries.push_back({2 * i, 2 * i, 1});
    return entries;
}

std::string text_of(const Entries& entries) {
    std::vector<std::string> lines;
    for (const spec::IdMapping& entry : entries) {
        lines.push_back(concat(entry.container_id, " ", entry.host_id, " ", entry.size));
    }
    return join(lines, "\n");
}

std::uint32_t id_of(std::uint32_t first_digit, std::size_t digits) {
    std::uint32_t id = first_digit;
    while (--digits > 0) id *= 10;
    return id;
}

// Entries whose text is exactly so long (hundreds of bytes).
Entries entries_of_length(std::size_t length) {
    constexpr std::size_t whole_line = 24;     // "1000000000 2000000000 1" and the line break
    constexpr std::size_t besides_digits = 3;  // " ", " 1"
    Entries entries;
    for (std::uint32_t id = 1000000000; length >= 2 * whole_line; length -= whole_line, id += 2) {
        entries.push_back({id, id + 1000000000, 1});
    }
    std::size_t digits = length - 2 * besides_digits - 1;  // of two more lines, with a line break between
    for (const std::uint32_t first_digit : {3U, 4U}) {
        const std::size_t here = first_digit == 3 ? digits / 2 : digits;
        entries.push_back({id_of(first_digit, here / 2), id_of(first_digit, here - here / 2), 1});
        digits -= here;
    }
    return entries;
}

struct Refused {
    const char* rule;
    Entries entries;
    const char* where;
    std::vector<const char*> words;
};

}  // namespace

TEST_CASE("mappings that the kernel would refuse are refused with the entry, the ranges in words and a hint",
          "[plan][mappings]") {
    const Refused cases[] = {
        {"size 0", {{0, 100000, 0}}, "/linux/uidMappings/0", {"size is 0"}},
        {"size 0 of a later entry", {{0, 100000, 10}, {10, 200000, 0}}, "/linux/uidMappings/1", {"size is 0"}},
        {"container ids overlap",
         {{0, 100000, 65536}, {1000, 1000, 10}},
         "/linux/uidMappings/1",
         {"container ids 1000-1009 overlap 0-65535 of entry 0"}},
        {"container ids overlap, the higher range first",
         {{1000, 1000, 10}, {0, 100000, 65536}},
         "/linux/uidMappings/1",
         {"container ids 0-65535 overlap 1000-1009 of entry 0"}},
        {"host ids overlap",
         {{0, 100000, 65536}, {70000, 165535, 2}},
         "/linux/uidMappings/1",
         {"host ids 165535-165536 overlap 100000-165535 of entry 0"}},
        {"one id twice",
         {{0, 1000, 1}, {5, 5, 1}, {0, 2000, 1}},
         "/linux/uidMappings/2",
         {"container ids 0 overlap 0 of entry 0"}},
        {"one host id twice",
         {{0, 1000, 1}, {1, 1000, 1}},
         "/linux/uidMappings/1",
         {"host ids 1000 overlap 1000 of entry 0"}},
        {"the last id of one is the first of the next",
         {{0, 100000, 10}, {9, 200000, 10}},
         "/linux/uidMappings/1",
         {"container ids 9-18 overlap 0-9 of entry 0"}},
        {"only distant entries overlap",
         {{50, 1, 1}, {10, 200, 10}, {100, 300, 5}, {15, 400, 1}},
         "/linux/uidMappings/3",
         {"container ids 15 overlap 10-19 of entry 1"}},
        {"past the highest id of the container",
         {{highest, 0, 2}},
         "/linux/uidMappings/0",
         {"container ids 4294967294-4294967295", "4294967294"}},
        {"past the highest id of the host",
         {{0, highest, 2}},
         "/linux/uidMappings/0",
         {"host ids 4294967294-4294967295", "4294967294"}},
        {"no id as container id", {{4294967295U, 0, 1}}, "/linux/uidMappings/0", {"container ids 4294967295"}},
        {"no id as host id", {{0, 4294967295U, 1}}, "/linux/uidMappings/0", {"host ids 4294967295"}},
        {"far past the end", {{4294967295U, 0, 4294967295U}}, "/linux/uidMappings/0", {"4294967295-8589934589"}},
        {"everything, shifted by one", {{1, 1, 4294967295U}}, "/linux/uidMappings/0", {"1-4294967295"}},
    };
    for (const Refused& entry : cases) {
        const Failure failure = refusal_of(entry.entries);
        CAPTURE(entry.rule, failure.message());
        CHECK(failure.object == entry.where);
        CHECK_FALSE(failure.hint.empty());
        CHECK(failure.code == 0);
        for (const char* words : entry.words) CHECK(failure.reason.find(words) != std::string::npos);
    }
}

TEST_CASE("ranges may touch each other and the highest id", "[plan][mappings]") {
    const Entries cases[] = {
        {{0, 0, 4294967295U}},  // what the initial user namespace has
        {{highest, highest, 1}},
        {{highest - 1, 5, 2}},
        {{0, 100000, 10}, {10, 100010, 10}},  // neighbours
        {{0, 100010, 10}, {10, 100000, 10}},  // neighbours, crosswise
        {{0, 1000, 1}, {1, 100000, 65535}},   // root is the user, the rest is far away
        {{1, 100000, 10}},                    // no id 0
        {{0, 0, 1}, {highest, highest, 1}},
        {{0, 5, 5}, {5, 0, 5}},
        {},
    };
    for (const Entries& entries : cases) {
        CAPTURE(entries.size());
        CHECK_NOTHROW(valid(entries));
    }
}

TEST_CASE("the kernel takes 340 entries and no 341st", "[plan][mappings]") {
    CHECK_NOTHROW(valid(sparse(340)));
    const Failure failure = refusal_of(sparse(341));
    CHECK(failure.object == "/linux/uidMappings");
    CHECK(failure.reason.find("341") != std::string::npos);
    CHECK(failure.reason.find("340") != std::string::npos);
}

TEST_CASE("the text of a mapping is shorter than a page", "[plan][mappings]") {
    const auto page = static_cast<std::size_t>(::getpagesize());
    if (page > 8000) SKIP_TEST("340 entries do not fill a page of this machine");
    for (const std::size_t length : {page - 2, page - 1, page, page + 1}) {
        const Entries entries = entries_of_length(length);
        REQUIRE(text_of(entries).size() == length);
        CHECK(is_accepted(entries) == (length < page));
    }
    const Failure failure = refusal_of(entries_of_length(page));
    CHECK(failure.object == "/linux/uidMappings");
    CHECK(failure.reason.find(concat(page, " bytes")) != std::string::npos);
}

TEST_CASE("entries are written as they were given, in any order", "[plan][mappings]") {
    const IdMappings mappings = valid({{1000, 5, 10}, {0, 100000, 10}, {500, 200000, 1}});
    CHECK(mappings.to_proc_text() == "1000 5 10\n0 100000 10\n500 200000 1");
    CHECK(mappings.entries()[0].container_id == 1000);
    CHECK(IdMappings().to_proc_text().empty());
}

TEST_CASE("ids are translated at both ends of each range and nowhere else", "[plan][mappings]") {
    const IdMappings mappings = valid({{1, 100000, 65535}, {0, 1000, 1}, {highest - 1, 5, 2}, {70000, highest, 1}});
    struct Case {
        std::uint32_t container_id;
        std::uint32_t host_id;
    };
    for (const Case& entry : {Case{0, 1000}, Case{1, 100000}, Case{33, 100032}, Case{65535, 165534},
                              Case{highest - 1, 5}, Case{highest, 6}, Case{70000, highest}}) {
        CAPTURE(entry.container_id);
        CHECK(mappings.to_host(entry.container_id) == entry.host_id);
        CHECK(mappings.to_container(entry.host_id) == entry.container_id);
    }
    for (const std::uint32_t id : {65536U, 69999U, 70001U, highest - 2, 4294967295U}) {
        CAPTURE(id);
        CHECK_FALSE(mappings.to_host(id));
    }
    for (const std::uint32_t id : {0U, 4U, 7U, 999U, 1001U, 99999U, 165535U, highest - 1, 4294967295U}) {
        CAPTURE(id);
        CHECK_FALSE(mappings.to_container(id));
    }
    CHECK_FALSE(IdMappings().to_host(0));
    CHECK(valid({{0, 0, 4294967295U}}).to_host(highest) == highest);
    CHECK_FALSE(valid({{0, 0, 4294967295U}}).to_host(4294967295U));
}

TEST_CASE("the ids that exist are told in ascending order, each run once", "[plan][mappings]") {
    struct Case {
        Entries entries;
        const char* text;
    };
    const Case cases[] = {
        {{{0, 100000, 65536}}, "0-65535"},
        {{{5, 100000, 1}}, "5"},
        {{{1000, 5000, 1000}, {0, 100000, 1}}, "0, 1000-1999"},
        {{{0, 100000, 10}, {10, 100010, 10}}, "0-19"},
        {{{0, 0, 4294967295U}}, "0-4294967294"},
        {{}, ""},
    };
    for (const Case& entry : cases) CHECK(valid(entry.entries).container_ranges() == entry.text);
}

TEST_CASE("two mappings are the same when they map the same ids to the same ids, however they are cut",
          "[plan][mappings]") {
    struct Case {
        Entries a;
        Entries b;
        bool same;
    };
    const Case cases[] = {
        {{}, {}, true},
        {{{0, 100000, 65536}}, {{0, 100000, 65536}}, true},
        {{{0, 100000, 65536}}, {{0, 100000, 1}, {1, 100001, 65535}}, true},
        {{{0, 100000, 65536}}, {{1000, 101000, 64536}, {0, 100000, 500}, {500, 100500, 500}}, true},
        {{{0, 1, 1}, {5, 6, 2}}, {{5, 6, 2}, {0, 1, 1}}, true},
        {{{0, 0, 4294967295U}}, {{highest, highest, 1}, {0, 0, highest}}, true},
        {{{0, 100000, 65536}}, {}, false},
        {{{0, 100000, 65536}}, {{0, 100000, 65535}}, false},
        {{{0, 100000, 65536}}, {{0, 100001, 65536}}, false},
        {{{0, 100000, 2}}, {{0, 100000, 1}, {1, 100005, 1}}, false},
        {{{0, 100000, 2}}, {{0, 100001, 1}, {1, 100000, 1}}, false},
        {{{0, 5, 1}}, {{5, 0, 1}}, false},
    };
    for (const Case& entry : cases) {
        const IdMappings a = valid(entry.a);
        const IdMappings b = valid(entry.b);
        CAPTURE(a.to_proc_text(), b.to_proc_text());
        CHECK(a.same_mapping_as(b) == entry.same);
        CHECK(b.same_mapping_as(a) == entry.same);
    }
}

TEST_CASE("the columns in which the kernel shows a mapping are read", "[plan][mappings]") {
    const auto one = plan::parse_proc_mappings("         0     100000      65536\n");
    REQUIRE(one);
    REQUIRE(one->size() == 1);
    CHECK(one->front().container_id == 0);
    CHECK(one->front().host_id == 100000);
    CHECK(one->front().size == 65536);

    const auto several = plan::parse_proc_mappings(
        "         0       1000          1\n"
        "         1     100000      65535\n"
        "4294967294 4294967294          1\n");
    REQUIRE(several);
    CHECK(valid(*several).to_proc_text() == "0 1000 1\n1 100000 65535\n4294967294 4294967294 1");

    const auto initial = plan::parse_proc_mappings("         0          0 4294967295\n");
    REQUIRE(initial);
    CHECK(initial->front().size == 4294967295U);

    const auto none = plan::parse_proc_mappings("");
    REQUIRE(none);
    CHECK(none->empty());
}

TEST_CASE("a damaged mapping of proc is not read in part", "[plan][mappings]") {
    for (const char* text : {"0", "0 100000", "0 100000 65536 1", "a b c", "0 -1 1", "-1 0 1", "0 100000 4294967296",
                             "0 100000 65536\n1 2", "0 1 2\n\n3 4 5", "0 1.5 2", "0x0 1 2", "0,1,2"}) {
        CAPTURE(text);
        CHECK_FALSE(plan::parse_proc_mappings(text));
    }
}

namespace {

// Whether the kernel takes it as the uid_map of a new user namespace.
bool kernel_takes(const std::string& text) {
    int ready[2];
    REQUIRE(::pipe2(ready, O_CLOEXEC) == 0);
    const pid_t pid = ::fork();
    if (pid == 0) {
        const char made = ::unshare(CLONE_NEWUSER) == 0 ? 'y' : 'n';
        if (::write(ready[1], &made, 1) == 1) ::pause();
        ::_exit(1);
    }
    char made = 'n';
    const bool answered = ::read(ready[0], &made, 1) == 1;
    const int fd = ::open(concat("/proc/", pid, "/uid_map").c_str(), O_WRONLY | O_CLOEXEC);
    const bool taken = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    for (const int open : {fd, ready[0], ready[1]}) ::close(open);
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    if (!answered || made != 'y') SKIP_TEST("the host does not let this user make a user namespace");
    return taken;
}

}  // namespace

TEST_CASE("an id of the host gets an entry of its own", "[plan][id-mappings]") {
    const auto cut = [](const Entries& entries, std::uint32_t id) {
        return valid(entries).with_host_id_alone(id).to_proc_text();
    };
    CHECK(cut({{0, 100, 10}, {20, 200, 1}}, 105) == "0 100 5\n5 105 1\n6 106 4\n20 200 1");
    CHECK(cut({{0, 100, 10}}, 100) == "0 100 1\n1 101 9");
    CHECK(cut({{0, 100, 10}}, 109) == "0 100 9\n9 109 1");
    CHECK(cut({{7, 100, 1}}, 100) == "7 100 1");
    CHECK(cut({{0, 100, 10}}, 99) == "0 100 10");
    CHECK(cut({{0, 100, 10}}, 110) == "0 100 10");
    CHECK(cut({{0, 1, highest}}, highest) == "0 1 4294967293\n4294967293 4294967294 1");
}

TEST_CASE("the kernel takes exactly what is held to be valid", "[plan][mappings]") {
    if (::geteuid() != 0 || !kernel_takes("0 100000 65536")) SKIP_TEST("needs the right to write any mapping");
    const auto page = static_cast<std::size_t>(::getpagesize());
    std::vector<Entries> cases = {
        {{0, 100000, 65536}},
        {{0, 0, 4294967295U}},
        {{highest, highest, 1}},
        {{highest, 0, 2}},
        {{0, highest, 2}},
        {{4294967295U, 0, 1}},
        {{0, 4294967295U, 1}},
        {{1, 1, 4294967295U}},
        {{0, 1, 0}},
        {{0, 100000, 10}, {10, 100010, 10}},
        {{0, 100000, 10}, {9, 200000, 10}},
        {{0, 100000, 10}, {20, 100009, 10}},
        {{5, 100000, 1}, {0, 1000, 1}},
        {{50, 1, 1}, {10, 200, 10}, {100, 300, 5}, {15, 400, 1}},
    };
    cases.push_back(sparse(340));
    cases.push_back(sparse(341));
    if (page < 8000) {
        cases.push_back(entries_of_length(page - 1));
        cases.push_back(entries_of_length(page));
    }
    for (const Entries& entries : cases) {
        const std::string text = text_of(entries);
        CAPTURE(text.substr(0, 100));
        CHECK(is_accepted(entries) == kernel_takes(text));
    }
}
