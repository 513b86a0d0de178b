#include "rt/init/explain.hpp"

#include <fcntl.h>

#include "rt/base/errno_text.hpp"
#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"
#include "rt/rootfs/reach.hpp"

namespace rt::init {

namespace {

std::string who_needs_the_right(const plan::Plan& plan) {
    const std::uint32_t uid = plan.process->credentials.uid;
    std::string text = concat("the process is uid ", uid, " of the container");
    if (plan.mappings.mapped) text += concat(" (host uid ", plan.mappings.uid_to_host(uid).value_or(uid), ")");
    return text + ": allow it in the rootfs (chmod o+x), or give the file to an id that the mapping has";
}

}  // namespace

std::optional<std::string> find_refusal(const plan::Plan& plan, const std::string& path) {
    const os::UniqueFd root = os::open_at(AT_FDCWD, "/", O_PATH | O_DIRECTORY);
    return rootfs::explain_refused_program(root.get(), path, plan.mappings);
}

Error explained(const Error& refusal, const plan::Plan& plan, const std::optional<std::string>& cause) {
    Failure failure = refusal.failure();
    if (!cause) return Error(std::move(failure));
    // The kernel's words first: engines match them.
    failure.doing = concat(failure.doing, ": ", errno_text(failure.code));
    failure.code = 0;
    failure.reason = *cause;
    failure.hint = who_needs_the_right(plan);
    return Error(std::move(failure));
}

void explain_refusals(const plan::Plan& plan, const std::function<void()>& work) {
    try {
        work();
    } catch (const Error& error) {
        constexpr std::string_view exec = "exec ";
        const Failure& failure = error.failure();
        if (failure.kind == FailureKind::runtime || !failure.doing.starts_with(exec)) throw;
        throw explained(error, plan, find_refusal(plan, failure.doing.substr(exec.size())));
    }
}

}  // namespace rt::init
