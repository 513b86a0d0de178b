#include "rt/state/entry.hpp"
#include "rt/state/reader.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <thread>

#include "catch.hpp"
#include "refusal.hpp"
#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/os/umask.hpp"
#include "unit/os/child.hpp"
#include "unit/os/scratch.hpp"

using namespace rt;
using rt::test::Scratch;
using state::Entry;

namespace {

state::Record record_of(const std::string& id) { return {.id = id, .bundle = "/b", .pid = 7}; }

bool is_locked(const std::string& directory) {
    const int fd = ::open((directory + "/lock").c_str(), O_RDWR | O_CLOEXEC);
    REQUIRE(fd >= 0);
    const bool locked = ::flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
    ::close(fd);
    return locked;
}

// Until the process waits for a lock that somebody else has: "1: -> FLOCK  ADVISORY  WRITE PID ..." in proc_locks(5).
bool wait_until_blocked(const rt::test::Child& child) {
    const std::string waiter = concat("WRITE ", child.pid(), " ");
    while (!child.has_ended()) {
        std::ifstream locks("/proc/locks");
        for (std::string line; std::getline(locks, line);) {
            if (line.find("->") != std::string::npos && line.find(waiter) != std::string::npos) return true;
        }
        std::this_thread::yield();
    }
    return false;
}

}  // namespace

TEST_CASE("the destructor takes an id back, and keep() leaves it", "[state][entry]") {
    const Scratch scratch;
    const std::string root = scratch / "rt";
    {
        const Entry entry = Entry::take(root, "web1");
        entry.write(record_of("web1"));
        CHECK(entry.id() == "web1");
        CHECK(scratch.has("rt/web1/state.json"));
    }
    CHECK_FALSE(scratch.has("rt/web1"));
    CHECK(scratch.has("rt"));
    {
        Entry entry = Entry::take(root, "web1");
        entry.write(record_of("web1"));
        entry.keep();
    }
    CHECK(state::try_read_record(root, "web1")->pid == 7);
}

TEST_CASE("an id that was taken once is refused, in the words that engines match", "[state][entry]") {
    const Scratch scratch;
    const std::string root = scratch / "rt";
    {
        const Entry first = Entry::take(root, "web1");
        const Failure failure = test::refusal_of([&] { Entry::take(root, "web1"); });
        CHECK(failure.object == "web1");
        CHECK(failure.reason == "container with given ID already exists");
        CHECK(failure.hint.find("rt delete web1") != std::string::npos);
        CHECK(scratch.has("rt/web1"));  // the loser removes nothing
    }
    CHECK_NOTHROW(Entry::take(root, "web1"));
    scratch.make_directory("rt/empty");  // whatever is in it, or not
    CHECK(test::refusal_of([&] { Entry::take(root, "empty"); }).reason == "container with given ID already exists");
    scratch.make_file("rt/file");
    CHECK(test::refusal_of([&] { Entry::take(root, "file"); }).reason == "container with given ID already exists");
}

TEST_CASE("of two processes that want one id, one gets it", "[state][entry]") {
    const Scratch scratch;
    const std::string root = scratch / "rt";
    for (int round = 0; round < 20; ++round) {
        const auto take = [&]() -> std::string {
            Entry entry = Entry::take(root, concat("c", round));
            entry.keep();
            return "taken";
        };
        rt::test::Child first(take);
        rt::test::Child second(take);
        const std::string answers[] = {first.answer(), second.answer()};
        const bool first_won = answers[0] == "taken";
        CHECK(answers[first_won ? 0 : 1] == "taken");
        CHECK(answers[first_won ? 1 : 0].find("already exists") != std::string::npos);
    }
}

TEST_CASE("a moved entry is taken back once, by its last owner", "[state][entry]") {
    const Scratch scratch;
    {
        Entry first = Entry::take(scratch / "rt", "web1");
        {
            const Entry second(std::move(first));
            CHECK(scratch.has("rt/web1"));
            CHECK(is_locked(scratch / "rt/web1"));
        }
        CHECK_FALSE(scratch.has("rt/web1"));
        scratch.make_directory("rt/web1");  // somebody else's by now
    }
    CHECK(scratch.has("rt/web1"));
}

