// A process file, and the plan of a further process of a container.
#include "circumstances.hpp"
#include "json_mutator.hpp"
#include "rt/plan/exec.hpp"
#include "rt/spec/default_config.hpp"
#include "rt/spec/document.hpp"
#include "rt/spec/reader.hpp"
#include "rt/spec/sections.hpp"

using namespace rt;

namespace {

plan::ExecTarget target_of(fuzz::Choices& choices) {
    plan::ExecTarget target;
    target.state.id = "web1";
    target.state.pid = 42;
    for (const NamespaceTypeEntry& entry : namespace_types) {
        if (choices.flag()) target.own_namespaces.push_back(entry.type);
    }
    target.maps = fuzz::maps_of(choices);
    target.files.passwd = "root:x:0:0:root:/root:/bin/sh\nweb:x:7:8::/srv:\n";
    target.files.group = "root:x:0:\nweb:x:8:web\naudio:x:29:web\n";
    target.layout = fuzz::layout_of(choices);
    for (const host::CgroupHierarchy& hierarchy : target.layout.hierarchies)
        target.cgroups.push_back(hierarchy.mount_point + "/web1");
    return target;
}

plan::ExecRequest request_of(fuzz::Choices& choices) {
    static const std::array users{"", "0", "7:8", "web", "web:audio", "4294967295", "-1", "nobody"};
    plan::ExecRequest request;
    if (choices.flag()) request.args = {"sh"};
    request.terminal = choices.flag();
    request.detach = choices.flag();
    request.console_socket = choices.flag();
    if (const std::string user = users[choices.below(users.size())]; !user.empty()) request.user.user = user;
    request.keep_groups = choices.flag();
    if (choices.flag()) request.capabilities = {"CAP_KILL"};
    request.preserve_fds = choices.below(3);
    return request;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const spec::Spec container = spec::read(spec::default_config({}), "config.json");
    fuzz::Input input(data, size);
    plan::ExecRequest request = request_of(input.choices);
    const plan::ExecTarget target = target_of(input.choices);
    const host::Facts facts = fuzz::facts_of(input.choices);
    fuzz::accepted([&] {
        const spec::Document document = spec::Document::parse(input.text, "process.json");
        request.process = spec::read_process(document.root());
        const plan::Exec exec = plan::plan_exec(container, request, target, facts);
        fuzz::require(!exec.process.args.empty(), "a process has a program");
        fuzz::require(exec.mappings.uid_to_host(exec.process.credentials.uid).has_value(), "its user exists");
    });
    return 0;
}
