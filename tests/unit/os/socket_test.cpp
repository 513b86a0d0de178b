#include "rt/os/socket.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "catch.hpp"
#include "rt/base/error.hpp"
#include "rt/os/file.hpp"
#include "rt/os/umask.hpp"
#include "unit/os/child.hpp"
#include "unit/os/scratch.hpp"

using namespace rt;
using rt::test::Scratch;

namespace {

bool is_close_on_exec(const os::UniqueFd& fd) { return (::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC) != 0; }

// A SOCK_STREAM listener at a path of any length.
os::UniqueFd listen_at(const os::UniqueFd& dir, const std::string& name) {
    os::UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = "/proc/self/fd/" + std::to_string(dir.get()) + "/" + name;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener.get(), 1) == 0);
    return listener;
}

// What one recvmsg(2) gives of a stream.
std::pair<std::string, os::UniqueFd> receive_some(const os::UniqueFd& socket) {
    std::string data(1000, '\0');
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    iovec part{.iov_base = data.data(), .iov_len = data.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t length = ::recvmsg(socket.get(), &message, MSG_CMSG_CLOEXEC);
    data.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
    const cmsghdr* header = CMSG_FIRSTHDR(&message);
    return {data, os::UniqueFd(header != nullptr ? *reinterpret_cast<const int*>(CMSG_DATA(header)) : -1)};
}

}  // namespace

TEST_CASE("packets arrive whole, one by one, whatever bytes they hold", "[os][socket]") {
    const auto [a, b] = os::make_socket_pair();
    CHECK(is_close_on_exec(a));
    CHECK(is_close_on_exec(b));
    const std::string texts[] = {"one", std::string("\0\xff\n", 3), std::string(65536, 'x'), std::string(100000, 'y')};
    for (const std::string& text : texts) REQUIRE(os::try_send_packet(a.get(), text) == 0);
    for (const std::string& text : texts) {
        const os::Packet packet = os::receive_packet(b.get());
        CHECK(packet.data == text);
        CHECK(packet.fds.empty());
        CHECK_FALSE(packet.end_of_file);
    }
}

TEST_CASE("descriptors travel with a packet: the same files, close-on-exec", "[os][socket]") {
    const auto [a, b] = os::make_socket_pair();
    const Scratch scratch;
    scratch.make_file("one", "1");
    scratch.make_file("two", "2");
    {
        const os::UniqueFd one = os::open_at(scratch.fd(), "one", O_RDONLY);
        const os::UniqueFd two = os::open_at(scratch.fd(), "two", O_RDONLY);
        REQUIRE(os::try_send_packet(a.get(), "x", {one.get(), two.get(), one.get()}) == 0);
    }
    const os::Packet packet = os::receive_packet(b.get());
    REQUIRE(packet.fds.size() == 3);
    for (const os::UniqueFd& fd : packet.fds) CHECK(is_close_on_exec(fd));
    CHECK(os::read_all(packet.fds[1].get(), "two") == "2");
    CHECK(os::read_all(packet.fds[2].get(), "one") == "1");
}

TEST_CASE("the kernel passes 253 descriptors at once and no more", "[os][socket]") {
    const auto [a, b] = os::make_socket_pair();
    CHECK(os::try_send_packet(a.get(), "x", std::vector<int>(253, a.get())) == 0);
    CHECK(os::receive_packet(b.get()).fds.size() == 253);
    CHECK(os::try_send_packet(a.get(), "x", std::vector<int>(254, a.get())) == EINVAL);
    CHECK(os::try_send_packet(a.get(), "x", {-1}) == EBADF);
}

TEST_CASE("the end of a peer is told from a packet, and what it had sent before is received", "[os][socket]") {
    auto [a, b] = os::make_socket_pair();
    REQUIRE(os::try_send_packet(a.get(), "last") == 0);
    a.reset();
    CHECK(os::receive_packet(b.get()).data == "last");
    CHECK(os::receive_packet(b.get()).end_of_file);
    CHECK(os::receive_packet(b.get()).end_of_file);
    CHECK(os::try_send_packet(b.get(), "x") == EPIPE);
}

TEST_CASE("last words are received also from a peer that had not read all of its own", "[os][socket]") {
    auto [a, b] = os::make_socket_pair();
    REQUIRE(os::try_send_packet(b.get(), "unread") == 0);
    REQUIRE(os::try_send_packet(a.get(), "last") == 0);
    a.reset();  // ECONNRESET for b
    CHECK(os::receive_packet(b.get()).data == "last");
    CHECK(os::receive_packet(b.get()).end_of_file);
}

TEST_CASE("sending to a peer that is gone raises no signal", "[os][socket]") {
    const std::string answer = rt::test::in_child([] {
        auto [a, b] = os::make_socket_pair();
        b.reset();
        return std::to_string(os::try_send_packet(a.get(), "x"));
    });
    CHECK(answer == std::to_string(EPIPE));
}

TEST_CASE("a packet over the limit is refused", "[os][socket]") {
    const auto [a, b] = os::make_socket_pair();
    REQUIRE(os::try_send_packet(a.get(), std::string(100, 'x')) == 0);
    CHECK_THROWS_AS(os::receive_packet(b.get(), 99), Error);
    CHECK(os::receive_packet(b.get(), 100).data.size() == 100);
}

