#include "rt/seccomp/newer_calls.hpp"

#include <linux/audit.h>

#include "catch.hpp"
#include "interpreter.hpp"

using namespace rt;
using seccomp::NewerCalls;

namespace {

constexpr std::uint32_t enosys = SECCOMP_RET_ERRNO | 38;
constexpr std::uint32_t others = SECCOMP_RET_TRAP;  // what stands behind: no other part returns it

std::uint32_t answer(const std::vector<NewerCalls>& interfaces, std::uint32_t arch, std::uint32_t number) {
    seccomp::Program program = seccomp::answer_newer_calls(interfaces);
    program.push_back({.code = BPF_RET | BPF_K, .jt = 0, .jf = 0, .k = others});
    seccomp_data call{};
    call.arch = arch;
    call.nr = static_cast<int>(number);
    return test::verdict_of(program, call);
}

plan::Seccomp naming(const std::vector<std::string>& names) {
    plan::Seccomp plan;
    for (const auto& row : plan::seccomp_architectures) {
        if (row.machine == plan::SeccompMachine::x86) plan.architectures.push_back(row);
    }
    plan.rules.push_back({.position = 0, .names = names, .action = SECCOMP_RET_ALLOW, .conditions = {}});
    return plan;
}

}  // namespace

TEST_CASE("no interface, no program", "[seccomp]") { CHECK(seccomp::answer_newer_calls({}).empty()); }

TEST_CASE("only what is newer on the same interface gets ENOSYS", "[seccomp]") {
    const std::vector<NewerCalls> two{{.audit_arch = AUDIT_ARCH_AARCH64, .newest = 400},
                                      {.audit_arch = AUDIT_ARCH_I386, .newest = 300}};
    struct Row {
        std::uint32_t arch, number, wanted;
    };
    for (const Row& row :
         {Row{AUDIT_ARCH_AARCH64, 0, others}, Row{AUDIT_ARCH_AARCH64, 400, others},
          Row{AUDIT_ARCH_AARCH64, 401, enosys}, Row{AUDIT_ARCH_AARCH64, 0xFFFFFFFF, enosys},
          Row{AUDIT_ARCH_I386, 300, others}, Row{AUDIT_ARCH_I386, 301, enosys}, Row{AUDIT_ARCH_I386, 400, enosys},
          Row{AUDIT_ARCH_X86_64, 401, others}, Row{AUDIT_ARCH_X86_64, 0xFFFFFFFF, others}}) {
        INFO(row.arch << " " << row.number);
        CHECK(answer(two, row.arch, row.number) == row.wanted);
    }
}

TEST_CASE("numbers of another interface, and blocks that are complete, are left to the rules", "[seccomp]") {
    const std::vector<NewerCalls> x86_64{{.audit_arch = AUDIT_ARCH_X86_64, .newest = 450, .end = 0x40000000}};
    CHECK(answer(x86_64, AUDIT_ARCH_X86_64, 451) == enosys);
    CHECK(answer(x86_64, AUDIT_ARCH_X86_64, 0x3FFFFFFF) == enosys);
    CHECK(answer(x86_64, AUDIT_ARCH_X86_64, 0x40000000) == others);
    CHECK(answer(x86_64, AUDIT_ARCH_X86_64, 0x40000000 + 451) == others);

    std::vector<NewerCalls> with_x32 = x86_64;
    with_x32.push_back({.audit_arch = AUDIT_ARCH_X86_64,
                        .newest = 0x40000000 + 450,
                        .fixed_first = 0x40000000 + 512,
                        .fixed_last = 0x40000000 + 547});
    CHECK(answer(with_x32, AUDIT_ARCH_X86_64, 450) == others);
    CHECK(answer(with_x32, AUDIT_ARCH_X86_64, 451) == enosys);
    CHECK(answer(with_x32, AUDIT_ARCH_X86_64, 0x40000000) == others);
    CHECK(answer(with_x32, AUDIT_ARCH_X86_64, 0x40000000 + 450) == others);
    CHECK(answer(with_x32, AUDIT_ARCH_X86_64, 0x40000000 + 451) == enosys);
    CHECK(answer(with_x32, AUDIT_ARCH_X86_64, 0x40000000 + 511) == enosys);
    CHECK(answer(with_x32, AUDIT_ARCH_X86_64, 0x40000000 + 512) == others);
    CHECK(answer(with_x32, AUDIT_ARCH_X86_64, 0x40000000 + 547) == others);
    CHECK(answer(with_x32, AUDIT_ARCH_X86_64, 0x40000000 + 548) == enosys);
    CHECK(answer(with_x32, AUDIT_ARCH_X86_64, 0xFFFFFFFF) == enosys);

    const std::vector<NewerCalls> arm{
        {.audit_arch = AUDIT_ARCH_ARM, .newest = 450, .fixed_first = 0xF0000, .fixed_last = 0xFFFFF}};
    CHECK(answer(arm, AUDIT_ARCH_ARM, 451) == enosys);
    CHECK(answer(arm, AUDIT_ARCH_ARM, 0xF0005) == others);  // set_tls
    CHECK(answer(arm, AUDIT_ARCH_ARM, 0x100000) == enosys);
}

// Numbers of the kernel's syscall_64.tbl and syscall_32.tbl.
TEST_CASE("the newest call of a profile is found on each interface", "[seccomp]") {
    const auto newest = [](const std::vector<std::string>& names) {
        std::vector<std::uint32_t> numbers;
        for (const NewerCalls& calls : seccomp::find_newer_calls(naming(names))) numbers.push_back(calls.newest);
        return numbers;
    };
    using Numbers = std::vector<std::uint32_t>;
    constexpr std::uint32_t x32 = 0x40000000;
    // In the order of the table: x86, x86_64, x32.
    CHECK(newest({"openat2", "read"}) == Numbers{437, 437, x32 + 437});
    CHECK(newest({"read", "getrandom"}) == Numbers{355, 318, x32 + 318});
    // A call that x86 also has in socketcall(2), where libseccomp gives it a number that is none.
    CHECK(newest({"read", "accept4"}) == Numbers{364, 288, x32 + 288});
    // x32 has its own execve, which says nothing about age; no call that all have in common is named.
    CHECK(newest({"execve"}) == Numbers{11, 59});
    CHECK(newest({"execve", "getpid"}) == Numbers{20, 59, x32 + 39});
    CHECK(newest({"nosuch"}).empty());
    CHECK(newest({}).empty());
}
