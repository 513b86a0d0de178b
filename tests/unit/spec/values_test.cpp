// What the spec restricts, and what engines write all the same.
#include <vector>

#include "catch.hpp"
#include "config.hpp"
#include "log_capture.hpp"
#include "rt/spec/reader.hpp"

namespace {

using rt::test::config_with;
using rt::test::config_without;
using rt::test::failure_of_reading;

rt::spec::Spec read(const std::string& text) { return rt::spec::read(text, "/bundle/config.json"); }

}  // namespace

TEST_CASE("a value that the spec restricts in hooks, devices, resctrl and seccomp is refused with its place",
          "[spec]") {
    struct Case {
        std::string place, value, reason;
    };
    const std::string numbers = "expected a whole number from ";
    const std::vector<Case> cases{
        {"/hooks/prestart/0/path", R"("hook")", R"(expected an absolute path, found "hook")"},
        {"/hooks/poststop/0/path", R"("")", R"(expected an absolute path, found "")"},
        {"/hooks/createContainer/0/timeout", "0", "it must be greater than zero"},
        {"/hooks/createContainer/0/timeout", "-1", numbers + "0 to 2147483647, found -1"},
        {"/hooks/poststart/0/timeout", "2147483648", numbers + "0 to 2147483647, found 2147483648"},
        {"/linux/devices/0/type", R"("a")", R"(expected "c", "b", "u" or "p", found "a")"},
        {"/linux/devices/0/type", R"("")", R"(expected "c", "b", "u" or "p", found "")"},
        {"/linux/devices/1/path", R"("dev/x")", R"(expected an absolute path, found "dev/x")"},
        {"/linux/devices/0/major", "-1", numbers + "0 to 4294967295, found -1"},
        {"/linux/devices/0/fileMode", "65536", numbers + "0 to 65535, found 65536"},
        {"/linux/intelRdt/memBwSchema", R"("L3:0=f")", "it must begin with \"MB:\""},
        {"/linux/intelRdt/memBwSchema", R"("MB:0=1\nL3:0=1")", "it must be one line"},
        {"/linux/intelRdt/l3CacheSchema", R"("L3:0=1\n")", "it must be one line"},
        {"/linux/intelRdt/schemata/1", R"("L2:0=1\nL3:0=1")", "it must be one line"},
        {"/linux/timeOffsets/monotonic/nanosecs", "1000000000", numbers + "0 to 999999999, found 1000000000"},
        {"/linux/seccomp/syscalls/0/names", "[]", "at least one entry is required: the name of a system call"},
        {"/linux/seccomp/syscalls/1/args/0/index", "6", numbers + "0 to 5, found 6"},
        {"/linux/seccomp/defaultAction", R"("")", "it must not be empty"},
        {"/linux/memoryPolicy/mode", R"("")", "it must not be empty"},
        {"/linux/personality/domain", R"("")", "it must not be empty"},
        {"/process/scheduler/policy", R"("")", "it must not be empty"},
        {"/process/ioPriority/class", R"("")", "it must not be empty"},
        {"/process/rlimits/0/type", R"("")", "it must not be empty"},
    };
    for (const Case& expected : cases) {
        CAPTURE(expected.place, expected.value);
        const rt::Failure failure = failure_of_reading(config_with(expected.place, expected.value));
        CHECK(failure.object == expected.place);
        CHECK(failure.reason == expected.reason);
    }
}

TEST_CASE("what is required in hooks, devices, resctrl, seccomp and scheduling is named when it is missing", "[spec]") {
    for (const std::string place :
         {"/hooks/prestart/1/path", "/hooks/poststop/0/path", "/linux/devices/0/type", "/linux/devices/1/path",
          "/linux/memoryPolicy/mode", "/linux/personality/domain", "/linux/seccomp/defaultAction",
          "/linux/seccomp/syscalls/0/names", "/linux/seccomp/syscalls/1/action", "/linux/seccomp/syscalls/1/args/0/op",
          "/linux/seccomp/syscalls/1/args/0/index", "/linux/seccomp/syscalls/1/args/0/value",
          "/process/scheduler/policy", "/process/ioPriority/class", "/process/ioPriority/priority",
          "/mounts/1/uidMappings/0/hostID", "/mounts/1/gidMappings/0/size"}) {
        CAPTURE(place);
        const rt::Failure failure = failure_of_reading(config_without(place));
        CHECK(failure.object == place);
        CHECK(failure.reason == "it is required, and missing");
    }
}

