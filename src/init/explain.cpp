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

void explain_refusals(const plan::Plan& plan, const std::function<void()>& work) {
    try {
        work();
    } catch (const Error& error) {
        constexpr std::string_view exec = "exec ";
        Failure failure = error.failure();
        if (failure.kind == FailureKind::runtime || !failure.doing.starts_with(exec)) throw;
        const os::UniqueFd root = os::open_at(AT_FDCWD, "/", O_PATH | O_DIRECTORY);
        const std::string path = failure.doing.substr(exec.size());
        const auto cause = rootfs::explain_refused_program(root.get(), path, plan.mappings);
        if (!cause) throw;
        // The kernel's words first: engines match them.
        failure.doing = concat(failure.doing, ": ", errno_text(failure.code));
        failure.code = 0;
        failure.reason = *cause;
        failure.hint = who_needs_the_right(plan);
        throw Error(std::move(failure));
    }
}

}  // namespace rt::init
