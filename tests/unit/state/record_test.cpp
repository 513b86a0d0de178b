#include "rt/state/record.hpp"

#include <nlohmann/json.hpp>

#include "catch.hpp"
#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

using namespace rt;
using nlohmann::json;
using state::Record;
using state::Status;

namespace {

Record complete() {
    return {.oci_version = "1.3.0",
            .id = "web1",
            .bundle = "/srv/web 1",
            .rootfs = "/srv/\"web\"\n/rootfs",
            .created = "2026-01-02T03:04:05.000000006Z",
            .owner = 4294967294U,
            .boot_id = "11111111-2222-3333-4444-555555555555",
            .status = Status::running,
            .pid = 4194304,
            .start_time = 18446744073709551615U,
            .pid_namespace = 4026531836U,
            .cgroups = {"/sys/fs/cgroup/web1", "/sys/fs/cgroup/\xc3\xa4"},
            .made_cgroups = {"/sys/fs/cgroup/web1"},
            .made_rdt_groups = {"/sys/fs/resctrl/web1", "/sys/fs/resctrl/web1/mon_groups/web1"}};
}

json complete_json() { return json::parse(state::to_json(complete())); }

std::string refusal_of(const std::string& text) {
    try {
        state::read_record(text, "/run/rt/web1/state.json");
    } catch (const Error& error) {
        CHECK(error.failure().object == "/run/rt/web1/state.json");
        CHECK_FALSE(error.failure().hint.empty());
        return error.what();
    }
    FAIL("accepted: " << text);
    return {};
}

bool is_private_accepted(const std::string& text) {
    try {
        state::read_private_record(text, "private.json");
    } catch (const Error&) {
        return false;
    }
    return true;
}

}  // namespace

TEST_CASE("a record is read as it was written", "[state][record]") {
    const Record before = complete();
    const Record after = state::read_record(state::to_json(before), "state.json");
    CHECK(after.oci_version == before.oci_version);
    CHECK(after.id == before.id);
    CHECK(after.bundle == before.bundle);
    CHECK(after.rootfs == before.rootfs);
    CHECK(after.created == before.created);
    CHECK(after.owner == before.owner);
    CHECK(after.boot_id == before.boot_id);
    CHECK(after.status == before.status);
    CHECK(after.pid == before.pid);
    CHECK(after.start_time == before.start_time);
    CHECK(after.pid_namespace == before.pid_namespace);
    CHECK(after.cgroups == before.cgroups);
    CHECK(after.made_cgroups == before.made_cgroups);
    CHECK(after.made_rdt_groups == before.made_rdt_groups);
}

TEST_CASE("the attachment of a rootfs is in the record of the few containers that have one", "[state][record]") {
    CHECK_FALSE(complete_json().contains("attachment"));
    Record before = complete();
    before.attachment = {.namespace_path = "/run/ns/mnt",
                         .mount_namespace = 4026532000U,
                         .mount = 18446744073709551615U,
                         .device = 1,
                         .inode = 2};
    CHECK(state::read_record(state::to_json(before), "state.json").attachment == before.attachment);
    json damaged = json::parse(state::to_json(before));
    damaged["attachment"].erase("mount");
    CHECK(refusal_of(damaged.dump()).find("'mount'") != std::string::npos);
    damaged["attachment"] = "here";
    CHECK(refusal_of(damaged.dump()).find("'attachment'") != std::string::npos);
}

TEST_CASE("a record of a container without a process is one too", "[state][record]") {
    const Record after = state::read_record(state::to_json(Record{}), "state.json");
    CHECK(after.pid == 0);
    CHECK(after.status == Status::creating);
    CHECK(after.cgroups.empty());
}

TEST_CASE("each status has the word of the spec", "[state][record]") {
    const std::pair<Status, const char*> words[] = {{Status::creating, "creating"},
                                                    {Status::created, "created"},
                                                    {Status::running, "running"},
                                                    {Status::stopped, "stopped"}};
    for (const auto& [status, word] : words) {
        CHECK(name_of(status) == word);
        Record record = complete();
        record.status = status;
        CHECK(json::parse(state::to_json(record))["status"] == word);
        CHECK(state::read_record(state::to_json(record), "state.json").status == status);
    }
}

