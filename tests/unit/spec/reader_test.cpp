#include "rt/spec/reader.hpp"

#include <algorithm>
#include <cctype>
#include <vector>

#include "catch.hpp"
#include "config.hpp"
#include "log_capture.hpp"
#include "rt/base/text.hpp"

namespace {

using rt::NamespaceType;
using rt::test::complete_config;
using rt::test::config_with;
using rt::test::config_without;
using rt::test::failure_of_reading;
using rt::test::LogCapture;
using Strings = std::vector<std::string>;

rt::spec::Spec read(const std::string& text) { return rt::spec::read(text, "/bundle/config.json"); }

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("the process is read into its struct", "[spec]") {
    const rt::spec::Process process = read(complete_config()).process.value();
    CHECK(process.terminal);
    CHECK(process.console_size.value().height == 25);
    CHECK(process.console_size.value().width == 80);
    CHECK(process.user.uid == 1000);
    CHECK(process.user.gid == 1001);
    CHECK(process.user.umask == 63U);
    CHECK(process.user.additional_gids == std::vector<std::uint32_t>{5, 6});
    CHECK(process.args == Strings{"sh", "-c", "id"});
    CHECK(process.env == Strings{"PATH=/bin", "TERM=xterm"});
    CHECK(process.cwd == "/root");
    const rt::spec::Capabilities sets = process.capabilities.value();
    CHECK(sets.effective == Strings{"CAP_KILL"});
    CHECK(sets.bounding == Strings{"CAP_KILL", "CAP_CHOWN"});
    CHECK(sets.inheritable == Strings{"CAP_FOWNER"});
    CHECK(sets.permitted == Strings{"CAP_SETUID"});
    CHECK(sets.ambient == Strings{"CAP_SETGID"});
    REQUIRE(process.rlimits.size() == 1);
    CHECK(process.rlimits[0].type == "RLIMIT_NOFILE");
    CHECK(process.rlimits[0].soft == 1024);
    CHECK(process.rlimits[0].hard == 18446744073709551615U);
    CHECK(process.no_new_privileges);
    CHECK(process.oom_score_adj == -100);
}

TEST_CASE("the parts outside of process and linux are read into their structs", "[spec]") {
    const rt::spec::Spec spec = read(complete_config());
    CHECK(spec.oci_version == "1.3.0");
    CHECK(spec.root.path == "rootfs");
    CHECK(spec.root.readonly);
    CHECK(spec.hostname == "web1");
    CHECK(spec.annotations.size() == 2);
    CHECK(spec.annotations.at("com.example.key") == "value");
    REQUIRE(spec.mounts.size() == 2);
    CHECK(spec.mounts[0].destination == "/proc");
    CHECK(spec.mounts[0].type == "proc");
    CHECK(spec.mounts[0].source == "proc");
    CHECK(spec.mounts[0].options.empty());
    CHECK(spec.mounts[1].options == Strings{"rbind", "ro"});
}

TEST_CASE("the linux part is read into its struct", "[spec]") {
    const rt::spec::Linux part = read(complete_config()).linux;
    REQUIRE(part.namespaces.size() == 3);
    CHECK(part.namespaces[0].type == NamespaceType::user);
    CHECK_FALSE(part.namespaces[0].path.has_value());
    CHECK(part.namespaces[1].type == NamespaceType::network);
    CHECK(part.namespaces[1].path == "/run/netns/a");
    CHECK_FALSE(part.namespaces[2].path.has_value());
    REQUIRE(part.uid_mappings.size() == 2);
    CHECK(part.uid_mappings[1].container_id == 1);
    CHECK(part.uid_mappings[1].host_id == 100000);
    CHECK(part.uid_mappings[1].size == 9);
    REQUIRE(part.gid_mappings.size() == 1);
    CHECK(part.gid_mappings[0].host_id == 4294967295U);
    CHECK(part.cgroups_path == "/group/web1");
    CHECK(part.rootfs_propagation == "rprivate");
    CHECK(part.masked_paths == Strings{"/proc/kcore"});
    CHECK(part.readonly_paths == Strings{"/proc/sys", "/proc/bus"});
}

TEST_CASE("device rules keep their order, and what they leave out means all", "[spec]") {
    const std::vector<rt::spec::DeviceRule> rules = read(complete_config()).linux.resources.devices;
    REQUIRE(rules.size() == 3);
    CHECK_FALSE(rules[0].allow);
    CHECK(rules[0].type == rt::spec::DeviceRuleType::all);
    CHECK_FALSE(rules[0].major.has_value());
    CHECK(rules[0].access == "rwm");
    CHECK(rules[1].type == rt::spec::DeviceRuleType::character);
    CHECK(rules[1].major == 10U);
    CHECK(rules[1].minor == 229U);
    CHECK(rules[2].type == rt::spec::DeviceRuleType::block);
    CHECK_FALSE(rules[2].minor.has_value());
    CHECK(rules[2].access.empty());
    const std::string config = config_with("/linux/resources/devices/1/type", R"("")");
    CHECK(read(config).linux.resources.devices[1].type == rt::spec::DeviceRuleType::all);
}

TEST_CASE("what is optional may be absent", "[spec]") {
    const rt::spec::Spec spec = read(R"({"ociVersion": "1.0.0", "root": {"path": "/srv/rootfs"}})");
    CHECK_FALSE(spec.root.readonly);
    CHECK_FALSE(spec.process.has_value());
    CHECK_FALSE(spec.hostname.has_value());
    CHECK(spec.mounts.empty());
    CHECK(spec.linux.namespaces.empty());
    for (const std::string place :
         {"/process/terminal", "/process/consoleSize", "/process/user/umask", "/process/user/additionalGids",
          "/process/env", "/process/capabilities", "/process/capabilities/bounding", "/process/rlimits",
          "/process/noNewPrivileges", "/process/oomScoreAdj", "/mounts/1/options", "/mounts/0/type", "/hostname",
          "/mounts/0/source", "/linux", "/linux/resources", "/annotations", "/linux/namespaces/1/path"}) {
        CAPTURE(place);
        CHECK_NOTHROW(read(config_without(place)));
    }
    CHECK_FALSE(read(config_without("/process/capabilities")).process->capabilities.has_value());
    CHECK_FALSE(read(config_without("/process/user/umask")).process->user.umask.has_value());
    CHECK_FALSE(read(config_without("/process/oomScoreAdj")).process->oom_score_adj.has_value());
    CHECK(read(config_with("/hostname", R"("")")).hostname == "");
}

TEST_CASE("what is required is named when it is missing", "[spec]") {
    for (const std::string place :
         {"/ociVersion", "/root", "/root/path", "/mounts/1/destination", "/process/user", "/process/user/uid",
          "/process/user/gid", "/process/args", "/process/cwd", "/process/consoleSize/height",
          "/process/rlimits/0/type", "/process/rlimits/0/soft", "/process/rlimits/0/hard", "/linux/namespaces/0/type",
          "/linux/uidMappings/1/containerID", "/linux/uidMappings/1/hostID", "/linux/gidMappings/0/size",
          "/linux/resources/devices/0/allow"}) {
        const rt::Failure failure = failure_of_reading(config_without(place));
        CHECK(failure.object == place);
        CHECK(failure.reason == "it is required, and missing");
    }
    CHECK(failure_of_reading(config_without("/ociVersion")).hint == R"(add "ociVersion": "1.3.0")");
}

TEST_CASE("a value of another type is refused with its place", "[spec]") {
    const std::vector<std::pair<std::string, std::string>> values{
        {"null", "null"},  {"boolean", "false"}, {"number", "1.5"},     {"number", "1e20"},
        {"number", "7.0"}, {"string", R"("1")"}, {"array", "[[null]]"}, {"object", "{}"}};
    for (const std::string& place : rt::test::config_pointers()) {
        for (const auto& [type, value] : values) {
            const std::string own_type = rt::test::type_at(place);
            if (type == own_type && type != "number" && type != "array") continue;
            CAPTURE(place, value);
            const rt::Failure failure = failure_of_reading(config_with(place, value));
            // A wrong element of an array is named itself.
            const bool element = type == "array" && own_type == "array";
            CHECK(failure.object == (element ? place + "/0" : place.empty() ? "/" : place));
            CHECK(contains(failure.reason, "expected "));
            CHECK(contains(failure.reason, ", found "));
            CHECK(failure.during == Strings{"read '/bundle/config.json'"});
        }
    }
}

TEST_CASE("a negative number is refused where the spec has none", "[spec]") {
    const Strings signed_places{"/process/oomScoreAdj",
                                "/process/scheduler/nice",
                                "/process/scheduler/priority",
                                "/process/ioPriority/priority",
                                "/linux/timeOffsets/monotonic/secs",
                                "/linux/timeOffsets/boottime/secs",
                                "/linux/resources/devices/1/major",
                                "/linux/resources/devices/1/minor",
                                "/linux/resources/devices/2/major",
                                "/linux/resources/devices/2/minor",
                                "/linux/resources/memory/limit",
                                "/linux/resources/memory/reservation",
                                "/linux/resources/memory/swap",
                                "/linux/resources/memory/kernel",
                                "/linux/resources/memory/kernelTCP",
                                "/linux/resources/cpu/quota",
                                "/linux/resources/cpu/realtimeRuntime",
                                "/linux/resources/pids/limit"};
    for (const std::string& place : rt::test::config_pointers()) {
        CAPTURE(place);
        if (std::ranges::find(signed_places, place) != signed_places.end()) {
            CHECK_NOTHROW(read(config_with(place, "-1")));
        } else {
            CHECK(failure_of_reading(config_with(place, "-1")).object == (place.empty() ? "/" : place));
        }
    }
}

TEST_CASE("a value that no id or number can be is refused, and says what was found", "[spec]") {
    struct Case {
        std::string place, value, reason, hint;
    };
    // What chown(2) and setresuid(2) take for "unchanged" is no id.
    const std::string id = "expected a whole number from 0 to 4294967294, found ";
    const std::string number = "expected a whole number from 0 to 4294967295, found ";
    const std::vector<Case> cases{
        {"/process/user/uid", R"("1000")", id + R"(the string "1000")", "write it without the quotes"},
        {"/process/user/uid", R"("root")", id + R"(the string "root")", ""},
        {"/process/user/umask", R"("022")", R"(expected a whole number from 0 to 511, found the string "022")",
         "write it as a decimal number, without the quotes: 18"},
        {"/linux/devices/0/fileMode", R"("0666")",
         R"(expected a whole number from 0 to 65535, found the string "0666")",
         "write it as a decimal number, without the quotes: 438"},
        {"/process/user/uid", R"("08")", id + R"(the string "08")", ""},
        {"/process/user/uid", "-1", id + "-1", ""},
        {"/process/user/uid", "4294967295", id + "4294967295", ""},
        {"/process/user/gid", "4294967295", id + "4294967295", ""},
        {"/process/user/additionalGids/0", "4294967295", id + "4294967295", ""},
        {"/linux/devices/0/uid", "4294967295", id + "4294967295", ""},
        {"/linux/devices/0/gid", "4294967295", id + "4294967295", ""},
        {"/process/user/gid", "1.5", id + "1.5", ""},
        {"/process/user/gid", "1000.0", id + "1000.0", ""},
        {"/process/user/additionalGids/1", "1e20", id + "1e+20", ""},
        {"/linux/uidMappings/1/containerID", "4294967296", number + "4294967296", ""},
        {"/linux/uidMappings/0/hostID", "18446744073709551616", number + "1.8446744073709552e+19", ""},
        {"/linux/gidMappings/0/size", "-4294967296", number + "-4294967296", ""},
        {"/linux/gidMappings/0/size", "null", number + "null", "leave it out instead"},
        {"/process/user/umask", "512", "expected a whole number from 0 to 511, found 512", ""},
        {"/process/consoleSize/width", "65536", "expected a whole number from 0 to 65535, found 65536", ""},
        {"/process/oomScoreAdj", "1001", "expected a whole number from -1000 to 1000, found 1001", ""},
        {"/process/oomScoreAdj", "-1001", "expected a whole number from -1000 to 1000, found -1001", ""},
        {"/process/oomScoreAdj", "18446744073709551615",
         "expected a whole number from -1000 to 1000, found 18446744073709551615", ""},
        {"/process/rlimits/0/soft", "-1", "expected a whole number from 0 to 18446744073709551615, found -1", ""},
        {"/linux/resources/devices/1/major", "-2", "expected a whole number from -1 to 4294967295, found -2", ""},
        {"/root/readonly", R"("true")", R"(expected true or false, found the string "true")",
         "write it without the quotes"},
        {"/root/readonly", "1", "expected true or false, found 1", ""},
    };
    for (const Case& expected : cases) {
        const rt::Failure failure = failure_of_reading(config_with(expected.place, expected.value));
        CHECK(failure.object == expected.place);
        CHECK(failure.reason == expected.reason);
        CHECK(failure.hint == expected.hint);
    }
}

TEST_CASE("a zero may have a sign, and a mode the type that stat(2) says", "[spec]") {
    CHECK(read(config_with("/process/user/uid", "-0")).process->user.uid == 0);
    CHECK(read(config_with("/linux/devices/0/fileMode", "8630")).linux.devices.at(0).file_mode == 0666U);  // 020666
}

TEST_CASE("a value that the spec restricts is refused with its place", "[spec]") {
    struct Case {
        std::string place, value, reason;
    };
    const std::vector<Case> cases{
        {"/root/path", R"("")", "it must not be empty"},
        {"/mounts/0/destination", R"("")", "it must not be empty"},
        {"/process/args", "[]", "at least one entry is required: the program to run"},
        {"/process/args", R"(["", "x"])", "the first entry is the program to run, and it is empty"},
        {"/process/env/0", R"("NAME")", "expected NAME=value"},
        {"/process/env/0", R"("=value")", "expected NAME=value"},
        {"/process/env/0", R"("")", "expected NAME=value"},
        {"/linux/devices/0/fileMode", "33188", "its type bits are those of another kind of file"},
        {"/process/cwd", R"("root")", R"(expected an absolute path, found "root")"},
        {"/process/cwd", R"("")", R"(expected an absolute path, found "")"},
        {"/linux/namespaces/1/path", R"("ns/net")", R"(expected an absolute path, found "ns/net")"},
        {"/linux/maskedPaths/0", R"("proc/kcore")", R"(expected an absolute path, found "proc/kcore")"},
        {"/linux/readonlyPaths/1", R"("proc")", R"(expected an absolute path, found "proc")"},
        {"/linux/namespaces/0/type", R"("net")",
         R"("net" is not a namespace type: expected one of user, pid, mount, network, ipc, uts, cgroup, time)"},
        {"/linux/resources/devices/1/type", R"("p")", R"(expected "a", "c" or "b", found "p")"},
        {"/linux/resources/devices/1/access", R"("rx")", R"(expected a text made of r, w and m, found "rx")"},
        {"/annotations", R"({"": "x"})", "the key of an annotation must not be empty"},
        {"/annotations/key", "1", "expected a string, found 1"},
    };
    for (const Case& expected : cases) {
        const rt::Failure failure = failure_of_reading(config_with(expected.place, expected.value));
        CHECK(failure.object == expected.place);
        CHECK(failure.reason == expected.reason);
    }
}

TEST_CASE("a NUL byte is refused where a system call would cut the string off", "[spec]") {
    for (const std::string place :
         {"/root/path", "/mounts/1/source", "/mounts/1/destination", "/mounts/1/type", "/mounts/1/options/0",
          "/process/args/0", "/process/env/1", "/process/cwd", "/hostname", "/linux/namespaces/1/path",
          "/linux/cgroupsPath", "/linux/maskedPaths/0"}) {
        const rt::Failure failure = failure_of_reading(config_with(place, R"("/a\u0000b")"));
        CHECK(failure.object == place);
        CHECK(contains(failure.reason, "NUL byte"));
    }
    CHECK(read(config_with("/annotations/key", R"("a\u0000b")")).annotations.at("key").size() == 3);
}

TEST_CASE("the console size is ignored without a terminal", "[spec]") {
    std::string config = config_with("/process/terminal", "false");
    CHECK_FALSE(read(config).process->console_size.has_value());
    config.replace(config.find(R"("height":25)"), 11, R"("height":-1)");
    CHECK_NOTHROW(read(config));
}

TEST_CASE("unknown keys are ignored and noted at debug level, in every object", "[spec]") {
    const Strings objects = rt::test::config_objects();
    CHECK(objects.size() > 40);
    for (const std::string& object : objects) {
        const std::string place = object + "/new";
        const LogCapture log;
        CHECK_NOTHROW(read(config_with(place, R"({"any": [1, null]})")));
        CHECK(contains(log.text(), "level=debug msg=\"'" + place + "' is not known"));
    }
}

TEST_CASE("what is for other operating systems is ignored and noted at debug level", "[spec]") {
    for (const std::string place :
         {"/windows", "/solaris", "/vm", "/zos", "/freebsd", "/process/commandLine", "/process/user/username"}) {
        const LogCapture log;
        CHECK_NOTHROW(read(config_with(place, R"({"any": 1})")));
        CHECK(contains(log.text(), "level=debug msg=\"'" + place + "' is for another operating system"));
    }
}

TEST_CASE("a complete config of this version gives no line in the log", "[spec]") {
    const LogCapture log;
    read(complete_config());
    CHECK(log.text().empty());
}

TEST_CASE("a key in other upper and lower case is taken with a warning, whichever it is", "[spec]") {
    const Strings objects = rt::test::config_objects();
    for (const std::string& pointer : rt::test::config_pointers()) {
        const std::string parent = pointer.substr(0, pointer.rfind('/'));
        const std::string key = pointer.substr(pointer.rfind('/') + 1);
        if (pointer.empty() || std::ranges::find(objects, parent) == objects.end()) continue;
        std::string other = key;
        std::ranges::transform(other, other.begin(), [](unsigned char c) { return std::toupper(c); });
        const LogCapture log;
        CHECK_NOTHROW(read(rt::test::config_renamed(pointer, other)));
        CHECK(
            contains(log.text(), rt::concat("level=warning msg=\"'", parent, "/", other, "' is taken as '", key, "'")));
    }
    CHECK(read(rt::test::config_renamed("/process/noNewPrivileges", "nonewprivileges")).process->no_new_privileges);
}

TEST_CASE("a key given in two spellings is refused, and those of a map are the user's", "[spec]") {
    const LogCapture log;
    const rt::Failure twice = failure_of_reading(config_with("/Hostname", R"("other")"));
    CHECK(twice.object == "/hostname");
    CHECK(twice.reason == "it is given twice, also as '/Hostname'");
    // Names of annotations are the user's.
    CHECK(read(config_with("/annotations", R"({"A": "1", "a": "2"})")).annotations.size() == 2);
}

TEST_CASE("a large config is read", "[spec]") {
    std::string mounts;
    std::string environment;
    for (int i = 0; i < 5000; ++i) mounts += R"({"destination": "/a", "type": "tmpfs", "options": ["ro", "nosuid"]},)";
    for (int i = 0; i < 10000; ++i) environment += R"("NAME=a value that fills the text up to the size",)";
    mounts.back() = ']';
    environment.back() = ']';
    std::string config = config_with("/mounts", "[" + mounts);
    CHECK(read(config).mounts.size() == 5000);
    config = config_with("/process/env", "[" + environment);
    CHECK(read(config).process->env.size() == 10000);
    config = config_with("/annotations/large", "\"" + std::string(1000000, 'x') + "\"");
    CHECK(read(config).annotations.at("large").size() == 1000000);
}
