#include "rt/systemd/manager.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "catch.hpp"
#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/os/child.hpp"
#include "rt/os/file.hpp"
#include "rt/systemd/scope.hpp"

using namespace rt;
using systemd::Connection;
using systemd::Manager;

namespace {

using namespace std::string_literals;
using namespace std::chrono_literals;

// A program that runs until the end of the test; its first line of output says that it is ready.
class Program {
public:
    explicit Program(std::vector<std::string> words) {
        int ends[2];
        if (::pipe(ends) < 0) throw_errno("make a pipe", "");
        pid_ = ::fork();
        if (pid_ == 0) {
            ::dup2(ends[1], STDOUT_FILENO);
            ::close(ends[0]);
            std::vector<char*> argv;
            for (std::string& word : words) argv.push_back(word.data());
            argv.push_back(nullptr);
            ::execvp(argv[0], argv.data());
            ::_exit(127);
        }
        ::close(ends[1]);
        char c = 0;
        pollfd ready{.fd = ends[0], .events = POLLIN, .revents = 0};
        if (::poll(&ready, 1, 60000) > 0) works_ = ::read(ends[0], &c, 1) == 1;
        output_.reset(ends[0]);
    }
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;
    ~Program() {
        ::kill(pid_, SIGKILL);
        while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
        }
    }
    bool works() const noexcept { return works_; }

private:
    pid_t pid_ = -1;
    bool works_ = false;
    os::UniqueFd output_;
};

