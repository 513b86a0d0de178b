#include "rt/base/trace.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>
#include <string>

#include "rt/base/text.hpp"

namespace rt::trace {

namespace {

int file = -1;
int process = 0;
int row = 1;

std::string quoted(std::string_view text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string microseconds() {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    std::array<char, 32> text{};
    const int length = std::snprintf(text.data(), text.size(), "%lld%06ld.%03ld", static_cast<long long>(now.tv_sec),
                                     now.tv_nsec / 1000, now.tv_nsec % 1000);
    return {text.data(), static_cast<std::size_t>(length)};
}

// By one write(2), which O_APPEND keeps whole beside those of other processes. What cannot be written is lost.
void write_event(char phase, std::string_view rest) {
    const std::string line = concat(R"({"ph":")", std::string_view(&phase, 1), R"(","ts":)", microseconds(),
                                    R"(,"pid":)", process, R"(,"tid":)", row, rest, "},\n");
    [[maybe_unused]] const ssize_t written = ::write(file, line.data(), line.size());
}

void name(std::string_view what, std::string_view value) {
    write_event('M', concat(R"(,"name":)", quoted(what), R"(,"args":{"name":)", quoted(value), "}"));
}

}  // namespace

void write_to(int fd, std::string_view name_of_process) {
    file = fd;
    process = ::getpid();
    struct stat status{};
    const bool begins = ::fstat(file, &status) == 0 && status.st_size == 0;
    if (begins && ::write(file, "[\n", 2) != 2) return;
    name("process_name", name_of_process);
    name("thread_name", "runtime");
}

int descriptor() noexcept { return file; }

void be_copy(std::string_view name_of_row) {
    if (file < 0) return;
    ++row;
    name("thread_name", name_of_row);
}

Span::Span(std::string_view name) noexcept {
    if (file >= 0) write_event('B', concat(R"(,"name":)", quoted(name)));
}

Span::~Span() {
    if (file >= 0) write_event('E', "");
}

}  // namespace rt::trace
