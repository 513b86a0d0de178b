#include "rt/base/log.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "catch.hpp"
#include "unit/os/child.hpp"

using namespace rt;
using nlohmann::json;

namespace {

const Failure refused{.doing = "mount",
                      .object = "/proc",
                      .code = EPERM,
                      .reason = "line\nbreak",
                      .hint = "first\nsecond",
                      .during = {"create container web1"}};

std::string text_of(int fd) {
    std::string text(8192, '\0');
    const ssize_t length = ::pread(fd, text.data(), text.size(), 0);
    text.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
    return text;
}

// What is written to standard error and to the log file (behind a mark) by the work.
std::string written_by(log::Settings settings, bool to_file, void (*work)()) {
    return rt::test::in_child([&] {
        const int terminal = ::memfd_create("stderr", 0);
        const int file = ::memfd_create("log", 0);
        ::dup2(terminal, STDERR_FILENO);
        settings.file_fd = to_file ? file : -1;
        log::configure(settings);
        work();
        return text_of(terminal) + "[file]" + text_of(file);
    });
}

std::string file_part(const std::string& text) { return text.substr(text.find("[file]") + 6); }
std::string terminal_part(const std::string& text) { return text.substr(0, text.find("[file]")); }

}  // namespace

TEST_CASE("without a log file an error is plain text, each hint line on a line of its own", "[base][log]") {
    const std::string text = written_by({}, false, [] { log::error(refused); });
    CHECK(terminal_part(text) ==
          "rt: create container web1: cannot mount '/proc': line\\x0abreak: operation not permitted (EPERM)\n"
          "  hint: first\n"
          "        second\n");
}

TEST_CASE("with a log file an error goes there and, plain, to standard error", "[base][log]") {
    const std::string text = written_by({}, true, [] { log::error(refused); });
    CHECK(terminal_part(text).rfind("rt: create container web1: cannot mount '/proc'", 0) == 0);
    const std::string line = file_part(text);
    CHECK(line.rfind("time=\"", 0) == 0);
    CHECK(line.find("\" level=error msg=\"create container web1: cannot mount '/proc': line\\nbreak: ") !=
          std::string::npos);
    CHECK(line.find('\n') == line.size() - 1);
}

TEST_CASE("a JSON log has one object a line with the parts of the failure", "[base][log]") {
    for (const bool to_file : {false, true}) {
        const std::string text = written_by({.format = log::Format::json}, to_file, [] { log::error(refused); });
        const std::string line = to_file ? file_part(text) : terminal_part(text);
        CAPTURE(line);
        REQUIRE(line.find('\n') == line.size() - 1);
        const json object = json::parse(line);
        CHECK(object["level"] == "error");
        CHECK(object["msg"] == refused.message());
        CHECK(object["time"].is_string());
        CHECK(object["doing"] == "mount");
        CHECK(object["object"] == "/proc");
        CHECK(object["errno"] == EPERM);
        CHECK(object["code"] == "EPERM");
        CHECK(object["during"] == json{"create container web1"});
        CHECK(object["hint"] == "first\nsecond");
    }
}

TEST_CASE("bytes that are no UTF-8 do not break the log", "[base][log]") {
    const std::string text = written_by({.format = log::Format::json}, true, [] { log::warning("a \xff path"); });
    CHECK(json::parse(file_part(text))["msg"].get<std::string>().rfind("a ", 0) == 0);
}

TEST_CASE("debug lines are written only when they are asked for, and to the log only", "[base][log]") {
    CHECK(written_by({}, true, [] { log::debug("x"); }) == "[file]");
    const std::string text = written_by({.level = log::Level::debug}, true, [] { log::debug("x"); });
    CHECK(terminal_part(text).empty());
    CHECK(file_part(text).find("level=debug msg=\"x\"") != std::string::npos);
}

TEST_CASE("a log that cannot be written is no failure", "[base][log]") {
    const std::string answer = rt::test::in_child([] {
        log::configure({.file_fd = 1000});
        log::warning("x");
        return std::string("went on");
    });
    CHECK(answer == "went on");
}
