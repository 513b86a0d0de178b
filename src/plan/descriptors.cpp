#include "rt/plan/descriptors.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

namespace rt::plan {

namespace {

constexpr unsigned first = 3;

// sd_listen_fds(3): a LISTEN_PID of another process means that the variables were inherited by mistake. Without one, as
// other runtimes are started by some callers, they are meant for rt.
unsigned listening_descriptors(const host::CallerDescriptors& caller) {
    if (!caller.listen_fds) return 0;
    if (caller.listen_pid && parse_number<pid_t>(*caller.listen_pid) != caller.own_pid) return 0;
    const std::optional<unsigned> count = parse_number<unsigned>(*caller.listen_fds);
    if (count) return *count;
    fail("use the environment variable", "LISTEN_FDS", concat("'", printable(*caller.listen_fds), "' is no number"),
         "it says how many sockets are passed from descriptor 3 on (sd_listen_fds(3)); unset it otherwise");
}

}  // namespace

Descriptors plan_descriptors(unsigned preserve, const host::CallerDescriptors& caller) {
    Descriptors planned;
    planned.listening = listening_descriptors(caller);
    const std::uint64_t wanted = std::uint64_t{planned.listening} + preserve;
    if (wanted > caller.open) {
        fail("pass on", concat("descriptor ", first + caller.open), "it is not open",
             concat(wanted, wanted == 1 ? " is" : " are", " asked for from descriptor 3 on, by ",
                    planned.listening == 0 ? "--preserve-fds"
                    : preserve == 0        ? "LISTEN_FDS"
                                           : "LISTEN_FDS and --preserve-fds"));
    }
    planned.preserved = static_cast<unsigned>(wanted);
    if (planned.listening > 0) planned.names = caller.listen_names;
    return planned;
}

void announce_descriptors(const Descriptors& descriptors, std::vector<std::string>& env) {
    if (descriptors.listening == 0) return;
    constexpr std::array<std::string_view, 3> variables{"LISTEN_FDS=", "LISTEN_PID=", "LISTEN_FDNAMES="};
    std::erase_if(env, [&](const std::string& entry) {
        return std::ranges::any_of(variables, [&](std::string_view name) { return entry.starts_with(name); });
    });
    env.push_back(concat("LISTEN_FDS=", descriptors.listening));
    if (descriptors.names) env.push_back(concat("LISTEN_FDNAMES=", *descriptors.names));
}

}  // namespace rt::plan