class Directory {
public:
    Directory() {
        std::string name = "/tmp/rt-bus.XXXXXX";
        if (::mkdtemp(name.data()) == nullptr) throw_errno("make", name);
        path_ = name;
    }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    ~Directory() { std::filesystem::remove_all(path_); }
    std::string operator/(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

// A real dbus-daemon on a socket of its own, with something on it that is called systemd.
class Bus {
public:
    Bus() {
        std::ofstream(directory_ / "bus.conf")
            << "<busconfig><type>custom</type><listen>unix:path=" << directory_ / "bus"
            << "</listen><auth>EXTERNAL</auth><policy context=\"default\"><allow send_destination=\"*\"/>"
               "<allow eavesdrop=\"false\"/><allow own=\"*\"/><allow user=\"*\"/></policy></busconfig>";
        daemon_.emplace(std::vector<std::string>{"dbus-daemon", "--nofork", "--nopidfile", "--print-address",
                                                 "--config-file=" + (directory_ / "bus.conf")});
        if (!daemon_->works()) return;
        systemd_.emplace(std::vector<std::string>{"/usr/bin/python3",
                                                  RT_SOURCE_DIR "/tests/root/systemd/fake_systemd.py",
                                                  directory_ / "calls", "unix:path=" + (directory_ / "bus")});
    }

    bool works() const { return systemd_ && systemd_->works(); }
    Manager manager(std::chrono::milliseconds patience = 30s) const {
        return {Connection::open({{.path = directory_ / "bus"}}, systemd::wait_for_socket, patience), false};
    }
    // What was called since the last look.
    std::vector<nlohmann::json> calls() {
        std::ifstream file(directory_ / "calls");
        std::vector<nlohmann::json> calls;
        std::size_t number = 0;
        for (std::string line; std::getline(file, line); ++number) {
            if (number >= seen_) calls.push_back(nlohmann::json::parse(line));
        }
        seen_ = number;
        return calls;
    }

private:
    Directory directory_;
    std::optional<Program> daemon_;
    std::optional<Program> systemd_;
    std::size_t seen_ = 0;
};

void require(const Bus& bus) {
    if (!bus.works()) SKIP_TEST("dbus-daemon or python3-dbus is not installed");
}

plan::Scope scope_of(const std::string& unit) {
    plan::Scope scope;
    scope.unit = unit;
    scope.properties = {{"Slice", "system.slice"s}};
    return scope;
}

Failure failure_of(const std::function<void()>& work) {
    try {
        work();
    } catch (const Error& error) {
        return error.failure();
    }
    return {.reason = "nothing: accepted"};
}

void start(Manager& manager, const plan::Scope& scope) {
    manager.await_start(manager.start_scope(scope, ::getpid()), scope.unit);
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("libdbus reads what rt writes, value for value", "[systemd]") {
    Bus bus;
    require(bus);
    Manager manager = bus.manager();
    CHECK(manager.facts() ==
          plan::SystemdManager{.of_user = false, .control_group = "/user.slice/x.service", .version = 252});

    plan::Scope scope = scope_of("good.scope");
    scope.properties = {{"A", true},
                        {"B", std::uint8_t{1}},
                        {"C", std::int16_t{-2}},
                        {"D", std::uint16_t{65535}},
                        {"E", std::int32_t{-3}},
                        {"F", std::uint32_t{4294967295}},
                        {"G", std::int64_t{-4}},
                        {"H", ~std::uint64_t{0}},
                        {"I", 0.5},
                        {"J", "text"s},
                        {"K", std::vector<std::string>{"a", "", "ä"}},
                        {"L", std::vector<std::uint8_t>{0, 255}},
                        {"M", plan::StringPairs{{"/dev/char/1:3", "rwm"}, {"char-*", "m"}}},
                        {"N", plan::StringAmounts{{"/dev/block/8:0", 7}}}};
    start(manager, scope);
    const std::vector<nlohmann::json> calls = bus.calls();
    REQUIRE(calls.size() == 1);
    const nlohmann::json expected = nlohmann::json::parse(R"json(["start", "good.scope", "replace", ["a(sv)", [
        ["A", ["b", true]], ["B", ["Byte", 1]], ["C", ["Int16", -2]], ["D", ["UInt16", 65535]], ["E", ["Int32", -3]],
        ["F", ["UInt32", 4294967295]], ["G", ["Int64", -4]], ["H", ["UInt64", 18446744073709551615]], ["I", ["d", 0.5]],
        ["J", "text"], ["K", ["as", ["a", "", "ä"]]], ["L", ["ay", [["Byte", 0], ["Byte", 255]]]],
        ["M", ["a(ss)", [["/dev/char/1:3", "rwm"], ["char-*", "m"]]]],
        ["N", ["a(st)", [["/dev/block/8:0", ["UInt64", 7]]]]]]], ["a(sa(sv))", []]])json");
    nlohmann::json without_pids = calls[0];
    nlohmann::json& properties = without_pids[3][1];
    CHECK(properties.back().dump() == concat(R"(["PIDs",["au",[["UInt32",)", ::getpid(), "]]]]"));
    properties.erase(properties.size() - 1);
    CHECK(without_pids == expected);

    manager.set_properties("good.scope", {{"TasksMax", std::uint64_t{7}}});
    CHECK(bus.calls().at(0) ==
          nlohmann::json::parse(
              R"json(["set", "good.scope", ["b", true], ["a(sv)", [["TasksMax", ["UInt64", 7]]]]])json"));
}

TEST_CASE("the result of a job is awaited, whenever it comes, and from systemd alone", "[systemd]") {
    const Bus bus;
    require(bus);
    Manager manager = bus.manager();
    start(manager, scope_of("early.scope"));
    start(manager, scope_of("forged.scope"));
    const Failure failure = failure_of([&] { start(manager, scope_of("failed.scope")); });
    CHECK(failure.object == "failed.scope");
    CHECK(contains(failure.reason, "'failed'"));
}

