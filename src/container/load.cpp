#include "rt/container/load.hpp"

#include <fcntl.h>
#include <linux/capability.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/container/namespace_visit.hpp"
#include "rt/host/cgroup_layout.hpp"
#include "rt/host/facts.hpp"
#include "rt/host/kernel.hpp"
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

// setns(2) refuses to enter the user namespace one is in already: the container then simply stays in it.
void drop_own_user_namespace(spec::Linux& linux_section) {
    const auto own = os::try_status_at(AT_FDCWD, "/proc/self/ns/user");
    std::erase_if(linux_section.namespaces, [&](const spec::Namespace& entry) {
        if (entry.type != NamespaceType::user || !entry.path || !own) return false;
        const auto status = os::try_status_at(AT_FDCWD, *entry.path);
        return status && status->st_dev == own->st_dev && status->st_ino == own->st_ino;
    });
}

}  // namespace

Loaded load(const CreateOptions& options, const os::Procfs& procfs) {
    host::require_supported_kernel();
    state::check_container_id(options.id);
    const std::string bundle = absolute_bundle(options.bundle);
    spec::Spec spec = read_config(bundle);
    drop_own_user_namespace(spec.linux);
    std::vector<init::OpenNamespace> namespaces = open_namespaces(plan::plan_namespaces(spec.linux));
    host::Facts facts = host::take_facts(procfs);
    const auto user = std::ranges::find(namespaces, NamespaceType::user, &init::OpenNamespace::type);
    if (user != namespaces.end()) {
        facts.joined_user_namespace = host::read_user_namespace(procfs, user->fd.get(), user->path);
    }
    return {
        .plan = plan::make_plan(spec, {.id = options.id, .bundle = bundle}, facts, host::cgroup_layout(procfs, facts)),
        .namespaces = std::move(namespaces)};
}

}  // namespace rt::container
