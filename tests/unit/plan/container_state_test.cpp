#include "rt/plan/container_state.hpp"

#include <nlohmann/json.hpp>

#include "catch.hpp"
#include "rt/plan/plan.hpp"

using namespace rt;
using nlohmann::ordered_json;
using plan::ContainerState;
using plan::Status;

namespace {

ContainerState redis() {
    return {.oci_version = "1.3.0",
            .id = "oci-container1",
            .status = Status::running,
            .pid = 4422,
            .bundle = "/containers/redis",
            .rootfs = "",
            .created = "",
            .owner = "",
            .annotations = {{"myKey", "myValue"}}};
}

std::vector<std::string> keys_of(const std::string& text) {
    const ordered_json object = ordered_json::parse(text);
    std::vector<std::string> keys;
    for (const auto& member : object.items()) keys.push_back(member.key());
    return keys;
}

}  // namespace

TEST_CASE("the state is the example of runtime.md", "[plan][state]") {
    CHECK(nlohmann::json::parse(to_json(redis())) == nlohmann::json::parse(R"({
        "ociVersion": "1.3.0", "id": "oci-container1", "status": "running", "pid": 4422,
        "bundle": "/containers/redis", "annotations": {"myKey": "myValue"}})"));
}

TEST_CASE("the members of the state keep the order that callers compare", "[plan][state]") {
    using Keys = std::vector<std::string>;
    ContainerState state = redis();
    CHECK(keys_of(to_json(state)) == Keys{"ociVersion", "id", "pid", "status", "bundle", "annotations"});
    state.rootfs = "/r";
    state.created = "2026-01-02T03:04:05.000000006Z";
    state.owner = "root";
    state.annotations.clear();
    CHECK(keys_of(to_json(state)) == Keys{"ociVersion", "id", "pid", "status", "bundle", "rootfs", "created", "owner"});
}

TEST_CASE("each status of the state has the word of the schema", "[plan][state]") {
    const std::pair<Status, const char*> words[] = {{Status::creating, "creating"},
                                                    {Status::created, "created"},
                                                    {Status::running, "running"},
                                                    {Status::stopped, "stopped"}};
    for (const auto& [status, word] : words) {
        ContainerState state = redis();
        state.status = status;
        CHECK(ordered_json::parse(to_json(state))["status"] == word);
    }
}

TEST_CASE("a state without a process has the pid 0, which the schema allows", "[plan][state]") {
    ContainerState state = redis();
    state.pid = 0;
    CHECK(ordered_json::parse(to_json(state))["pid"] == 0);
}

TEST_CASE("the state is one line or indented, and quotes what JSON asks for", "[plan][state]") {
    ContainerState state = redis();
    state.bundle = "/a \"b\"\n\xff";
    CHECK(to_json(state).find('\n') == std::string::npos);
    CHECK(ordered_json::parse(to_json(state))["bundle"] == "/a \"b\"\n\xef\xbf\xbd");
    CHECK(to_json(state, 2).starts_with("{\n  \"ociVersion\""));
    CHECK(to_json(state, 2).back() == '}');
}

TEST_CASE("the state of a plan is that of its container", "[plan][state]") {
    plan::Plan plan;
    plan.oci_version = "1.3.0";
    plan.id = "web1";
    plan.bundle = "/srv/web";
    plan.annotations = {{"k", "v"}};
    const ContainerState state = state_of(plan, Status::created, 7);
    CHECK(keys_of(to_json(state)) ==
          std::vector<std::string>{"ociVersion", "id", "pid", "status", "bundle", "annotations"});
    CHECK(state.id == "web1");
    CHECK(state.bundle == "/srv/web");
    CHECK(state.oci_version == "1.3.0");
    CHECK(state.annotations.at("k") == "v");
    CHECK(state.status == Status::created);
    CHECK(state.pid == 7);
}

TEST_CASE("a seccomp agent is told of the process in the words of the spec", "[plan][state]") {
    plan::ContainerProcessState process{
        .fds = {"seccompFd"}, .pid = 4422, .metadata = "MKNOD=/dev/null", .state = redis()};
    const auto object = ordered_json::parse(to_json(process));
    CHECK(keys_of(to_json(process)) == std::vector<std::string>{"ociVersion", "fds", "pid", "metadata", "state"});
    CHECK(object["ociVersion"] == redis().oci_version);
    CHECK(object["fds"] == ordered_json::array({"seccompFd"}));
    CHECK(object["pid"] == 4422);
    CHECK(object["metadata"] == "MKNOD=/dev/null");
    CHECK(object["state"] == ordered_json::parse(to_json(redis())));
    process.metadata = "";
    CHECK(keys_of(to_json(process)) == std::vector<std::string>{"ociVersion", "fds", "pid", "state"});
}