TEST_CASE("a failed unit of the name is forgotten, another one is left alone", "[systemd]") {
    Bus bus;
    require(bus);
    Manager manager = bus.manager();
    start(manager, scope_of("exists.scope"));
    std::vector<nlohmann::json> calls = bus.calls();
    REQUIRE(calls.size() == 3);
    CHECK(calls[1] == nlohmann::json({"reset", "exists.scope"}));

    const Failure taken = failure_of([&] {
        systemd::Scope scope(bus.manager(), scope_of("taken.scope"), {});
        scope.start(::getpid());
    });
    CHECK(contains(taken.reason, "a unit of this name"));
    for (const nlohmann::json& call : bus.calls()) CHECK(call[0] != "stop");

    const Failure denied = failure_of([&] { start(manager, scope_of("denied.scope")); });
    CHECK(contains(denied.reason, "org.freedesktop.DBus.Error.AccessDenied: Permission denied"));
    CHECK(contains(denied.hint, "root"));
}

TEST_CASE("stopping waits for the end, forgets a failure, and takes what is gone for done", "[systemd]") {
    Bus bus;
    require(bus);
    Manager manager = bus.manager();
    manager.stop("good.scope");
    CHECK(bus.calls() == std::vector<nlohmann::json>{{"stop", "good.scope", "replace"}, {"reset", "good.scope"}});
    manager.stop("gone.scope");
    CHECK(bus.calls() == std::vector<nlohmann::json>{{"stop", "gone.scope", "replace"}});
}

TEST_CASE("an answer that does not come is not waited for without end", "[systemd]") {
    const Bus bus;
    require(bus);
    for (const char* unit : {"silent.scope", "endless.scope"}) {
        INFO(unit);
        Manager manager = bus.manager(500ms);
        const Failure failure = failure_of([&] { start(manager, scope_of(unit)); });
        CHECK(failure.code == ETIMEDOUT);
    }
    // A signal to rt ends the waiting too.
    int rounds = 0;
    const auto give_up = [&](int, int) -> bool {
        if (++rounds > 1) fail("go on", "", "interrupted");
        return true;
    };
    CHECK(contains(failure_of([&] { Connection::open({{.path = "/no/such/bus"}}, give_up, 1s); }).object,
                   "/no/such/bus"));
}

namespace {

// A peer on a socket that says something, whatever it hears.
class Peer {
public:
    Peer(const std::string& path, const std::string& answer) {
        const os::UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
        if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0 ||
            ::listen(listener.get(), 1) < 0)
            throw_errno("listen on", path);
        pid_ = ::fork();
        if (pid_ != 0) return;
        const int connection = ::accept(listener.get(), nullptr, nullptr);
        char heard[1000];
        if (::read(connection, heard, sizeof heard) > 0 && !answer.empty()) {
            const ssize_t written = ::write(connection, answer.data(), answer.size());
            if (written > 0) ::usleep(answer == "silence" ? 3000000 : 300000);
        }
        ::_exit(0);
    }
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;
    ~Peer() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }

private:
    pid_t pid_ = -1;
};

}  // namespace

TEST_CASE("whoever answers instead of a bus is found out", "[systemd]") {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"", "closed the connection"},
        {"REJECTED EXTERNAL\r\n", "REJECTED"},
        {"HTTP/1.1 400 Bad Request\r\n", "HTTP/1.1"},
        {std::string(20000, 'x'), "no end"},
        {"DATA\r\nDATA\r\n", "'DATA'"},
        {"DATA\r\nOK 01234567890123456789012345678901\r\nnot a message of D-Bus", "byte order"},
        {"OK 01\r\nl\x02\0\x01\xff\xff\xff\x7f\x01\0\0\0\0\0\0\0"s, "bytes"},
    };
    for (const auto& [answer, reason] : cases) {
        INFO(answer.substr(0, 50));
        Directory directory;
        const Peer peer(directory / "bus", answer);
        const Failure failure =
            failure_of([&] { Connection::open({{.path = directory / "bus"}}, systemd::wait_for_socket, 20s); });
        CHECK(contains(failure.reason, reason));
    }
    Directory directory;
    const Peer peer(directory / "bus", "silence");
    CHECK(failure_of([&] { Connection::open({{.path = directory / "bus"}}, systemd::wait_for_socket, 200ms); }).code ==
          ETIMEDOUT);
}
