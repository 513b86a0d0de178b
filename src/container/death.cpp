#include "rt/container/death.hpp"

#include "rt/base/signal_names.hpp"
#include "rt/base/text.hpp"
#include "rt/cgroup/processes.hpp"

namespace rt::container {

void explain_death(const std::string& who, os::Child& process, const std::vector<std::string>& cgroups,
                   const init::PeerGone& gone) {
    const os::ExitStatus status = process.wait();
    Failure failure = gone.failure();
    failure.reason = status.signal != 0 ? concat(who, " was killed by ", signal_text(status.signal))
                                        : concat(who, " ended with status ", status.status);
    failure.reason += concat(" while ", init::doing_of(gone.step()));
    if (cgroup::oom_kills(cgroups) > 0) failure.hint = "the memory limit of its cgroup was reached";
    throw Error(std::move(failure));
}

}  // namespace rt::container
