#include "rt/seccomp/newer_calls.hpp"

#include <linux/seccomp.h>
#include <seccomp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <set>
#include <string_view>

namespace rt::seccomp {

namespace {

// How an architecture numbers its calls, where that is not simply from 0 upwards.
struct Numbering {
    std::uint32_t token = 0;
    std::uint32_t first = 0;
    std::uint32_t end = 0;  ///< the first number that is not its own; 0: all are
    std::uint32_t fixed_first = 0;
    std::uint32_t fixed_last = 0;
};
constexpr std::uint32_t x32_bit = 0x40000000;  // __X32_SYSCALL_BIT
constexpr std::array<Numbering, 9> numberings{{
    {.token = SCMP_ARCH_X86_64, .end = x32_bit},
    // 512 to 547 are those of x32 alone, and complete (syscall_64.tbl of the kernel).
    {.token = SCMP_ARCH_X32, .first = x32_bit, .fixed_first = x32_bit + 512, .fixed_last = x32_bit + 547},
    // __ARM_NR_BASE: breakpoint, cacheflush, set_tls and friends.
    {.token = SCMP_ARCH_ARM, .fixed_first = 0x0F0000, .fixed_last = 0x0FFFFF},
    {.token = SCMP_ARCH_MIPS, .first = 4000},
    {.token = SCMP_ARCH_MIPSEL, .first = 4000},
    {.token = SCMP_ARCH_MIPS64, .first = 5000},
    {.token = SCMP_ARCH_MIPSEL64, .first = 5000},
    {.token = SCMP_ARCH_MIPS64N32, .first = 6000},
    {.token = SCMP_ARCH_MIPSEL64N32, .first = 6000},
}};

// From the numbers to the names: in the other direction libseccomp has no number for calls that some architectures also have
// as a part of socketcall(2) or ipc(2).
std::uint32_t newest_named(const std::set<std::string_view>& names, const Numbering& numbering) {
    constexpr std::uint32_t most_calls = 1000;
    for (std::uint32_t number = numbering.first + most_calls; number > numbering.first; --number) {
        if (number >= numbering.fixed_first && number <= numbering.fixed_last) continue;
        const std::unique_ptr<char, decltype(&std::free)> name(
            ::seccomp_syscall_resolve_num_arch(numbering.token, static_cast<int>(number)), &std::free);
        if (name && names.contains(name.get())) return number;
    }
    return 0;
}

}  // namespace

std::vector<NewerCalls> find_newer_calls(const plan::Seccomp& plan) {
    std::set<std::string_view> names;
    for (const plan::SeccompRule& rule : plan.rules) names.insert(rule.names.begin(), rule.names.end());
    std::vector<NewerCalls> interfaces;
    for (const plan::SeccompArchitecture& architecture : plan.architectures) {
        const auto* const special = std::ranges::find(numberings, architecture.token, &Numbering::token);
        const Numbering numbering = special != numberings.end() ? *special : Numbering{.token = architecture.token};
        const std::uint32_t newest = newest_named(names, numbering);
        if (newest == 0) continue;  // it names nothing, so it knows no age either
        interfaces.push_back({.audit_arch = architecture.audit_arch,
                              .newest = newest,
                              .end = numbering.end,
                              .fixed_first = numbering.fixed_first,
                              .fixed_last = numbering.fixed_last});
    }
    return interfaces;
}

namespace {

// Targets of a jump that are known only once the part is complete; a part has far fewer instructions.
constexpr std::uint8_t to_answer = 254;
constexpr std::uint8_t to_end = 255;

sock_filter load_field(std::size_t offset) {
    return {.code = BPF_LD | BPF_W | BPF_ABS, .jt = 0, .jf = 0, .k = static_cast<std::uint32_t>(offset)};
}

sock_filter jump_when(std::uint16_t comparison, std::uint32_t value, std::uint8_t yes, std::uint8_t no) {
    return {.code = static_cast<std::uint16_t>(BPF_JMP | BPF_K | comparison), .jt = yes, .jf = no, .k = value};
}

// What follows the answer is the end: both are counted from the instruction behind the jump (bpf(4), "jt").
void resolve(std::uint8_t& target, std::size_t instruction, std::size_t answer) {
    if (target == to_answer) target = static_cast<std::uint8_t>(answer - instruction - 1);
    if (target == to_end) target = static_cast<std::uint8_t>(answer - instruction);
}

Program answer_newer_calls_of(const NewerCalls& calls) {
    Program part{load_field(offsetof(seccomp_data, arch)), jump_when(BPF_JEQ, calls.audit_arch, 0, to_end),
                 load_field(offsetof(seccomp_data, nr)), jump_when(BPF_JGT, calls.newest, 0, to_end)};
    if (calls.end != 0) part.push_back(jump_when(BPF_JGE, calls.end, to_end, 0));
    if (calls.fixed_last != 0) {
        part.push_back(jump_when(BPF_JGE, calls.fixed_first, 0, to_answer));
        part.push_back(jump_when(BPF_JGT, calls.fixed_last, 0, to_end));
    }
    const std::size_t answer = part.size();
    for (std::size_t i = 0; i < answer; ++i) {
        resolve(part[i].jt, i, answer);
        resolve(part[i].jf, i, answer);
    }
    part.push_back({.code = BPF_RET | BPF_K, .jt = 0, .jf = 0, .k = SECCOMP_RET_ERRNO | ENOSYS});
    return part;
}

}  // namespace

Program answer_newer_calls(const std::vector<NewerCalls>& interfaces) {
    Program program;
    for (const NewerCalls& calls : interfaces) {
        const Program part = answer_newer_calls_of(calls);
        program.insert(program.end(), part.begin(), part.end());
    }
    return program;
}

}  // namespace rt::seccomp
