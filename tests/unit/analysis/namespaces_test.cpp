#include "rt/analysis/namespaces.hpp"

#include <nlohmann/json.hpp>

#include "catch.hpp"
#include "rt/analysis/namespace_text.hpp"

using namespace rt;
using analysis::RunningContainer;

namespace {

// The machine's namespaces 1 (user), 2 (pid), 3 (network); a container with 10, 11 and the machine's network; in it somebody
// who has made 20 and 21; between both the user namespace 15, which nobody is in.
host::Namespaces machine() {
    host::Namespaces namespaces{.processes = 4, .hidden = 1};
    const auto user = [&](std::uint64_t inode, std::uint64_t parent, uid_t owner, std::vector<pid_t> pids) {
        namespaces.all.push_back({.type = NamespaceType::user, .inode = inode, .own = inode == 1});
        host::Namespace& entry = namespaces.all.back();
        entry.processes = std::move(pids);
        entry.user_namespace = entry.parent = parent;
        entry.owner_uid = owner;
        if (!entry.processes.empty()) entry.oldest = entry.processes.front();
        entry.command = "of " + std::to_string(inode);
    };
    const auto other = [&](NamespaceType type, std::uint64_t inode, std::uint64_t owner, std::uint64_t parent,
                           std::vector<pid_t> pids) {
        namespaces.all.push_back({.type = type, .inode = inode, .own = inode <= 3, .processes = std::move(pids)});
        namespaces.all.back().user_namespace = owner;
        namespaces.all.back().parent = parent;
    };
    user(1, 0, 0, {1});
    user(10, 1, 1000, {100});
    user(15, 10, 100000, {});
    user(20, 15, 100000, {200});
    namespaces.all[1].uid_map = "         0     100000      65536\n";
    namespaces.all[1].gid_map = "0 1 1\n1 10 1\n2 20 1\n3 30 1\n4 40 1\n";
    other(NamespaceType::pid, 2, 1, 0, {1});
    other(NamespaceType::pid, 11, 10, 2, {100});
    other(NamespaceType::pid, 21, 20, 11, {200});
    other(NamespaceType::network, 3, 1, 0, {1, 100, 200});
    return namespaces;
}

const RunningContainer web{.id = "web1", .processes = {100}, .pid_namespace = 11};

std::vector<std::uint64_t> inodes(const analysis::NamespaceReport& report) {
    std::vector<std::uint64_t> found;
    for (const auto& entry : report.entries) found.push_back(entry.facts.inode);
    return found;
}

}  // namespace

TEST_CASE("a namespace is of the containers whose processes are in it, and of none when it is the caller's",
          "[analysis]") {
    const auto report = analysis::report_namespaces(machine(), {web, {.id = "pod", .processes = {200}}});
    std::map<std::uint64_t, std::vector<std::string>> containers;
    for (const auto& entry : report.entries) containers[entry.facts.inode] = entry.containers;
    CHECK(containers[1].empty());
    CHECK(containers[3].empty());
    CHECK(containers[10] == std::vector<std::string>{"web1"});
    CHECK(containers[15].empty());
    CHECK(containers[20] == std::vector<std::string>{"web1", "pod"});  // 200 is in a pid namespace below that of web1
    CHECK(containers[21] == std::vector<std::string>{"web1", "pod"});
}

TEST_CASE("what is no user namespace has the owner of the one that owns it", "[analysis]") {
    const auto report = analysis::report_namespaces(machine(), {});
    REQUIRE(report.entries.size() == 8);
    CHECK(report.entries[1].owner_uid == 1000);
    CHECK(report.entries[5].facts.inode == 11);
    CHECK(report.entries[5].owner_uid == 1000);
    CHECK(report.entries[6].owner_uid == 100000);
    CHECK(report.hidden == 1);
    const host::Namespaces lonely{.all = {{.type = NamespaceType::uts, .inode = 5}}};
    CHECK_FALSE(analysis::report_namespaces(lonely, {}).entries[0].owner_uid);
}

TEST_CASE("the namespaces of a container are those of its processes, shared ones too", "[analysis]") {
    auto report = analysis::report_namespaces(machine(), {web});
    analysis::keep_container(report, web, false);
    CHECK(inodes(report) == std::vector<std::uint64_t>{10, 20, 11, 21, 3});
    CHECK(analysis::namespace_table(report).back()[8] == "web1 (shared)");
    auto relatives = analysis::report_namespaces(machine(), {web});
    analysis::keep_container(relatives, web, true);
    CHECK(inodes(relatives) == std::vector<std::uint64_t>{1, 10, 15, 20, 11, 21, 3});
    auto types = analysis::report_namespaces(machine(), {web});
    analysis::keep_type(types, NamespaceType::pid);
    CHECK(inodes(types) == std::vector<std::uint64_t>{2, 11, 21});
}

