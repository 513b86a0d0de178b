#include "rt/container/filter.hpp"

#include "rt/base/log.hpp"
#include "rt/base/text.hpp"
#include "rt/seccomp/cache.hpp"
#include "rt/seccomp/load.hpp"
#include "rt/version.hpp"

namespace rt::container {

init::Filter make_filter(const plan::Process& process, const std::string& state_root) {
    const trace::Span span("make the system call filter");
    if (!process.seccomp) return {};
    for (const std::string& remark : process.seccomp->remarks) log::debug(remark);
    const plan::Seccomp& seccomp = *process.seccomp;
    return {.program = seccomp::compile_or_recall(seccomp, state_root, concat(version, " ", commit)),
            .agent = seccomp.notifies() ? seccomp::connect_to_agent(seccomp.listener_path) : os::UniqueFd()};
}

}  // namespace rt::container
