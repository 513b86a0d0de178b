// An engine's profile as a whole: each system call of each architecture gets what the profile says of it.
#include <linux/audit.h>
#include <seccomp.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "catch.hpp"
#include "interpreter.hpp"
#include "rt/seccomp/compile.hpp"
#include "rt/spec/reader.hpp"

using namespace rt;
using nlohmann::json;

namespace {

constexpr std::uint32_t allow = SECCOMP_RET_ALLOW;
constexpr std::uint32_t error(std::uint32_t number) { return SECCOMP_RET_ERRNO | number; }

json profile() {
    std::ifstream file(RT_SOURCE_DIR "/tests/data/seccomp-podman.json");
    return json::parse(file);
}

seccomp::Program compiled(const json& seccomp) {
    const json config{{"ociVersion", "1.2.0"}, {"root", {{"path", "rootfs"}}}, {"linux", {{"seccomp", seccomp}}}};
    const spec::Spec spec = spec::read(config.dump(), "config.json");
    return seccomp::compile(
        plan::plan_seccomp(*spec.linux.seccomp, {.known_flags = 0x3F, .no_new_privileges = true, .privileged = true}));
}

// What the profile says of a call by its name, where arguments do not matter.
std::map<std::string, std::uint32_t> unconditional(const json& seccomp) {
    std::map<std::string, std::uint32_t> actions;
    for (const json& rule : seccomp["syscalls"]) {
        if (!rule.value("args", json()).is_null()) continue;
        const std::uint32_t action =
            rule["action"] == "SCMP_ACT_ALLOW" ? allow : error(rule.value("errnoRet", std::uint32_t{1}));
        for (const json& name : rule["names"]) actions.emplace(name, action);
    }
    return actions;
}

std::set<std::string> conditional(const json& seccomp) {
    std::set<std::string> names;
    for (const json& rule : seccomp["syscalls"]) {
        if (rule.value("args", json()).is_null()) continue;
        for (const json& name : rule["names"]) names.insert(name);
    }
    return names;
}

struct Interface {
    std::uint32_t token, audit_arch, first;
};
const Interface interfaces[] = {{SCMP_ARCH_X86_64, AUDIT_ARCH_X86_64, 0},
                                {SCMP_ARCH_X86, AUDIT_ARCH_I386, 0},
                                {SCMP_ARCH_X32, AUDIT_ARCH_X86_64, 0x40000000}};

std::uint32_t verdict(const seccomp::Program& program, std::uint32_t arch, std::uint32_t number,
                      const std::vector<std::uint64_t>& args = {}) {
    seccomp_data call{};
    call.arch = arch;
    call.nr = static_cast<int>(number);
    std::ranges::copy(args, call.args);
    return test::verdict_of(program, call);
}

// `newer`: what a call above the newest named one gets.
void check_every_call(const json& seccomp, std::uint32_t unlisted, std::uint32_t newer) {
    const seccomp::Program program = compiled(seccomp);
    const std::map<std::string, std::uint32_t> actions = unconditional(seccomp);
    const std::set<std::string> skipped = conditional(seccomp);
    for (const Interface& interface : interfaces) {
        std::uint32_t newest = 0;
        std::size_t checked = 0;
        for (std::uint32_t number = interface.first; number < interface.first + 1000; ++number) {
            char* text = ::seccomp_syscall_resolve_num_arch(interface.token, static_cast<int>(number));
            const std::string name = text != nullptr ? text : "";
            std::free(text);
            const bool of_x32_alone = number >= 0x40000000 + 512 && number <= 0x40000000 + 547;
            if ((actions.contains(name) || skipped.contains(name)) && !of_x32_alone) newest = number;
        }
        REQUIRE(newest >= interface.first + 400);
        for (std::uint32_t number = interface.first; number < interface.first + 1000; ++number) {
            char* text = ::seccomp_syscall_resolve_num_arch(interface.token, static_cast<int>(number));
            const std::string name = text != nullptr ? text : "";
            std::free(text);
            if (skipped.contains(name)) continue;
            const bool of_x32_alone = number >= 0x40000000 + 512 && number <= 0x40000000 + 547;
            const bool is_newer = number > newest && !of_x32_alone;
            const std::uint32_t wanted = actions.contains(name) ? actions.at(name) : is_newer ? newer : unlisted;
            INFO(std::hex << interface.token << " " << number << " " << name);
            for (const std::uint64_t argument : {std::uint64_t{0}, std::uint64_t{40}, ~std::uint64_t{0}}) {
                REQUIRE(verdict(program, interface.audit_arch, number, {argument, argument, argument}) == wanted);
            }
            ++checked;
        }
        CHECK(checked > 950);
    }
}

bool is_x86_64() { return plan::native_architecture() == "SCMP_ARCH_X86_64"; }

}  // namespace

TEST_CASE("an engine's profile decides every call as it says", "[seccomp]") {
    if (!is_x86_64()) return;
    check_every_call(profile(), error(38), error(38));
}

TEST_CASE("the same with EPERM as the default, as other engines write it", "[seccomp]") {
    if (!is_x86_64()) return;
    json seccomp = profile();
    seccomp["defaultErrnoRet"] = 1;
    check_every_call(seccomp, error(1), error(38));
    seccomp.erase("defaultErrnoRet");
    check_every_call(seccomp, error(1), error(38));
    seccomp["defaultErrnoRet"] = 13;
    check_every_call(seccomp, error(13), error(38));
}

TEST_CASE("the rules of an engine's profile that look at arguments", "[seccomp]") {
    if (!is_x86_64()) return;
    const seccomp::Program program = compiled(profile());
    struct Row {
        std::uint32_t number;
        std::vector<std::uint64_t> args;
        std::uint32_t wanted;
    };
    constexpr std::uint32_t personality = 135;
    constexpr std::uint32_t socket = 41;
    const std::vector<Row> rows{
        {personality, {0}, allow},           {personality, {8}, allow},
        {personality, {0x20000}, allow},     {personality, {0x20008}, allow},
        {personality, {0xFFFFFFFF}, allow},  {personality, {1}, error(38)},
        {personality, {0x40000}, error(38)}, {personality, {0x100000000}, error(38)},
        {socket, {2, 1, 0}, allow},          {socket, {16, 3, 0}, allow},
        {socket, {16, 3, 9}, error(22)},  // AF_NETLINK with NETLINK_AUDIT
        {socket, {17, 3, 9}, allow},
    };
    for (const Row& row : rows) {
        INFO(row.number << " " << row.args[0]);
        CHECK(verdict(program, AUDIT_ARCH_X86_64, row.number, row.args) == row.wanted);
    }
    INFO("AF_VSOCK is both 'refused' and 'not AF_NETLINK: allowed'");
    CHECK(verdict(program, AUDIT_ARCH_X86_64, socket, {40, 1, 0}) == error(1));
}