TEST_CASE("who shares the user namespace of the caller is not shown with all that is below that", "[analysis]") {
    const RunningContainer plain{.id = "plain", .processes = {1}};
    auto report = analysis::report_namespaces(machine(), {plain});
    analysis::keep_container(report, plain, true);
    CHECK(inodes(report) == std::vector<std::uint64_t>{1, 2, 3});
}

TEST_CASE("the table of namespaces", "[analysis]") {
    auto facts = machine();
    facts.all.push_back({.type = NamespaceType::uts, .inode = 30, .mounts = {{.path = "/run/a\nb"}}});
    const auto rows = analysis::namespace_table(analysis::report_namespaces(facts, {web}));
    using Row = std::vector<std::string>;
    CHECK(rows[0] == Row{"TYPE", "INODE", "PROCS", "OWNER", "USERNS", "PARENT", "UID-MAP", "GID-MAP", "CONTAINER",
                         "PID", "COMMAND"});
    CHECK(rows[1] == Row{"user", "1", "1", "0", "-", "-", "-", "-", "-", "1", "of 1"});
    CHECK(rows[2] ==
          Row{"user", "10", "1", "1000", "1", "1", "0:100000:65536", "0:1:1,1:10:1,2:20:1,+2", "web1", "100", "of 10"});
    CHECK(rows[3] == Row{"user", "15", "0", "100000", "10", "10", "-", "-", "-", "-", "(nobody in sight)"});
    CHECK(rows[9] == Row{"uts", "30", "0", "-", "-", "-", "-", "-", "-", "-", "(mounted on /run/a\\x0ab)"});
}

TEST_CASE("the tree of user namespaces shows each below its parent, and what it owns", "[analysis]") {
    auto facts = machine();
    facts.all.insert(facts.all.begin() + 2, {.type = NamespaceType::user, .inode = 12, .parent = 1});
    facts.all.push_back({.type = NamespaceType::uts, .inode = 30});
    facts.all.push_back({.type = NamespaceType::uts, .inode = 31});
    facts.all[9].user_namespace = facts.all[10].user_namespace = 20;
    const auto rows = analysis::namespace_tree(analysis::report_namespaces(facts, {}));
    std::vector<std::string> names;
    for (const auto& row : rows) names.push_back(row[0]);
    CHECK(names == std::vector<std::string>{"USER NAMESPACE", "1", "|- 10", "|  `- 15", "|     `- 20", "`- 12"});
    CHECK(rows[1][5] == "pid, network");
    CHECK(rows[4][5] == "pid, 2 uts");
    CHECK(rows[3][5] == "-");
}

TEST_CASE("a tree begins with what has no visible parent", "[analysis]") {
    const host::Namespaces part{.all = {{.type = NamespaceType::user, .inode = 20, .parent = 15}}};
    const auto rows = analysis::namespace_tree(analysis::report_namespaces(part, {}));
    REQUIRE(rows.size() == 2);
    CHECK(rows[1][0] == "20");
}

TEST_CASE("namespaces as JSON", "[analysis]") {
    auto facts = machine();
    facts.all.push_back({.type = NamespaceType::uts,
                         .inode = 30,
                         .mounts = {{.path = "/run/a"}, {.path = "/run/b", .mount_namespace = 77}}});
    const auto document = nlohmann::json::parse(analysis::namespace_json(analysis::report_namespaces(facts, {web})));
    CHECK(document["processes"] == 4);
    CHECK(document["hiddenProcesses"] == 1);
    const auto& list = document["namespaces"];
    REQUIRE(list.size() == 9);
    CHECK(list[1] ==
          nlohmann::json::parse(R"({"type": "user", "inode": 10, "processes": 1, "pid": 100, "command": "of 10",
        "ownerUid": 1000, "userNamespace": 1, "parent": 1, "own": false, "containers": ["web1"], "mounts": [],
        "uidMappings": [{"containerID": 0, "hostID": 100000, "size": 65536}],
        "gidMappings": [{"containerID": 0, "hostID": 1, "size": 1}, {"containerID": 1, "hostID": 10, "size": 1},
                        {"containerID": 2, "hostID": 20, "size": 1}, {"containerID": 3, "hostID": 30, "size": 1},
                        {"containerID": 4, "hostID": 40, "size": 1}]})"));
    CHECK(list[8] ==
          nlohmann::json::parse(R"({"type": "uts", "inode": 30, "processes": 0, "own": false, "containers": [],
        "mounts": [{"path": "/run/a"}, {"path": "/run/b", "mountNamespace": 77}]})"));
}
