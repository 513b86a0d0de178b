#include "rt/hooks/program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>

#include "rt/base/error.hpp"
#include "rt/base/signal_names.hpp"
#include "rt/base/text.hpp"
#include "rt/hooks/become.hpp"
#include "rt/os/fd.hpp"
#include "rt/os/file.hpp"
#include "rt/os/process.hpp"

namespace rt::hooks {

namespace {

using Clock = std::chrono::steady_clock;

struct Pipe {
    os::UniqueFd read_end;
    os::UniqueFd write_end;
};

// The read end does not block: a process that the program left behind may hold the other one for ever.
Pipe make_pipe(const std::string& path) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) < 0) throw_errno("make a pipe for", path);
    Pipe pipe{.read_end = os::UniqueFd(ends[0]), .write_end = os::UniqueFd(ends[1])};
    if (::fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0) throw_errno("make a pipe for", path);
    return pipe;
}

// The end of what arrives, read as it comes: a program never waits for its output to be taken.
class Tail {
public:
    explicit Tail(os::UniqueFd source) : source_(std::move(source)) {}

    int fd() const noexcept { return source_.get(); }
    const std::string& text() const noexcept { return text_; }

    /// Takes what is there.
    void read() {
        std::array<char, 4096> data;
        while (source_) {
            const ssize_t length = ::read(source_.get(), data.data(), data.size());
            if (length < 0 && errno == EINTR) continue;
            if (length < 0 && errno == EAGAIN) return;
            if (length <= 0) return source_.reset();
            text_.append(data.data(), static_cast<std::size_t>(length));
            if (text_.size() > most_bytes) text_.erase(0, text_.size() - most_bytes);
        }
    }

private:
    static constexpr std::size_t most_bytes = 4096;

    os::UniqueFd source_;
    std::string text_;
};

// The running program; killed with its process group when it is given up.
class Running {
public:
    explicit Running(os::Clone child) : pid_(child.pid), pidfd_(std::move(child.pidfd)) {}
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() {
        if (ended_) return;
        // Both: it may not have its group yet.
        const bool group = ::kill(-pid_, SIGKILL) == 0;
        if (::kill(pid_, SIGKILL) < 0 && !group) return;  // a set-user-ID program: not ours to kill
        try {
            os::wait_for_process(pid_);
        } catch (const Error&) {  // then there is nothing to wait for
        }
    }

    int pidfd() const noexcept { return pidfd_.get(); }
    std::optional<os::ExitStatus> try_wait() {
        const auto status = os::try_wait_for_process(pid_);
        ended_ = status.has_value();
        return status;
    }

private:
    pid_t pid_;
    os::UniqueFd pidfd_;
    bool ended_ = false;
};

// Milliseconds for poll(2), -1 without a deadline; rounded up, so that nothing ends too early.
int until(const std::optional<Clock::time_point>& deadline) {
    if (!deadline) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - Clock::now()).count();
    constexpr long long longest = 1LL << 30;
    return static_cast<int>(std::clamp(static_cast<long long>(left), 0LL, longest));
}

// Waits for something to happen, at most until the deadline.
void wait_a_turn(const Running& running, Tail& output, const Watch& watch, int timeout) {
    // Where the filter of the container denies pidfd_open(2), the end is looked for now and then.
    constexpr int turn = 10;
    if (running.pidfd() < 0) timeout = timeout < 0 ? turn : std::min(timeout, turn);
    std::array<pollfd, 3> sources{{{.fd = running.pidfd(), .events = POLLIN, .revents = 0},
                                   {.fd = output.fd(), .events = POLLIN, .revents = 0},
                                   {.fd = watch.fd, .events = POLLIN, .revents = 0}}};
    if (::poll(sources.data(), sources.size(), timeout) < 0 && errno != EINTR) throw_errno("wait for", "a program");
    if (sources[1].revents != 0) output.read();
    if (sources[2].revents != 0) watch.happened();
}

// ": LINE | LINE ...": the last lines of what it wrote.
std::string said(const std::string& output) {
    constexpr std::size_t most_lines = 5;
    std::vector<std::string> lines = split(trim(output), '\n');
    if (lines.empty()) return {};
    if (lines.size() > most_lines) lines.erase(lines.begin(), lines.end() - most_lines);
    for (std::string& line : lines) line = printable(trim(line));
    return concat("; it wrote: ", join(lines, " | "));
}

os::ExitStatus supervise(const Program& program, os::Clone child, Tail& output, const Watch& watch) {
    Running running(std::move(child));
    std::optional<Clock::time_point> deadline;
    if (program.timeout) deadline = Clock::now() + std::chrono::seconds(*program.timeout);
    for (;;) {
        if (const auto status = running.try_wait()) return *status;
        if (deadline && Clock::now() >= *deadline) {
            output.read();
            fail("run", program.path,
                 concat("it was killed at the end of its timeout of ", *program.timeout, " s", said(output.text())),
                 "give it a longer 'timeout', or find out what it waits for");
        }
        wait_a_turn(running, output, watch, until(deadline));
    }
}

[[noreturn]] void explain_refusal(const Program& program, const Refusal& refusal) {
    if (refusal.step == Refusal::Step::enter_directory) {
        throw_errno("enter the working directory for", program.path, refusal.code);
    }
    if (refusal.step == Refusal::Step::prepare) throw_errno("prepare a process for", program.path, refusal.code);
    std::string hint;
    if (refusal.code == ENOEXEC) hint = "a script needs a first line with #!";
    if (refusal.code == ENOENT) hint = "is it there, and the interpreter that its first line or its ELF header names?";
    if (refusal.code == EACCES) {
        hint = "the file and its interpreter must be executable (chmod +x) for the user that runs it";
    }
    throw_errno("execute", program.path, refusal.code, "", hint);
}

void require_success(const Program& program, const os::ExitStatus& status, const std::string& output) {
    if (status.signal != 0) {
        fail("run", program.path, concat("it was ended by ", signal_text(status.signal), said(output)));
    }
    if (status.status != 0) fail("run", program.path, concat("exit status ", status.status, said(output)));
}

}  // namespace

std::string run_program(const Program& program, const Watch& watch) {
    const os::UniqueFd input = os::make_memory_file("state", program.input);
    Pipe output_pipe = make_pipe(program.path);
    Pipe report = make_pipe(program.path);
    const pid_t self = ::getpid();
    std::optional<os::Clone> child = os::try_fork();
    if (!child) throw_errno("start a process for", program.path);
    if (child->pid == 0) {
        become(program, {.input = input.get(), .output = output_pipe.write_end.get(), .report = report.write_end.get()},
               self);
    }
    output_pipe.write_end.reset();
    report.write_end.reset();
    Tail output(std::move(output_pipe.read_end));
    const os::ExitStatus status = supervise(program, *std::move(child), output, watch);
    output.read();
    Refusal refusal;
    if (::read(report.read_end.get(), &refusal, sizeof refusal) == static_cast<ssize_t>(sizeof refusal)) {
        explain_refusal(program, refusal);
    }
    require_success(program, status, output.text());
    return output.text();
}

}  // namespace rt::hooks
