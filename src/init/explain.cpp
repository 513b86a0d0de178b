#include "rt/init/explain.hpp"

#include <fcntl.h>

#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"

namespace rt::init {

namespace {

std::string who_needs_the_right(std::uint32_t uid, const plan::UserMappings& mappings) {
    std::string text = concat("the process is uid ", uid, " of the container");
    if (mappings.mapped) text += concat(" (host uid ", mappings.uid_to_host(uid).value_or(uid), ")");
    return text + ": allow it in the rootfs (chmod o+x), or give the file to an id that the mapping has";
}

// A label is taken at execve(2): what forbids that comes out here.
constexpr const char* label_hint =
    "the AppArmor or SELinux policy may forbid the change to the label in /process, under noNewPrivileges above all "
    "(SELinux: nnp_transition of process2); the log of the kernel tells";

}  // namespace

std::optional<rootfs::Refusal> find_refusal(const plan::UserMappings& mappings, const std::string& path) {
    const os::UniqueFd root = os::open_at(AT_FDCWD, "/", O_PATH | O_DIRECTORY);
    return rootfs::explain_refused_program(root.get(), path, mappings);
}

Failure explained(Failure refusal, const plan::Process& process, const plan::UserMappings& mappings,
                  const std::optional<rootfs::Refusal>& cause) {
    if (!cause) {
        const bool refused = refusal.code == EPERM || refusal.code == EACCES;
        if (refused && !process.labels.empty()) refusal.hint = label_hint;
        return refusal;
    }
    refusal.reason = cause->text;
    refusal.hint = cause->of_rights ? who_needs_the_right(process.credentials.uid, mappings) : "";
    return refusal;
}

void explain_refusals(const plan::Process& process, const plan::UserMappings& mappings,
                      const std::function<void()>& work) {
    try {
        work();
    } catch (const Error& error) {
        const Failure& failure = error.failure();
        const bool of_program =
            failure.kind == FailureKind::program_not_found || failure.kind == FailureKind::program_not_executable;
        if (!of_program || failure.code == 0) throw;  // not found in $PATH: there is no file to look at
        throw Error(explained(failure, process, mappings, find_refusal(mappings, failure.object)));
    }
}

}  // namespace rt::init