TEST_CASE("null stands for nothing nowhere, and the message says what to do", "[spec]") {
    for (const std::string place :
         {"/hostname", "/linux/seccomp", "/process/env", "/linux/resources", "/hooks/poststop", "/process/capabilities",
          "/process/args/1", "/annotations/com.example.key"}) {
        CAPTURE(place);
        const rt::Failure failure = failure_of_reading(config_with(place, "null"));
        CHECK(failure.object == place);
        CHECK(failure.reason.ends_with(", found null"));
        CHECK(failure.hint == "leave it out instead");
    }
}

TEST_CASE("what engines write beyond the letter of the spec is taken", "[spec]") {
    const rt::test::LogCapture log;
    // The type bits of st_mode.
    CHECK(read(config_with("/linux/devices/0/fileMode", "8630")).linux.devices[0].file_mode == 0666U);
    CHECK(read(config_with("/linux/devices/0/fileMode", "4095")).linux.devices[0].file_mode == 07777U);
    // Objects and strings that a program has and never fills.
    CHECK_FALSE(read(config_with("/linux/seccomp", "{}")).linux.seccomp.has_value());
    CHECK_FALSE(read(config_with("/linux/seccomp", R"({"defaultAction": "", "syscalls": []})")).linux.seccomp);
    CHECK_FALSE(read(config_with("/linux/timeOffsets", "{}")).linux.time_offsets.has_value());
    CHECK_FALSE(read(config_with("/linux/timeOffsets", R"({"boottime": {}})")).linux.time_offsets.has_value());
    for (const std::string place :
         {"/process/apparmorProfile", "/process/selinuxLabel", "/linux/mountLabel", "/linux/cgroupsPath",
          "/linux/rootfsPropagation", "/linux/seccomp/listenerPath", "/linux/seccomp/listenerMetadata",
          "/linux/intelRdt/closID", "/mounts/1/type", "/linux/intelRdt/memBwSchema", "/linux/memoryPolicy/nodes",
          "/mounts/0/source", "/linux/namespaces/1/path", "/process/execCPUAffinity/final"}) {
        CAPTURE(place);
        CHECK_NOTHROW(read(config_with(place, R"("")")));
    }
    for (const std::string place : {"/hooks", "/linux", "/linux/resources", "/linux/netDevices", "/linux/sysctl",
                                    "/annotations", "/process/capabilities", "/process/execCPUAffinity"}) {
        CAPTURE(place);
        CHECK_NOTHROW(read(config_with(place, "{}")));
    }
    for (const std::string place : {"/mounts", "/process/env", "/process/rlimits", "/linux/devices", "/hooks/prestart",
                                    "/linux/seccomp/syscalls", "/linux/seccomp/architectures", "/linux/namespaces",
                                    "/process/user/additionalGids", "/linux/maskedPaths", "/mounts/1/options"}) {
        CAPTURE(place);
        CHECK_NOTHROW(read(config_with(place, "[]")));
    }
    CHECK(log.text().empty());
}

TEST_CASE("blank is an object without content, not a value of another type", "[spec]") {
    for (const std::string place : {"/linux/seccomp", "/linux/timeOffsets"}) {
        for (const std::string value : {R"("")", "[]", "false", "0"}) {
            CAPTURE(place, value);
            CHECK(failure_of_reading(config_with(place, value)).object == place);
        }
    }
    CHECK(failure_of_reading(config_with("/linux/seccomp", R"({"architectures": ["SCMP_ARCH_X86"]})")).object ==
          "/linux/seccomp/defaultAction");
}
