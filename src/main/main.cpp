#include <fcntl.h>
#include <malloc.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/base/text.hpp"
#include "rt/cli/choice.hpp"
#include "rt/cli/help.hpp"
#include "rt/cli/parse.hpp"
#include "rt/container/own_program.hpp"
#include "rt/os/file.hpp"
#include "rt/os/own_program.hpp"

namespace {

using namespace rt;

// A later file must not get the number of a standard stream that the caller has closed.
void open_standard_streams() {
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(stream, F_GETFD) < 0) ::open("/dev/null", O_RDWR);  // gets the lowest number that is free: this one
    }
}

// Some dispositions of the caller would be in the way: who ignores CHLD has children that cannot be waited for (waitid(2)),
// and a write past RLIMIT_FSIZE is to fail, not to end rt half way.
void set_dispositions() {
    ::signal(SIGCHLD, SIG_DFL);
    ::signal(SIGXFSZ, SIG_IGN);
}

// One step instead of many: what rt allocates is freed at its end.
void let_the_heap_grow_at_once() {
    constexpr int step = 256 * 1024;
    ::mallopt(M_TOP_PAD, step);
}

constexpr std::array<Named<log::Format>, 2> log_formats{{{"text", log::Format::text}, {"json", log::Format::json}}};
constexpr std::array<Named<log::Level>, 3> log_levels{
    {{"error", log::Level::error}, {"warning", log::Level::warning}, {"debug", log::Level::debug}}};
constexpr std::array<Named<container::Rootless>, 3> rootless_words{
    {{"auto", container::Rootless::by_caller}, {"true", container::Rootless::yes}, {"false", container::Rootless::no}}};

container::Roots roots_of(const cli::Arguments& global) {
    return container::choose_roots(global.value("root"),
                                   cli::choice("rootless", global.value("rootless", "auto"), rootless_words));
}

int open_to_append(const std::string& path) {
    constexpr mode_t private_mode = 0640;
    return os::open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND, private_mode).release();
}

log::Settings log_settings(const cli::Arguments& global) {
    log::Settings settings;
    settings.format = cli::choice("log-format", global.value("log-format", "text"), log_formats);
    settings.level = cli::choice("log-level", global.value("log-level", "warning"), log_levels);
    if (global.has("debug")) settings.level = log::Level::debug;
    if (global.has("log")) settings.file_fd = open_to_append(global.value("log"));
    return settings;
}

int run_command(const cli::CommandLine& line) {
    if (line.global.has("version")) {
        cli::print(cli::version_text());
        return 0;
    }
    if (line.command == nullptr || line.global.has("help")) {
        cli::print(cli::help_text());
        return 0;
    }
    if (line.arguments.has("help")) {
        cli::print(cli::help_text(*line.command));
        return 0;
    }
    log::configure(log_settings(line.global));
    const std::string name = concat("rt ", line.command->name);
    if (line.global.has("trace")) trace::write_to(open_to_append(line.global.value("trace")), name);
    const trace::Span span(name);
    return line.command->run(roots_of(line.global), line.arguments);
}

int run_or_restart(const cli::CommandLine& line, char* const* arguments) {
    try {
        return run_command(line);
    } catch (const container::RestartSealed&) {
        // Thrown to here: whatever was open or changed for the work has been given back.
    }
    os::restart_sealed(arguments);
}

int failure_status(const cli::CommandLine& line) { return line.command == nullptr ? 1 : line.command->failure_status; }

int exit_status(const Failure& failure, int general) {
    if (general == 1) return general;
    if (failure.kind == FailureKind::program_not_found) return 127;
    return failure.kind == FailureKind::program_not_executable ? 126 : general;
}

}  // namespace

int main(int count, char** values) {
    cli::CommandLine line;
    try {
        let_the_heap_grow_at_once();
        open_standard_streams();
        set_dispositions();
        os::take_restart_mark();
        if (::getauxval(AT_SECURE) != 0)
            fail("run", "rt", "it is installed set-user-ID", "chmod u-s it: rt must never be");
        cli::parse({values + 1, values + count}, line);
        return run_or_restart(line, values);
    } catch (const Error& error) {
        log::error(error.failure());
        return exit_status(error.failure(), failure_status(line));
    } catch (const std::bad_alloc&) {
        log::error({.doing = "go on", .reason = "out of memory"});
    } catch (const std::exception& error) {
        log::error({.doing = "go on", .reason = concat("a mistake in rt: ", error.what())});
    }
    return failure_status(line);
}
