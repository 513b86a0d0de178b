#include "rt/container/filter.hpp"

#include "rt/seccomp/compile.hpp"
#include "rt/seccomp/load.hpp"

namespace rt::container {

init::Filter make_filter(const plan::Process& process) {
    if (!process.seccomp) return {};
    const plan::Seccomp& seccomp = *process.seccomp;
    return {.program = seccomp::compile(seccomp),
            .agent = seccomp.notifies() ? seccomp::connect_to_agent(seccomp.listener_path) : os::UniqueFd()};
}

}  // namespace rt::container
