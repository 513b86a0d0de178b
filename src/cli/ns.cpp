#include <unistd.h>

#include <algorithm>

#include "rt/analysis/namespace_text.hpp"
#include "rt/analysis/namespaces.hpp"
#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/base/text.hpp"
#include "rt/cli/command.hpp"
#include "rt/cli/help.hpp"
#include "rt/cli/output.hpp"
#include "rt/container/commands.hpp"
#include "rt/host/namespaces.hpp"

namespace rt::cli {

namespace {

// The word of config.json, or the name in /proc/PID/ns.
NamespaceType type_of(const std::string& word) {
    const auto found = std::ranges::find_if(namespace_types, [&](const NamespaceTypeEntry& entry) {
        return entry.name == word || entry.proc_name == word;
    });
    if (found != namespace_types.end()) return found->type;
    std::vector<std::string> names;
    for (const NamespaceTypeEntry& entry : namespace_types) names.emplace_back(entry.name);
    fail("use the value of", "--type", concat("there is no type '", printable(word), "'"),
         concat("there are: ", join(names, ", ")));
}

// By its cgroup; one without has a pid namespace by which its processes are found among all.
analysis::RunningContainer running(const container::View& view) {
    analysis::RunningContainer container{.id = view.record.id, .pid_namespace = view.record.pid_namespace};
    if (!view.record.cgroups.empty()) container.processes = container::processes(view);
    container.processes.push_back(view.record.pid);
    return container;
}

std::vector<analysis::RunningContainer> running_containers(const container::Roots& roots) {
    std::vector<analysis::RunningContainer> containers;
    for (const container::View& view : container::list(roots)) {
        if (view.pid() != 0) containers.push_back(running(view));
    }
    return containers;
}

void check_options(const Arguments& arguments) {
    if (!arguments.has("tree")) return;
    if (arguments.has("json"))
        fail("use both", "--tree and --json", "JSON names the parents by number", "leave --tree out");
    if (arguments.has("type") && type_of(arguments.value("type")) != NamespaceType::user)
        fail("use both", "--tree and --type", "the tree is that of the user namespaces", "leave one of them out");
}

}  // namespace

int ns(const container::Roots& roots, const Arguments& arguments) {
    check_options(arguments);
    const bool tree = arguments.has("tree");
    std::optional<analysis::RunningContainer> wanted;
    if (!arguments.words.empty()) {
        const container::View view = container::view(roots, arguments.words[0]);
        if (view.pid() == 0) fail("show the namespaces of", view.record.id, "it does not run: no process is in them");
        wanted = running(view);
    }
    const std::vector<analysis::RunningContainer> containers =
        wanted ? std::vector{*wanted} : running_containers(roots);
    analysis::NamespaceReport report =
        analysis::report_namespaces(host::read_namespaces(os::Procfs::open()), containers);
    if (wanted) analysis::keep_container(report, *wanted, tree);
    if (arguments.has("type") && !tree) analysis::keep_type(report, type_of(arguments.value("type")));
    if (arguments.has("json")) {
        print(analysis::namespace_json(report));
    } else {
        print(table_text(tree ? analysis::namespace_tree(report) : analysis::namespace_table(report)));
    }
    if (report.hidden > 0) {
        log::warning(concat("the namespaces of ", report.hidden, " of ", report.processes,
                            " processes may not be looked at",
                            ::geteuid() == 0 ? "" : " by this user: run rt as root to see them all"));
    }
    return 0;
}

}  // namespace rt::cli