TEST_CASE("a record with a member missing, or of another type, is damaged", "[state][record]") {
    const json whole = complete_json();
    CHECK(whole.size() == 14);
    for (const auto& member : whole.items()) {
        CAPTURE(member.key());
        json without = whole;
        without.erase(member.key());
        CHECK(refusal_of(without.dump()).find(member.key()) != std::string::npos);
        for (const json& value : {json(nullptr), json(true), json("1"), json(1U), json(-1), json(1.5), json::array({1}),
                                  json::array({"x", nullptr}), json::object()}) {
            const bool same_type = value.type() == member.value().type() && !value.is_array();
            if (same_type && member.key() != "status") continue;
            json other = whole;
            other[member.key()] = value;
            CAPTURE(value.dump());
            CHECK(refusal_of(other.dump()).find("damaged") != std::string::npos);
        }
    }
}

TEST_CASE("a number that its place cannot hold is damaged, not cut off", "[state][record]") {
    const std::pair<const char*, const char*> cases[] = {
        {"pid", "4194305"},               // past PID_MAX_LIMIT
        {"pid", "4294967297"},            // 1, when cut to 32 bits
        {"pid", "18446744073709551616"},  // past 64 bits
        {"owner", "4294967296"},          // root, when cut to 32 bits
        {"startTime", "18446744073709551616"},
        {"pidNamespace", "1e3"},
    };
    for (const auto& [key, number] : cases) {
        CAPTURE(key, number);
        json record = complete_json();
        record[key] = "here";
        std::string text = record.dump();
        text.replace(text.find("\"here\""), 6, number);
        CHECK(refusal_of(text).find("damaged") != std::string::npos);
    }
}

TEST_CASE("an unknown status is damaged", "[state][record]") {
    for (const char* word : {"", "paused", "Running", "running "}) {
        json record = complete_json();
        record["status"] = word;
        CHECK(refusal_of(record.dump()).find("status") != std::string::npos);
    }
}

TEST_CASE("what is not one JSON object is damaged", "[state][record]") {
    const std::string whole = state::to_json(complete());
    for (const std::string text : {"", "{}", "[]", "null", "1", "\"x\"", "x", "{", "\xff", "{\"id\": \"\xff\"}"}) {
        CAPTURE(text);
        refusal_of(text);
    }
    refusal_of(std::string("\0", 1));
    refusal_of(whole + "{}");
    refusal_of(whole + "x");
    refusal_of("[" + whole + "]");
    refusal_of(std::string(100000, '['));
}

TEST_CASE("a record that is cut off anywhere is damaged", "[state][record]") {
    const std::string whole = state::to_json(complete());
    for (std::size_t length = 0; length + 2 < whole.size(); ++length) refusal_of(whole.substr(0, length));
}

TEST_CASE("members that a later version adds do no harm", "[state][record]") {
    json record = complete_json();
    record["new"] = {1, 2};
    CHECK(state::read_record(record.dump(), "state.json").id == "web1");
}

TEST_CASE("bytes that are no UTF-8 do not stop a record from being written", "[state][record]") {
    Record record = complete();
    record.bundle = "/srv/\xff";
    CHECK(state::read_record(state::to_json(record), "state.json").id == "web1");
}

TEST_CASE("the private record is read as it was written", "[state][record]") {
    const state::PrivateRecord before{.annotations = {{"com.example.key", "va\"lue"}, {"empty", ""}},
                                      .session_keyring = "_ses.web1.7"};
    CHECK(state::read_private_record(state::to_json(before), "private.json").annotations == before.annotations);
    CHECK(state::read_private_record(state::to_json(before), "private.json").session_keyring == "_ses.web1.7");
    CHECK(state::read_private_record(state::to_json(state::PrivateRecord{}), "private.json").annotations.empty());
}