TEST_CASE("descriptors that find no room are an error, never silently fewer", "[os][socket]") {
    const std::string answer = rt::test::in_child([]() -> std::string {
        const auto [a, b] = os::make_socket_pair();
        if (os::try_send_packet(a.get(), "x", {0, 0, 0, 0}) != 0) return "not sent";
        const auto room = static_cast<rlim_t>(b.get()) + 3;
        const rlimit limit{.rlim_cur = room, .rlim_max = room};
        ::setrlimit(RLIMIT_NOFILE, &limit);
        os::receive_packet(b.get());
        return "received";
    });
    CHECK(answer ==
          "threw: cannot receive descriptors from 'the peer process': the message was cut off: too many open "
          "files (EMFILE)");
}

TEST_CASE("a listener is found by its name in the directory, however long the path of that is", "[os][socket]") {
    const Scratch scratch;
    const std::string deep = std::string(200, 'd');
    scratch.make_directory(deep);
    const os::UniqueFd dir = os::open_at(scratch.fd(), deep, O_RDONLY | O_DIRECTORY);
    const os::UniqueFd listener = os::listen_in(dir.get(), "start");
    CHECK(is_close_on_exec(listener));
    const os::UniqueFd client = os::try_connect_in(dir.get(), "start");
    REQUIRE(client);
    CHECK(is_close_on_exec(client));
    const os::UniqueFd connection = os::accept_connection(listener.get());
    CHECK(is_close_on_exec(connection));
    CHECK(os::try_send_packet(client.get(), "hello") == 0);
    CHECK(os::receive_packet(connection.get()).data == "hello");
}

TEST_CASE("only the owner may connect to a listener, whatever the umask is", "[os][socket]") {
    for (const mode_t mask : {0U, 022U, 0777U}) {
        const Scratch scratch;
        const os::UmaskScope umask(mask);
        const os::UniqueFd listener = os::listen_in(scratch.fd(), "start");
        CHECK(scratch.mode_of("start") == 0600);
        const mode_t now = ::umask(mask);
        CHECK(now == mask);
    }
}

TEST_CASE("there is no listener, no place for one, or no room for its name", "[os][socket]") {
    const Scratch scratch;
    CHECK_FALSE(os::try_connect_in(scratch.fd(), "start"));
    CHECK(errno == ENOENT);
    {
        const os::UniqueFd gone = os::listen_in(scratch.fd(), "start");
    }
    CHECK_FALSE(os::try_connect_in(scratch.fd(), "start"));
    CHECK(errno == ECONNREFUSED);
    CHECK_THROWS_AS(os::listen_in(scratch.fd(), "start"), Error);  // the name is taken
    CHECK_THROWS_AS(os::listen_in(scratch.fd(), std::string(108, 'n')), Error);
    CHECK_FALSE(os::try_connect_in(scratch.fd(), std::string(108, 'n')));
    CHECK(errno == ENAMETOOLONG);
}

TEST_CASE("a packet can be written too", "[os][socket]") {
    const auto [a, b] = os::make_socket_pair();
    CHECK(os::try_write_packet(a.get(), std::string("one\0", 4)) == 0);
    CHECK(os::try_write_packet(a.get(), "two") == 0);
    CHECK(os::receive_packet(b.get()).data == std::string("one\0", 4));
    CHECK(os::receive_packet(b.get()).data == "two");
    CHECK(os::try_write_packet(-1, "x") == EBADF);
}

TEST_CASE("a stream takes any amount of data, and the descriptors with its first bytes", "[os][socket]") {
    const Scratch scratch;
    const std::string deep = std::string(200, 'd');
    scratch.make_directory(deep);
    scratch.make_file("file", "content");
    const os::UniqueFd listener = listen_at(os::open_at(scratch.fd(), deep, O_RDONLY | O_DIRECTORY), "agent");
    const os::UniqueFd client = os::try_connect_stream(scratch / (deep + "/agent"));
    REQUIRE(client);
    CHECK(is_close_on_exec(client));
    const os::UniqueFd peer = os::accept_connection(listener.get());
    const std::string text(3 << 20, 't');
    int code = -1;
    std::thread sender([&] {
        const os::UniqueFd opened = os::open_at(scratch.fd(), "file", O_RDONLY);
        code = os::try_send_stream(client.get(), text, {opened.get()});
    });
    const auto [first, file] = receive_some(peer);
    std::string rest(text.size() - first.size(), '\0');
    CHECK(::recv(peer.get(), rest.data(), rest.size(), MSG_WAITALL) == static_cast<ssize_t>(rest.size()));
    sender.join();
    CHECK(code == 0);
    CHECK(first + rest == text);
    REQUIRE(file);
    CHECK(os::read_all(file.get(), "file") == "content");
}

TEST_CASE("a stream that nobody takes, or not any more", "[os][socket]") {
    const Scratch scratch;
    CHECK_FALSE(os::try_connect_stream(scratch / "none"));
    CHECK(errno == ENOENT);
    scratch.make_file("file", "");
    CHECK_FALSE(os::try_connect_stream(scratch / "file"));
    CHECK(errno == ECONNREFUSED);
    const os::UniqueFd packets = os::listen_in(scratch.fd(), "packets");
    CHECK_FALSE(os::try_connect_stream(scratch / "packets"));
    CHECK(errno == EPROTOTYPE);
    const os::UniqueFd listener = listen_at(os::open_at(AT_FDCWD, scratch / "", O_RDONLY | O_DIRECTORY), "agent");
    const os::UniqueFd client = os::try_connect_stream(scratch / "agent");
    REQUIRE(client);
    os::accept_connection(listener.get()).reset();
    CHECK(os::try_send_stream(client.get(), "x") == EPIPE);
}