TEST_CASE("removing takes away the directory with all in it", "[state][entry]") {
    const Scratch scratch;
    scratch.make_file("outside", "kept");
    Entry entry = Entry::take(scratch / "rt", "web1");
    entry.keep();
    entry.write(record_of("web1"));
    entry.write(state::PrivateRecord{});
    scratch.make_directory("rt/web1/sub");
    scratch.make_link("rt/web1/sub/link", scratch / "outside");
    entry.remove();
    CHECK_FALSE(scratch.has("rt/web1"));
    CHECK(scratch.text_of("outside") == "kept");
    CHECK_FALSE(Entry::try_open(scratch / "rt", "web1"));
}

TEST_CASE("modes do not depend on the umask: everyone may list, only the owner sees the rest", "[state][entry]") {
    for (const mode_t mask : {0U, 022U, 077U, 0777U}) {
        CAPTURE(mask);
        const Scratch scratch;
        const os::UmaskScope umask(mask);
        const Entry entry = Entry::take(scratch / "rt", "web1");
        entry.write(record_of("web1"));
        entry.write(state::PrivateRecord{});
        CHECK(scratch.mode_of("rt") == 0755);
        CHECK(scratch.mode_of("rt/web1") == 0755);
        CHECK(scratch.mode_of("rt/web1/state.json") == 0644);
        CHECK(scratch.mode_of("rt/web1/private.json") == 0600);
        CHECK(scratch.mode_of("rt/web1/lock") == 0600);
        const mode_t now = ::umask(mask);
        CHECK(now == mask);
    }
}

TEST_CASE("directories above a missing root are made, and everyone may pass them", "[state][entry]") {
    for (const mode_t mask : {0U, 022U, 077U, 0777U}) {
        CAPTURE(mask);
        const Scratch scratch;
        const os::UmaskScope umask(mask);
        CHECK_NOTHROW(Entry::take(scratch / "a/b/rt", "web1"));
        CHECK(scratch.mode_of("a") == 0755);
        CHECK(scratch.mode_of("a/b") == 0755);
    }
}

TEST_CASE("an existing root keeps its mode", "[state][entry]") {
    const Scratch scratch;
    scratch.make_directory("rt", 0700);
    const Entry entry = Entry::take(scratch / "rt", "web1");
    CHECK(scratch.mode_of("rt") == 0700);
}

TEST_CASE("a root that cannot be made says where it was tried", "[state][entry]") {
    const Scratch scratch;
    scratch.make_file("file");
    const Failure failure = test::refusal_of([&] { Entry::take(scratch / "file/rt", "web1"); });
    CHECK(failure.object == scratch / "file/rt");
    CHECK(failure.code == ENOTDIR);
}

TEST_CASE("a root or id that is a symbolic link is not followed", "[state][entry]") {
    const Scratch scratch;
    scratch.make_directory("elsewhere");
    scratch.make_directory("elsewhere/web1");
    scratch.make_link("link", "elsewhere");
    scratch.make_directory("rt");
    scratch.make_link("rt/web1", "../elsewhere/web1");
    scratch.make_link("rt/dangling", "nowhere");
    CHECK_THROWS_AS(Entry::take(scratch / "link", "web2"), Error);
    CHECK_THROWS_AS(Entry::try_open(scratch / "link", "web1"), Error);
    CHECK_THROWS_AS(Entry::try_open(scratch / "rt", "web1"), Error);
    CHECK_THROWS_AS(Entry::try_open(scratch / "rt", "dangling"), Error);
    CHECK(test::refusal_of([&] { Entry::take(scratch / "rt", "web1"); }).reason ==
          "container with given ID already exists");
    CHECK_FALSE(scratch.has("elsewhere/web2"));
    CHECK_FALSE(scratch.has("elsewhere/web1/lock"));
}

