#include <sched.h>

#include <ctime>
#include <regex>
#include <set>

#include "catch.hpp"
#include "rt/base/clock.hpp"
#include "rt/base/namespace_type.hpp"
#include "rt/base/signal_names.hpp"

using namespace rt;

TEST_CASE("namespaces have the words of the spec, the files of proc and the flags of clone", "[base][tables]") {
    struct Case {
        NamespaceType type;
        const char* name;       // config-linux.md
        const char* proc_name;  // namespaces(7)
        std::uint64_t flag;     // include/uapi/linux/sched.h
    };
    const Case cases[] = {
        {NamespaceType::user, "user", "user", 0x10000000},       {NamespaceType::pid, "pid", "pid", 0x20000000},
        {NamespaceType::mount, "mount", "mnt", 0x00020000},      {NamespaceType::network, "network", "net", 0x40000000},
        {NamespaceType::ipc, "ipc", "ipc", 0x08000000},          {NamespaceType::uts, "uts", "uts", 0x04000000},
        {NamespaceType::cgroup, "cgroup", "cgroup", 0x02000000}, {NamespaceType::time, "time", "time", 0x00000080},
    };
    CHECK(std::size(cases) == namespace_types.size());
    for (const Case& entry : cases) {
        CAPTURE(entry.name);
        CHECK(name_of(entry.type) == entry.name);
        CHECK(entry_of(entry.type).proc_name == entry.proc_name);
        CHECK(clone_flag_of(entry.type) == entry.flag);
        CHECK(namespace_type_of(entry.name) == entry.type);
        CHECK(namespace_type_of_flag(entry.flag) == entry.type);
    }
    for (const char* word : {"", "mnt", "net", "USER", "user "}) CHECK_FALSE(namespace_type_of(word));
    CHECK_FALSE(namespace_type_of_flag(0));
    CHECK_FALSE(namespace_type_of_flag(CLONE_NEWUSER | CLONE_NEWPID));
}

TEST_CASE("a signal is known by its name in any case, with and without SIG, and by its number", "[base][tables]") {
    struct Case {
        const char* text;
        std::optional<int> number;
    };
    const Case cases[] = {
        {"TERM", SIGTERM},
        {"SIGTERM", SIGTERM},
        {"sigterm", SIGTERM},
        {"term", SIGTERM},
        {"15", 15},
        {"KILL", SIGKILL},
        {"9", 9},
        {"0", 0},
        {"64", 64},
        {"HUP", 1},
        {"IOT", SIGABRT},
        {"CLD", SIGCHLD},
        {"POLL", SIGIO},
        {"USR1", SIGUSR1},
        {"RTMIN", SIGRTMIN},
        {"SIGRTMIN+1", SIGRTMIN + 1},
        {"RTMAX-1", SIGRTMAX - 1},
        {"rtmax", SIGRTMAX},
        {"RTMIN+30", SIGRTMAX},
        {"65", {}},
        {"-1", {}},
        {"", {}},
        {"SIG", {}},
        {"SIGSIGTERM", {}},
        {"TERM ", {}},
        {" TERM", {}},
        {"15x", {}},
        {"4294967305", {}},
        {"RTMIN-1", {}},
        {"RTMAX+1", {}},
        {"RTMIN+", {}},
        {"RTMIN+31", {}},
        {"RTMIN+-1", {}},
        {"RTMIN+2147483647", {}},
        {"RTMAX-2147483647", {}},
        {"RTMIN1", {}},
        {"SIG9", {}},
    };
    for (const Case& entry : cases) {
        CAPTURE(entry.text);
        CHECK(signal_number(entry.text) == entry.number);
    }
}

TEST_CASE("the table of signals is complete, and names come back as numbers", "[base][tables]") {
    std::set<int> numbers;
    for (const SignalName& entry : signal_names) {
        CHECK(signal_number(entry.name) == entry.number);
        numbers.insert(entry.number);
    }
    CHECK(numbers.size() == 31);  // signal(7): the standard signals of Linux
    CHECK(*numbers.begin() == 1);
    CHECK(*numbers.rbegin() == 31);
}

TEST_CASE("in a message a signal has its number and its usual name", "[base][tables]") {
    CHECK(signal_text(SIGKILL) == "signal 9 (KILL)");
    CHECK(signal_text(SIGABRT) == "signal 6 (ABRT)");
    CHECK(signal_text(SIGCHLD) == "signal 17 (CHLD)");
    CHECK(signal_text(40) == "signal 40");
}

TEST_CASE("the time of day is RFC 3339 in UTC with nine digits of a second", "[base]") {
    const std::string text = rfc3339_now();
    CAPTURE(text);
    CHECK(std::regex_match(text, std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z)")));
    tm utc{};
    REQUIRE(::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &utc) != nullptr);
    CHECK(std::abs(std::difftime(::timegm(&utc), std::time(nullptr))) <= 2);
}
