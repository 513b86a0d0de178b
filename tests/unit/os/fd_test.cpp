#include "rt/os/fd.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <set>

#include "catch.hpp"
#include "rt/base/error.hpp"
#include "unit/os/child.hpp"

using namespace rt;
using os::UniqueFd;

namespace {

UniqueFd open_null(int flags = O_CLOEXEC) { return UniqueFd(::open("/dev/null", O_RDWR | flags)); }

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }
bool is_close_on_exec(int fd) { return (::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0; }

// The open descriptors from 3 on, as "3 7".
std::string open_descriptors() {
    std::set<int> fds;
    for (int fd = 3; fd < 1000; ++fd) {
        if (is_open(fd)) fds.insert(fd);
    }
    std::string text;
    for (const int fd : fds) text += (text.empty() ? "" : " ") + std::to_string(fd);
    return text;
}

void fill_descriptors(int from, int to) {
    for (int fd = from; fd <= to; ++fd) ::dup2(0, fd);
}

}  // namespace

TEST_CASE("a descriptor has one owner, who closes it", "[os][fd]") {
    int number = -1;
    {
        const UniqueFd fd = open_null();
        number = fd.get();
        REQUIRE(fd);
        CHECK(is_open(number));
    }
    CHECK_FALSE(is_open(number));
    CHECK_FALSE(UniqueFd());
}

TEST_CASE("moving a descriptor hands it over and closes what the target had", "[os][fd]") {
    UniqueFd first = open_null();
    const int number = first.get();
    UniqueFd second(std::move(first));
    CHECK_FALSE(first);  // NOLINT(bugprone-use-after-move): an empty one is what is promised
    CHECK(second.get() == number);

    UniqueFd third = open_null();
    const int replaced = third.get();
    third = std::move(second);
    CHECK_FALSE(is_open(replaced));
    CHECK(third.get() == number);
    CHECK(is_open(number));

    UniqueFd& same = third;
    third = std::move(same);
    CHECK(third.get() == number);
    CHECK(is_open(number));
}

TEST_CASE("a released descriptor stays open", "[os][fd]") {
    UniqueFd fd = open_null();
    const int number = fd.release();
    CHECK_FALSE(fd);
    CHECK(is_open(number));
    ::close(number);
}

TEST_CASE("closing keeps errno: it is looked at after a descriptor went out of scope", "[os][fd]") {
    UniqueFd broken(1000);  // close(2) answers EBADF
    errno = ENOENT;
    broken.reset();
    CHECK(errno == ENOENT);
}

TEST_CASE("a duplicate is close-on-exec and not one of standard input and output", "[os][fd]") {
    const UniqueFd copy = os::duplicate(0);
    CHECK(copy.get() >= 3);
    CHECK(is_close_on_exec(copy.get()));
    CHECK_THROWS_AS(os::duplicate(-1), Error);
}

TEST_CASE("close-on-exec is set and cleared", "[os][fd]") {
    const UniqueFd fd = open_null();
    os::set_close_on_exec(fd.get(), false);
    CHECK_FALSE(is_close_on_exec(fd.get()));
    os::set_close_on_exec(fd.get(), true);
    CHECK(is_close_on_exec(fd.get()));
    CHECK_THROWS_AS(os::set_close_on_exec(-1, true), Error);
}

TEST_CASE("everything but the kept descriptors and the standard ones is closed", "[os][fd]") {
    struct Case {
        std::vector<int> keep;
        const char* left;
    };
    const Case cases[] = {
        {{}, ""},
        {{3}, "3"},
        {{40}, "40"},
        {{7, 5}, "5 7"},       // in any order
        {{5, 6, 7}, "5 6 7"},  // neighbours
        {{5, 5}, "5"},         // named twice
        {{-1, 9, -1}, "9"},    // empty ones
        {{0, 1, 2, 4}, "4"},   // the standard ones are kept anyway
        {{2147483647}, ""},    // past every open one
        {{3, 4, 5, 39, 40}, "3 4 5 39 40"},
    };
    for (const Case& entry : cases) {
        const std::string left = rt::test::in_child([&] {
            fill_descriptors(3, 40);
            os::close_all_but(entry.keep);
            return open_descriptors() + (is_open(0) && is_open(1) && is_open(2) ? "" : " no standard ones");
        });
        CHECK(left == entry.left);
    }
}

TEST_CASE("descriptors from a number on become close-on-exec, and stay open", "[os][fd]") {
    const std::string answer = rt::test::in_child([] {
        os::close_all_but({});
        fill_descriptors(3, 6);
        os::close_on_exec_from(5);
        std::string text = open_descriptors() + ":";
        for (int fd = 3; fd <= 6; ++fd) text += is_close_on_exec(fd) ? 'x' : '-';
        return text;
    });
    CHECK(answer == "3 4 5 6:--xx");
}