TEST_CASE("a state directory that others may write is not trusted", "[state][entry]") {
    const Scratch scratch;
    for (const mode_t mode : {0777U, 0775U, 01777U, 0757U}) {
        CAPTURE(mode);
        const std::string name = concat("root", mode);
        scratch.make_directory(name, mode);
        const Failure failure = test::refusal_of([&] { Entry::take(scratch / name, "web1"); });
        CHECK(failure.object == scratch / name);
        CHECK(failure.hint.find("chmod go-w") != std::string::npos);
        CHECK_THROWS_AS(Entry::try_open(scratch / name, "web1"), Error);
        CHECK_FALSE(scratch.has(name + "/web1"));
    }
    scratch.make_directory("rt");
    scratch.make_directory("rt/web1", 0777);
    CHECK(test::refusal_of([&] { Entry::try_open(scratch / "rt", "web1"); }).object == scratch / "rt/web1");
}

TEST_CASE("a state directory of somebody else is not trusted", "[state][entry]") {
    if (::geteuid() != 0) SKIP_TEST("needs root to give a directory away");
    const Scratch scratch;
    const auto give_away = [&](const std::string& name) {
        REQUIRE(::chown(scratch.make_directory(name).c_str(), 12345, 12345) == 0);
    };
    give_away("theirs");
    const Failure failure = test::refusal_of([&] { Entry::take(scratch / "theirs", "web1"); });
    CHECK(failure.object == scratch / "theirs");
    CHECK(failure.reason.find("uid 12345") != std::string::npos);
    CHECK_THROWS_AS(Entry::try_open(scratch / "theirs", "web1"), Error);
    CHECK_FALSE(scratch.has("theirs/web1"));
    scratch.make_directory("rt");
    give_away("rt/web1");
    CHECK(test::refusal_of([&] { Entry::try_open(scratch / "rt", "web1"); }).object == scratch / "rt/web1");
    CHECK_FALSE(scratch.has("rt/web1/lock"));
}

TEST_CASE("a planted lock that is a link is not followed", "[state][entry]") {
    const Scratch scratch;
    scratch.make_directory("rt");
    scratch.make_directory("rt/web1");
    scratch.make_link("rt/web1/lock", scratch / "made");
    CHECK_THROWS_AS(Entry::try_open(scratch / "rt", "web1"), Error);
    CHECK_FALSE(scratch.has("made"));
}

TEST_CASE("no id leaves the root", "[state][entry]") {
    const Scratch scratch;
    scratch.make_directory("rt");
    scratch.make_directory("other");
    for (const char* id : {"", ".", "..", "../other", "/etc", "a/b", "-f"}) {
        CAPTURE(id);
        CHECK_THROWS_AS(Entry::take(scratch / "rt", id), Error);
        CHECK_THROWS_AS(Entry::try_open(scratch / "rt", id), Error);
        CHECK_THROWS_AS(state::try_read_record(scratch / "rt", id), Error);
        CHECK_THROWS_AS(state::Reader::try_open(scratch / "rt")->try_read_private(id), Error);
    }
    CHECK_FALSE(scratch.has("other/lock"));
}

TEST_CASE("what does not exist is an answer, not an error", "[state][entry]") {
    const Scratch scratch;
    CHECK_FALSE(Entry::try_open(scratch / "rt", "web1"));
    CHECK_FALSE(state::try_read_record(scratch / "rt", "web1"));
    CHECK_FALSE(state::Reader::try_open(scratch / "rt"));
    CHECK_FALSE(scratch.has("rt"));  // looking makes nothing
    scratch.make_directory("rt");
    CHECK_FALSE(Entry::try_open(scratch / "rt", "web1"));
    const Entry entry = Entry::take(scratch / "rt", "web1");
    CHECK_FALSE(entry.try_read());
    CHECK_FALSE(state::try_read_record(scratch / "rt", "web1"));
}

