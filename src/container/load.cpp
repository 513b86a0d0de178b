#include "rt/container/load.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/container/namespace_visit.hpp"
#include "rt/host/cgroup_layout.hpp"
#include "rt/host/facts.hpp"
#include "rt/host/kernel.hpp"
#include "rt/host/resctrl.hpp"
#include "rt/host/seccomp.hpp"
#include "rt/os/file.hpp"
#include "rt/spec/reader.hpp"
#include "rt/state/container_id.hpp"

namespace rt::container {

namespace {

std::string absolute_bundle(const std::string& bundle) {
    std::error_code error;
    const std::filesystem::path path = std::filesystem::canonical(bundle, error);
    if (error) throw_errno("open the bundle", bundle, error.value(), "", "give its directory with --bundle");
    return path.string();
}

spec::Spec read_config(const std::string& bundle) {
    const std::string path = bundle + "/config.json";
    const std::optional<std::string> text = os::try_read_file(AT_FDCWD, path);
    if (text) return spec::read(*text, path);
    const int code = errno;
    throw_errno("read", path, code, "",
                code == ENOENT ? concat("rt spec --bundle ", bundle, " writes one to start from") : "");
}

bool is_own_namespace(const spec::Namespace& entry) {
    const auto status = os::try_status_at(AT_FDCWD, *entry.path);
    const auto own = os::try_status_at(AT_FDCWD, concat("/proc/self/ns/", entry_of(entry.type).proc_name));
    return status && own && status->st_dev == own->st_dev && status->st_ino == own->st_ino;
}

// A path to a namespace that rt is in already is the same as no entry: the container stays in it. setns(2) refuses such a user
// namespace, and what would change the names, parameters or devices of the host must not pass for the container's own.
void drop_own_namespaces(spec::Linux& linux_section) {
    constexpr std::array inherited{NamespaceType::user, NamespaceType::network, NamespaceType::ipc, NamespaceType::uts};
    std::erase_if(linux_section.namespaces, [&](const spec::Namespace& entry) {
        return entry.path && std::ranges::find(inherited, entry.type) != inherited.end() && is_own_namespace(entry);
    });
}

// Nobody can have a keyring of this name already, and let the container join it.
std::string new_keyring_name(const std::string& id) {
    std::uint64_t random = 0;
    if (::getrandom(&random, sizeof random, 0) != static_cast<ssize_t>(sizeof random)) {
        throw_errno("get random bytes for", "the name of the session keyring");
    }
    return concat("_ses.", id, ".", random);
}

}  // namespace

Loaded load(const CreateOptions& options, const os::Procfs& procfs) {
    host::require_supported_kernel();
    state::check_container_id(options.id);
    const std::string bundle = absolute_bundle(options.bundle);
    spec::Spec spec = read_config(bundle);
    plan::plan_namespaces(spec.linux);  // an entry too many is refused before one is dropped
    drop_own_namespaces(spec.linux);
    std::vector<init::OpenNamespace> namespaces = open_namespaces(plan::plan_namespaces(spec.linux));
    host::Facts facts = host::take_facts(procfs);
    facts.descriptors = host::take_caller_descriptors(options.preserve_fds > 0);
    if (spec.linux.seccomp) facts.seccomp_flags = host::seccomp_flags();
    if (plan::uses_labels(spec)) facts.security_modules = host::security_modules();
    if (spec.linux.memory_policy) facts.possible_memory_nodes = host::possible_memory_nodes();
    if (spec.linux.intel_rdt) facts.resctrl = host::resctrl_root(procfs);
    const auto user = std::ranges::find(namespaces, NamespaceType::user, &init::OpenNamespace::type);
    if (user != namespaces.end()) {
        facts.joined_user_namespace = host::read_user_namespace(procfs, user->fd.get(), user->path);
    }
    const plan::Request request{
        .id = options.id,
        .bundle = bundle,
        .preserve_fds = options.preserve_fds,
        .session_keyring = options.new_keyring && spec.process ? new_keyring_name(options.id) : ""};
    return {.plan = plan::make_plan(spec, request, facts, host::cgroup_layout(procfs, facts)),
            .namespaces = std::move(namespaces)};
}

}  // namespace rt::container