TEST_CASE("a damaged private record is refused", "[state][record]") {
    CHECK(is_private_accepted(R"({"annotations": {"a": "b"}, "hooks": {}, "sessionKeyring": ""})"));
    for (const char* text : {"", "[]", "{}", R"({"annotations": null, "hooks": {}, "sessionKeyring": ""})",
                             R"({"annotations": [], "hooks": {}, "sessionKeyring": ""})",
                             R"({"annotations": {"a": 1}, "hooks": {}, "sessionKeyring": ""})",
                             R"({"annotations": {"a": "b"}, "hooks": {}, "sessionKeyring": "")",
                             R"({"annotations": {}, "sessionKeyring": ""})", R"({"annotations": {}, "hooks": {}})",
                             R"({"annotations": {}, "hooks": [], "sessionKeyring": ""})",
                             R"({"annotations": {}, "hooks": null, "sessionKeyring": ""})",
                             R"({"annotations": {}, "hooks": {}, "sessionKeyring": 1})"}) {
        CAPTURE(text);
        CHECK_FALSE(is_private_accepted(text));
    }
}

TEST_CASE("the hooks that run after create are read as they were written, the others are not kept", "[state][hooks]") {
    using plan::HookKind;
    state::PrivateRecord before;
    for (const plan::HookKindEntry& entry : plan::hook_kinds) {
        before.hooks.of(entry.kind) = {
            {.path = concat("/", entry.name), .args = {"x", "", "\"\n"}, .env = std::vector<std::string>{"A=1", "A=1"}},
            {.path = "/b", .args = {"y"}, .env = std::vector<std::string>(), .timeout = 2147483647}};
    }
    before.hooks.of(HookKind::start_container).push_back({.path = "/c", .args = {"z"}});
    const plan::Hooks after = state::read_private_record(state::to_json(before), "private.json").hooks;
    for (const HookKind kind : {HookKind::prestart, HookKind::create_runtime, HookKind::create_container}) {
        CHECK_FALSE(after.has(kind));
    }
    for (const HookKind kind : {HookKind::start_container, HookKind::poststart, HookKind::poststop}) {
        const auto& expected = before.hooks.of(kind);
        REQUIRE(after.of(kind).size() == expected.size());
        for (std::size_t i = 0; i < expected.size(); ++i) {
            CHECK(after.of(kind)[i].path == expected[i].path);
            CHECK(after.of(kind)[i].args == expected[i].args);
            CHECK(after.of(kind)[i].env == expected[i].env);
            CHECK(after.of(kind)[i].timeout == expected[i].timeout);
        }
    }
}

TEST_CASE("damaged hooks are refused", "[state][hooks]") {
    const auto with_hook = [](const std::string& kind, const std::string& hook) {
        return concat(R"({"annotations": {}, "hooks": {")", kind, R"(": )", hook, R"(}, "sessionKeyring": ""})");
    };
    CHECK(is_private_accepted(with_hook("poststop", R"([{"path": "/a", "args": ["a"], "env": []}])")));
    CHECK(is_private_accepted(with_hook("startContainer", R"([{"path": "/a", "args": ["a"]}])")));
    for (const char* hook :
         {"{}", "null", "[1]", "[{}]", R"([{"path": "/a", "args": ["a"]}])", R"([{"args": ["a"], "env": []}])",
          R"([{"path": "a", "args": ["a"], "env": []}])", R"([{"path": "", "args": ["a"], "env": []}])",
          R"([{"path": "/a", "args": [], "env": []}])", R"([{"path": "/a", "env": []}])",
          R"([{"path": "/a", "args": ["a"], "env": null}])", R"([{"path": "/a", "args": [1], "env": []}])",
          R"([{"path": "/a", "args": ["a"], "env": [], "timeout": -1}])",
          R"([{"path": "/a", "args": ["a"], "env": [], "timeout": 4294967296}])"}) {
        CAPTURE(hook);
        CHECK_FALSE(is_private_accepted(with_hook("poststop", hook)));
    }
}
