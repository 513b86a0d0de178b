#include "rt/init/start_program.hpp"

#include <unistd.h>

#include "rt/init/explain.hpp"
#include "rt/init/last_words.hpp"
#include "rt/init/program.hpp"
#include "rt/os/signals.hpp"
#include "rt/privileges/become.hpp"

namespace rt::init {

namespace {

[[noreturn]] void execute_under_filter(const Execution& execution, ReadyProcess& ready) {
    // Beforehand: the filter may forbid to look, or end who does.
    const std::optional<rootfs::Refusal> cause = find_refusal(ready.mappings, execution.path());
    const auto give_up = [&ready](Failure failure) {
        send_failure(ready.channel, std::move(failure));
        ::_exit(1);
    };
    enter_filter(*ready.process.seccomp, std::move(ready.filter), ready.agent_text, give_up);
    const int code = execution.try_start();
    give_up(explained(execution.refusal(code), ready.process, ready.mappings, cause));
    ::_exit(1);
}

}  // namespace

void start_program(ReadyProcess ready) {
    os::reset_signals();
    if (ready.process.open_files) privileges::set_limits({*ready.process.open_files});
    const Execution execution(ready.program, ready.process.args, ready.process.env);
    if (ready.process.seccomp) execute_under_filter(execution, ready);
    explain_refusals(ready.process, ready.mappings, [&] { execution.start(); });
    ::_exit(1);
}

}  // namespace rt::init