TEST_CASE("a damaged record is an error for whoever reads it", "[state][entry]") {
    const Scratch scratch;
    const Entry entry = Entry::take(scratch / "rt", "web1");
    scratch.make_file("rt/web1/state.json", "{");
    scratch.make_file("rt/web1/private.json", "[]");
    CHECK(test::refusal_of([&] { entry.try_read(); }).object == scratch / "rt/web1/state.json");
    CHECK(test::refusal_of([&] { state::try_read_record(scratch / "rt", "web1"); }).object ==
          scratch / "rt/web1/state.json");
    CHECK_THROWS_AS(state::Reader::try_open(scratch / "rt")->try_read_private("web1"), Error);
}

TEST_CASE("ids are listed in order, without what is hidden", "[state][entry]") {
    const Scratch scratch;
    for (const char* name : {"rt", "rt/b", "rt/a", "rt/B", "rt/10", "rt/9", "rt/.seccomp"})
        scratch.make_directory(name);
    CHECK(state::Reader::try_open(scratch / "rt")->ids() == std::vector<std::string>{"10", "9", "B", "a", "b"});
    scratch.make_file("file");
    CHECK_THROWS_AS(state::Reader::try_open(scratch / "file"), Error);
}

TEST_CASE("an entry is held by one process at a time", "[state][entry]") {
    const Scratch scratch;
    const std::string root = scratch / "rt";
    Entry entry = Entry::take(root, "web1");
    entry.write(record_of("web1"));
    CHECK(is_locked(scratch / "rt/web1"));
    // A copy of the lock's descriptor that the child inherited must not hold it.
    rt::test::Child waiting([&] { return concat("pid ", Entry::try_open(root, "web1")->try_read()->pid); });
    REQUIRE(wait_until_blocked(waiting));
    state::Record changed = record_of("web1");
    changed.pid = 8;
    entry.write(changed);
    entry.unlock();
    CHECK(waiting.answer() == "pid 8");
    CHECK_FALSE(is_locked(scratch / "rt/web1"));
}

TEST_CASE("reading a record does not wait for the lock", "[state][entry]") {
    const Scratch scratch;
    const Entry entry = Entry::take(scratch / "rt", "web1");
    entry.write(record_of("web1"));
    entry.write(state::PrivateRecord{.annotations = {{"a", "b"}}});
    CHECK(is_locked(scratch / "rt/web1"));
    CHECK(state::try_read_record(scratch / "rt", "web1")->id == "web1");
    CHECK(state::Reader::try_open(scratch / "rt")->try_read_private("web1")->annotations.at("a") == "b");
}

TEST_CASE("who waited for an entry that is removed meanwhile gets nothing", "[state][entry]") {
    const Scratch scratch;
    const std::string root = scratch / "rt";
    for (const bool made_again : {false, true}) {
        std::optional<Entry> entry(Entry::take(root, "web1"));
        rt::test::Child waiting([&]() -> std::string {
            os::close_all_but({});  // what it inherited of the lock would hold it too
            return Entry::try_open(root, "web1") ? "opened" : "nothing";
        });
        REQUIRE(wait_until_blocked(waiting));
        entry->remove();
        std::optional<Entry> next;
        if (made_again) next.emplace(Entry::take(root, "web1"));
        entry.reset();
        CHECK(waiting.answer() == "nothing");
        CHECK(scratch.has("rt/web1") == made_again);
    }
}

TEST_CASE("the lock is gone when its holder dies", "[state][entry]") {
    const Scratch scratch;
    const std::string root = scratch / "rt";
    {
        rt::test::Child dies([&]() -> std::string {
            const Entry entry = Entry::take(root, "web1");
            ::_exit(9);
        });
        CHECK(dies.answer() == "exit status 9");
    }
    CHECK(scratch.has("rt/web1"));  // a killed create leaves its directory: delete --force finds it
    CHECK_FALSE(is_locked(scratch / "rt/web1"));
    CHECK(Entry::try_open(root, "web1"));
}
