#include "rt/analysis/process_ids.hpp"

#include <nlohmann/json.hpp>

#include "catch.hpp"

using namespace rt;

namespace {

// As the kernel writes it (proc_pid_status(5)): real, effective, saved and file system id.
const std::string status =
    "Name:\tUid:\nUmask:\t0022\nPid:\t4711\nUid:\t100033\t100000\t100033\t100033\nGid:"
    "\t200000\t200001\t200002\t200003\n"
    "Groups:\t \nNStgid:\t4711\t80\t2\nNSpid:\t4711\t80\t2\n";

plan::IdMappings mapping(std::uint32_t container, std::uint32_t host, std::uint32_t size) {
    return plan::IdMappings::validate({{.container_id = container, .host_id = host, .size = size}}, JsonPointer());
}

}  // namespace

TEST_CASE("the effective ids and all pids of a process are read", "[analysis]") {
    const auto ids = analysis::parse_process_ids(status);
    REQUIRE(ids);
    CHECK(ids->uid == 100000);
    CHECK(ids->gid == 200001);
    CHECK(ids->pids == std::vector<pid_t>{4711, 80, 2});
    CHECK_FALSE(analysis::parse_process_ids(""));
    CHECK_FALSE(analysis::parse_process_ids("Uid:\t1\t1\t1\t1\nGid:\t1\t1\t1\t1\n"));
    CHECK_FALSE(analysis::parse_process_ids("Uid:\t1\nGid:\t1\t1\t1\t1\nNSpid:\t1\n"));
}

TEST_CASE("a process is shown by its ids of both sides", "[analysis]") {
    const auto ids = *analysis::parse_process_ids(status);
    const analysis::ProcessMappings mappings{.uids = mapping(33, 100000, 10), .gids = mapping(0, 200000, 1)};
    const auto process = analysis::on_both_sides(ids, mappings, 1);
    CHECK(process.uid == 33);
    CHECK(process.host_uid == 100000);
    CHECK_FALSE(process.gid);
    CHECK(process.host_gid == 200001);
    CHECK(process.pid == 80);
    CHECK(process.host_pid == 4711);
    CHECK_FALSE(analysis::on_both_sides(ids, mappings, 3).pid);
    // The maps of the caller's own user namespace tell of its parent: there every id is itself.
    CHECK(analysis::on_both_sides(ids, {.own = true, .uids = mapping(0, 0, 1)}, 0).uid == 100000);
    CHECK(analysis::on_both_sides(ids, {.own = true}, 0).gid == 200001);
}

TEST_CASE("processes of both sides as table and JSON", "[analysis]") {
    const std::vector<analysis::ProcessOnBothSides> processes{{.uid = 0,
                                                               .host_uid = 100000,
                                                               .gid = std::nullopt,
                                                               .host_gid = 5,
                                                               .pid = 1,
                                                               .host_pid = 4711,
                                                               .command = "sleep 9"}};
    using Row = std::vector<std::string>;
    const auto rows = analysis::process_rows(processes);
    REQUIRE(rows.size() == 2);
    CHECK(rows[0] == Row{"UID", "HOST-UID", "GID", "HOST-GID", "PID", "HOST-PID", "COMMAND"});
    CHECK(rows[1] == Row{"0", "100000", "-", "5", "1", "4711", "sleep 9"});
    CHECK(nlohmann::json::parse(analysis::process_json(processes)) ==
          nlohmann::json::parse(R"([{"uid": 0, "hostUid": 100000, "gid": null, "hostGid": 5, "pid": 1, "hostPid": 4711,
                                     "command": "sleep 9"}])"));
    CHECK(analysis::process_json({}) == "[]\n");
}
