#include "rt/init/line.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

#include "catch.hpp"
#include "refusal.hpp"
#include "rt/os/file.hpp"
#include "rt/os/socket.hpp"
#include "unit/os/child.hpp"
#include "unit/spec/log_capture.hpp"

using namespace rt;
using init::Line;
using init::Message;
using init::PeerGone;
using init::Sequence;
using init::Side;
using init::Step;
using Kind = init::Message::Kind;

namespace {

const Sequence whole{Step::join_cgroups, Step::map_ids, Step::prepare_rootfs, Step::ready, Step::commit};

const auto nothing = [] {};

class Interrupted : public std::exception {};

// Both ends in one process: what is sent waits in the socket.
struct Pair {
    Line runtime;
    Line init;

    explicit Pair(const Sequence& sequence = whole) : Pair(os::make_socket_pair(), sequence) {}

private:
    Pair(std::pair<os::UniqueFd, os::UniqueFd> sockets, const Sequence& sequence)
        : runtime(std::move(sockets.first), Side::runtime, sequence),
          init(std::move(sockets.second), Side::init, sequence) {
        // A test never hangs: who would wait for ever is interrupted.
        for (Line* line : {&runtime, &init}) {
            line->before_waiting([](int socket) {
                char byte = 0;
                if (::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN) throw Interrupted();
            });
        }
    }
};

void send_failure(Line& line, const Failure& failure) { line.send({.kind = Kind::failure, .failure = failure}); }

void close_end(Line& line) { line.release().reset(); }

}  // namespace

TEST_CASE("the sides take their steps in turn", "[init][line]") {
    Pair pair;
    std::string done;
    pair.runtime.perform(Step::join_cgroups, [&] { done += 'c'; });
    pair.init.await(Step::join_cgroups);
    pair.runtime.perform(Step::map_ids, [&] { done += 'm'; });
    pair.init.await(Step::map_ids);
    pair.init.perform(Step::prepare_rootfs, [&] { done += 'r'; });
    pair.init.perform(Step::ready, [&] { done += 'd'; });
    pair.runtime.await(Step::prepare_rootfs);
    pair.runtime.await(Step::ready);
    pair.runtime.perform(Step::commit, [&] { done += 'x'; });
    pair.init.await(Step::commit);
    CHECK(done == "cmrdx");
}

TEST_CASE("a step that the container does not need is neither done nor waited for", "[init][line]") {
    Pair pair({Step::join_cgroups, Step::ready});
    pair.runtime.perform(Step::join_cgroups, nothing);
    pair.runtime.perform(Step::map_ids, [] { FAIL("done"); });
    pair.init.await(Step::join_cgroups);
    pair.init.await(Step::map_ids);
    pair.init.perform(Step::prepare_rootfs, [] { FAIL("done"); });
    pair.init.perform(Step::ready, nothing);
    pair.runtime.await(Step::prepare_rootfs);
    pair.runtime.await(Step::ready);
}

TEST_CASE("a step out of its turn is a mistake, never a hang", "[init][line]") {
    Pair pair;
    CHECK_THROWS_AS(pair.runtime.perform(Step::map_ids, nothing), std::logic_error);  // too early
    CHECK_THROWS_AS(pair.runtime.await(Step::ready), std::logic_error);
    CHECK_THROWS_AS(pair.init.perform(Step::join_cgroups, nothing), std::logic_error);  // the other side's
    CHECK_THROWS_AS(pair.init.await(Step::prepare_rootfs), std::logic_error);           // the own one
    pair.runtime.perform(Step::join_cgroups, nothing);
    CHECK_THROWS_AS(pair.runtime.perform(Step::join_cgroups, nothing), std::logic_error);  // twice
    Pair short_pair({Step::join_cgroups});
    short_pair.runtime.perform(Step::join_cgroups, nothing);
    CHECK_THROWS_AS(short_pair.runtime.perform(Step::join_cgroups, nothing), std::logic_error);  // past the end
}

TEST_CASE("a step whose work fails is not reported as done", "[init][line]") {
    Pair pair;
    CHECK_THROWS_AS(pair.runtime.perform(Step::join_cgroups, [] { fail("do", "it", "no"); }), Error);
    CHECK_THROWS_AS(pair.init.await(Step::join_cgroups), Interrupted);
}

TEST_CASE("a peer that does another step, asks for what nobody serves or talks nonsense is found out", "[init][line]") {
    {
        Pair pair;
        pair.runtime.send({.kind = Kind::done, .step = Step::map_ids});
        CHECK_THROWS_AS(pair.init.await(Step::join_cgroups), std::logic_error);
    }
    {
        Pair pair;
        pair.runtime.send({.kind = Kind::console});
        CHECK_THROWS_AS(pair.init.await(Step::join_cgroups), std::logic_error);
    }
    for (const std::string& nonsense : {std::string("x"), std::string(12, '\xff'), std::string(100, '\0')}) {
        Pair pair;
        REQUIRE(os::try_send_packet(pair.runtime.fd(), nonsense) == 0);
        CHECK_THROWS_AS(pair.init.await(Step::join_cgroups), std::logic_error);
    }
}

TEST_CASE("a warning of the peer goes to the log, and the step goes on", "[init][line]") {
    const rt::test::LogCapture log;
    Pair pair;
    pair.runtime.warn("the sysfs is another one");
    pair.runtime.perform(Step::join_cgroups, nothing);
    pair.init.await(Step::join_cgroups);
    CHECK(log.text().find("level=warning msg=\"the sysfs is another one\"") != std::string::npos);
}

