#include "rt/hooks/run.hpp"

#include <fcntl.h>

#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"

namespace rt::hooks {

namespace {

// The words are those that engines and their users know.
std::string step_of(plan::HookKind kind, std::size_t index) {
    return concat("error running ", name_of(kind), " hook #", index);
}

// Whatever goes wrong here, it is the hook that failed.
template <class Work>
void as_hook(plan::HookKind kind, std::size_t index, Work work) {
    try {
        work();
    } catch (const Error& error) {
        Failure failure = error.failure();
        failure.kind = FailureKind::hook;
        during(step_of(kind, index), [&] { throw Error(std::move(failure)); });
    }
}

void run_one(const Moment& moment, const plan::Hook& hook, std::size_t index) {
    const std::string output = run_program({.path = hook.path,
                                            .file = moment.programs ? moment.programs->at(index).get() : -1,
                                            .args = hook.args,
                                            .env = hook.env ? *hook.env : *moment.env,
                                            .input = moment.state,
                                            .timeout = hook.timeout,
                                            .place = moment.place},
                                           moment.watch);
    if (!moment.output) return;
    for (const std::string& line : split(trim(output), '\n')) {
        moment.output(concat(name_of(moment.kind), " hook #", index, " ", hook.path, ": ", printable(line)));
    }
}

}  // namespace

std::vector<os::UniqueFd> open_programs(plan::HookKind kind, const std::vector<plan::Hook>& hooks) {
    std::vector<os::UniqueFd> programs;
    for (const plan::Hook& hook : hooks) {
        as_hook(kind, programs.size(), [&] { programs.push_back(os::open_at(AT_FDCWD, hook.path, O_PATH)); });
    }
    return programs;
}

void run(const Moment& moment, const std::vector<plan::Hook>& hooks) {
    for (std::size_t index = 0; index < hooks.size(); ++index) {
        as_hook(moment.kind, index, [&] { run_one(moment, hooks[index], index); });
    }
}

void run_in_spite_of_failures(const Moment& moment, const std::vector<plan::Hook>& hooks) {
    for (std::size_t index = 0; index < hooks.size(); ++index) {
        try {
            as_hook(moment.kind, index, [&] { run_one(moment, hooks[index], index); });
        } catch (const Error& error) {
            log::warning(error.what());
        }
    }
}

}  // namespace rt::hooks
