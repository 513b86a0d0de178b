#include "rt/os/terminal.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "catch.hpp"
#include "rt/os/fd.hpp"
#include "unit/os/child.hpp"

using namespace rt;

namespace {

struct Terminal {
    os::UniqueFd master{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
    os::UniqueFd slave;

    Terminal() {
        if (!master || ::grantpt(master.get()) < 0 || ::unlockpt(master.get()) < 0)
            SKIP_TEST("no pseudo-terminals here");
        slave.reset(::open(::ptsname(master.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
        REQUIRE(slave);
    }
};

termios settings_of(const os::UniqueFd& terminal) {
    termios settings{};
    REQUIRE(::tcgetattr(terminal.get(), &settings) == 0);
    return settings;
}

bool same(const termios& a, const termios& b) {
    return a.c_iflag == b.c_iflag && a.c_oflag == b.c_oflag && a.c_cflag == b.c_cflag && a.c_lflag == b.c_lflag &&
           std::memcmp(a.c_cc, b.c_cc, sizeof a.c_cc) == 0;
}

}  // namespace

TEST_CASE("in raw mode every byte of the input passes, and output is still processed", "[os][terminal]") {
    const Terminal terminal;
    const os::RawTerminal raw(terminal.slave.get());
    const termios settings = settings_of(terminal.slave);
    // cfmakeraw(3)
    CHECK((settings.c_lflag & static_cast<tcflag_t>(ECHO | ICANON | ISIG | IEXTEN)) == 0);
    CHECK((settings.c_iflag & static_cast<tcflag_t>(ICRNL | IXON | ISTRIP | BRKINT)) == 0);
    CHECK((settings.c_oflag & static_cast<tcflag_t>(OPOST)) != 0);
}

TEST_CASE("the mode of before comes back, also when the work fails", "[os][terminal]") {
    const Terminal terminal;
    termios before = settings_of(terminal.slave);
    before.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    before.c_cc[VINTR] = 'x';
    REQUIRE(::tcsetattr(terminal.slave.get(), TCSANOW, &before) == 0);
    try {
        const os::RawTerminal raw(terminal.slave.get());
        CHECK_FALSE(same(settings_of(terminal.slave), before));
        throw std::runtime_error("x");
    } catch (const std::runtime_error&) {
        CHECK(same(settings_of(terminal.slave), before));
    }
}

TEST_CASE("what is no terminal is left alone", "[os][terminal]") {
    const os::UniqueFd file(::open("/dev/null", O_RDWR | O_CLOEXEC));
    const os::RawTerminal raw(file.get());
    const os::RawTerminal none(-1);
    os::copy_window_size(file.get(), -1);
}

TEST_CASE("the window size is copied from one terminal to another", "[os][terminal]") {
    const Terminal from;
    const Terminal to;
    const winsize size{.ws_row = 33, .ws_col = 111, .ws_xpixel = 0, .ws_ypixel = 0};
    REQUIRE(::ioctl(from.slave.get(), TIOCSWINSZ, &size) == 0);
    os::copy_window_size(from.slave.get(), to.master.get());
    winsize copied{};
    REQUIRE(::ioctl(to.slave.get(), TIOCGWINSZ, &copied) == 0);
    CHECK(copied.ws_row == 33);
    CHECK(copied.ws_col == 111);
}

TEST_CASE("a terminal becomes the controlling one of a new session, and all three standard descriptors",
          "[os][terminal]") {
    const Terminal terminal;
    const std::string answer = rt::test::in_child([&] {
        ::setsid();
        os::become_controlling_terminal(terminal.slave.get());
        std::string text;
        for (const int fd : {0, 1, 2}) text += ::isatty(fd) == 1 ? 't' : '-';
        text += ::fcntl(0, F_GETFD) == 0 ? " kept over exec" : " lost";
        return text + (::open("/dev/tty", O_RDWR) >= 0 ? " controlling" : " foreign");
    });
    CHECK(answer == "ttt kept over exec controlling");
}

TEST_CASE("a file is no controlling terminal", "[os][terminal]") {
    const std::string answer = rt::test::in_child([]() -> std::string {
        ::setsid();
        os::become_controlling_terminal(::open("/dev/null", O_RDWR));
        return "taken";
    });
    CHECK(answer.rfind("threw: cannot take as controlling terminal", 0) == 0);
}