TEST_CASE("the peer's failure arrives as an error with all of its parts", "[init][line]") {
    // An Error holds no part that is longer (message_test.cpp has the lengths around 16 bits).
    for (const std::size_t size : {3U, 16384U}) {
        CAPTURE(size);
        Pair pair;
        const Failure sent{.doing = "mount",
                           .object = std::string(size, 'o'),
                           .code = ENOENT,
                           .reason = "why",
                           .hint = "what now",
                           .during = {"create container web1", "prepare the rootfs"},
                           .kind = FailureKind::program_not_found};
        send_failure(pair.runtime, sent);
        const Failure received = test::refusal_of([&] { pair.init.await(Step::join_cgroups); });
        CHECK(received.object == sent.object);
        CHECK(received.message() == sent.message());
        CHECK(received.hint == sent.hint);
        CHECK(received.code == ENOENT);
        CHECK(received.during == sent.during);
        CHECK(received.kind == sent.kind);
    }
}

TEST_CASE("a peer that went away is told from one that failed, with the step it was at", "[init][line]") {
    Pair pair;
    pair.runtime.perform(Step::join_cgroups, nothing);
    pair.runtime.perform(Step::map_ids, nothing);
    close_end(pair.init);
    try {
        pair.runtime.await(Step::prepare_rootfs);
        FAIL("no error");
    } catch (const PeerGone& gone) {
        CHECK(gone.step() == Step::prepare_rootfs);
        CHECK(std::string(gone.what()).find("while preparing the rootfs") != std::string::npos);
    }
}

TEST_CASE("a process that dies closes its end", "[init][line]") {
    auto [ours, theirs] = os::make_socket_pair();
    rt::test::Child child([&]() -> std::string {
        ours.reset();
        Line line(std::move(theirs), Side::init, whole);
        line.await(Step::join_cgroups);
        ::_exit(3);
    });
    theirs.reset();
    Line line(std::move(ours), Side::runtime, whole);
    line.perform(Step::join_cgroups, nothing);
    CHECK(child.answer() == "exit status 3");
    CHECK_THROWS_AS(line.perform(Step::map_ids, nothing), PeerGone);
}

TEST_CASE("the last words of a peer that is gone are heard when sending to it fails", "[init][line]") {
    Pair pair;
    send_failure(pair.init, {.doing = "close", .object = "the descriptors", .code = EIO});
    close_end(pair.init);
    const Failure failure = test::refusal_of([&] { pair.runtime.perform(Step::join_cgroups, nothing); });
    CHECK(failure.object == "the descriptors");
    CHECK(failure.code == EIO);
}

TEST_CASE("last words are heard also behind other messages, and from a peer that had unread ones", "[init][line]") {
    Pair pair;
    pair.runtime.perform(Step::join_cgroups, nothing);
    pair.runtime.perform(Step::map_ids, nothing);
    pair.init.await(Step::join_cgroups);  // map_ids stays unread
    pair.init.send({.kind = Kind::console});
    send_failure(pair.init, {.doing = "close", .object = "the descriptors", .code = EIO});
    close_end(pair.init);
    const Failure failure = test::refusal_of([&] { pair.runtime.send({.kind = Kind::trees}); });
    CHECK(failure.object == "the descriptors");
}

TEST_CASE("a message that cannot be sent to a living peer is an error, not a wait", "[init][line]") {
    Pair pair;
    const Failure failure = test::refusal_of([&] { pair.runtime.send({.kind = Kind::trees}, {-1}); });
    CHECK(failure.code == EBADF);
}

TEST_CASE("requests are served while a step is awaited, with their descriptors", "[init][line]") {
    Pair pair;
    const os::UniqueFd null = os::open_at(AT_FDCWD, "/dev/null", O_RDONLY);
    pair.runtime.perform(Step::join_cgroups, nothing);
    pair.runtime.perform(Step::map_ids, nothing);
    pair.init.send({.kind = Kind::trees_wanted, .first = 5});
    pair.init.send({.kind = Kind::console}, {null.get(), null.get()});
    pair.init.await(Step::join_cgroups);
    pair.init.await(Step::map_ids);
    pair.init.perform(Step::prepare_rootfs, nothing);

    std::string served;
    pair.runtime.await(Step::prepare_rootfs, [&](const Message& message, const std::vector<os::UniqueFd>& fds) {
        if (message.kind == Kind::trees_wanted) served += "trees " + std::to_string(message.first) + " ";
        if (message.kind == Kind::console) served += "console ";
        served += std::to_string(fds.size()) + "; ";
        for (const os::UniqueFd& fd : fds) {
            CHECK(os::status_of(fd.get(), "").st_rdev == os::status_of(null.get(), "").st_rdev);
            CHECK((::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
        }
    });
    CHECK(served == "trees 5 0; console 2; ");
}

TEST_CASE("an error of the server leaves the wait", "[init][line]") {
    Pair pair;
    pair.runtime.send({.kind = Kind::console});
    CHECK_THROWS_AS(pair.init.await(Step::join_cgroups, [](const Message&, const auto&) { throw Interrupted(); }),
                    Interrupted);
}

TEST_CASE("before each wait there is a moment to give up", "[init][line]") {
    Pair pair;
    int moments = 0;
    pair.init.before_waiting([&](int socket) {
        CHECK(socket == pair.init.fd());
        if (++moments == 3) throw Interrupted();
    });
    pair.runtime.send({.kind = Kind::console});
    pair.runtime.send({.kind = Kind::console});
    CHECK_THROWS_AS(pair.init.await(Step::join_cgroups, [](const Message&, const auto&) {}), Interrupted);
    CHECK(moments == 3);
}

TEST_CASE("each step belongs to one side and has words for it", "[init][line]") {
    for (const Step step : whole) {
        const bool init_does = step == Step::prepare_rootfs || step == Step::ready;
        CHECK(init::side_of(step) == (init_does ? Side::init : Side::runtime));
        CHECK_FALSE(init::doing_of(step).empty());
    }
}
