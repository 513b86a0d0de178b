#include "rt/container/load.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/container/joined_namespaces.hpp"
#include "rt/container/notify_proxy.hpp"
#include "rt/container/own_program.hpp"
#include "rt/container/systemd_manager.hpp"
#include "rt/host/cgroup_layout.hpp"
#include "rt/host/facts.hpp"
#include "rt/host/kernel.hpp"
#include "rt/host/resctrl.hpp"
#include "rt/host/seccomp.hpp"
#include "rt/host/service_manager.hpp"
#include "rt/os/file.hpp"
#include "rt/plan/notify.hpp"
#include "rt/plan/unprivileged_mappings.hpp"
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

std::string read_config(const std::string& bundle, const std::string& path) {
    // A fifo would wait for somebody who writes.
    const os::UniqueFd file = os::try_open_at(AT_FDCWD, path, O_RDONLY | O_NONBLOCK);
    if (file && !S_ISREG(os::status_of(file.get(), path).st_mode)) fail("read", path, "it is no regular file");
    if (file) return os::read_all(file.get(), path);
    const int code = errno;
    throw_errno("read", path, code, "",
                code == ENOENT ? concat("rt spec --bundle ", bundle, " writes one to start from") : "");
}

// As the plan will have them: what else it needs is asked for later.
plan::UserMappings mappings_of(const spec::Linux& linux_section, const host::Facts& facts) {
    std::vector<std::string> told_by_the_plan;
    return plan::plan_user_mappings(linux_section, plan::plan_namespaces(linux_section), facts, told_by_the_plan);
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

void add_facts(host::Facts& facts, const spec::Spec& spec, bool preserve_fds, const os::Procfs& procfs) {
    facts.descriptors = host::take_caller_descriptors(preserve_fds);
    if (spec.linux.seccomp) facts.seccomp_flags = host::seccomp_flags();
    if (plan::uses_labels(spec)) facts.security_modules = host::security_modules();
    if (spec.linux.memory_policy) facts.possible_memory_nodes = host::possible_memory_nodes();
    const bool makes_user_namespace = std::ranges::any_of(spec.linux.namespaces, [](const spec::Namespace& entry) {
        return entry.type == NamespaceType::user && !entry.path;
    });
    if (makes_user_namespace && !plan::may_map_any_id(facts))
        facts.subordinate_ids = host::take_subordinate_ids(facts.uid);
    if (spec.linux.intel_rdt) facts.resctrl = host::resctrl_root(procfs);
}

Bundle read_bundle(const CreateOptions& options) {
    Bundle bundle{.directory = absolute_bundle(options.bundle)};
    bundle.config_path = options.config.empty() ? bundle.directory + "/config.json" : options.config;
    bundle.config = read_config(bundle.directory, bundle.config_path);
    return bundle;
}

Loaded load(const Roots& roots, const CreateOptions& options, Bundle bundle, const os::Procfs& procfs,
            systemd::Wait wait) {
    const trace::Span span("make the plan");
    host::require_supported_kernel();
    state::check_container_id(options.id);
    spec::Spec spec = spec::read(bundle.config, bundle.config_path);
    const bool notifies =
        !host::notify_socket().empty() && plan::pass_notify_socket(spec, notify_directory(roots, options.id));
    NamespacesByPath namespaces = open_namespaces(spec.linux);
    host::Facts facts = host::take_facts(procfs);
    facts.paths_to_own = std::move(namespaces.paths_to_own);
    add_facts(facts, spec, options.preserve_fds > 0, procfs);
    add_facts(facts, namespaces.others, procfs);
    require_sealed_program(mappings_of(spec.linux, facts));
    const std::optional<uid_t> user = manager_user(facts);
    std::optional<systemd::Manager> manager;
    if (options.cgroup_driver == plan::CgroupDriver::systemd)
        manager.emplace(systemd::Manager::connect(user, std::move(wait)));
    const plan::Request request{
        .id = options.id,
        .bundle = bundle.directory,
        .preserve_fds = options.preserve_fds,
        .session_keyring = options.new_keyring && spec.process ? new_keyring_name(options.id) : "",
        .keep_groups = options.keep_groups,
        .no_pivot = options.no_pivot,
        .idmap_rootfs = options.idmap_rootfs,
        .cgroup_driver = options.cgroup_driver,
        .systemd = manager ? manager->facts() : plan::SystemdManager(),
        .detach = options.detach,
        .console_socket = !options.console_socket.empty()};
    Loaded loaded{.config = std::move(bundle.config),
                  .plan = plan::make_plan(spec, request, facts, host::cgroup_layout(procfs, facts)),
                  .namespaces = std::move(namespaces.others),
                  .notifies = notifies,
                  .manager_user = user,
                  .scope = {}};
    if (manager) loaded.scope.emplace(*std::move(manager), *loaded.plan.cgroup.scope, user);
    return loaded;
}

}  // namespace rt::container
