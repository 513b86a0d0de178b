#include "rt/cgroup/device_program.hpp"

#include <algorithm>
#include <cstddef>

namespace rt::cgroup {

namespace {

// Registers: r1 is the context on entry (linux/bpf.h, struct bpf_cgroup_dev_ctx).
constexpr int context = BPF_REG_1;
constexpr int type = BPF_REG_2;
constexpr int wanted = BPF_REG_3;  // the kinds of access that no rule has decided about yet
constexpr int major_number = BPF_REG_4;
constexpr int minor_number = BPF_REG_5;
constexpr int scratch = BPF_REG_1;
constexpr int answer = BPF_REG_0;

constexpr bpf_insn instruction(int code, int target, int source, std::size_t offset, std::uint32_t value) {
    return {.code = static_cast<std::uint8_t>(code),
            .dst_reg = static_cast<std::uint8_t>(target & 0xf),
            .src_reg = static_cast<std::uint8_t>(source & 0xf),
            .off = static_cast<std::int16_t>(offset),
            .imm = static_cast<std::int32_t>(value)};
}

constexpr bpf_insn load(int target, std::size_t offset) {
    return instruction(BPF_LDX | BPF_MEM | BPF_W, target, context, offset, 0);
}
constexpr bpf_insn compute(int operation, int target, std::uint32_t value) {
    return instruction(BPF_ALU | operation | BPF_K, target, 0, 0, value);
}
constexpr bpf_insn copy(int target, int source) { return instruction(BPF_ALU | BPF_MOV | BPF_X, target, source, 0, 0); }
// The distance counts from the next instruction.
constexpr bpf_insn jump_if(int condition, int left, std::uint32_t right, std::size_t distance) {
    return instruction(BPF_JMP | condition | BPF_K, left, 0, distance, right);
}
constexpr bpf_insn leave() { return instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0); }

void append_answer(std::vector<bpf_insn>& program, bool allow) {
    program.push_back(instruction(BPF_ALU64 | BPF_MOV | BPF_K, answer, 0, 0, allow ? 1 : 0));
    program.push_back(leave());
}

std::uint32_t kernel_type(char letter) noexcept { return letter == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR; }

// What a rule does with a device it is about: the kinds of access it names are allowed, or the request is denied. A request
// is allowed once nothing of it is left to decide.
std::vector<bpf_insn> verdict(const plan::DeviceRule& rule) {
    std::vector<bpf_insn> code;
    if (rule.access == plan::device_access::all) {
        append_answer(code, rule.allow);
    } else if (rule.allow) {
        code.push_back(compute(BPF_AND, wanted, plan::device_access::all & ~std::uint32_t{rule.access}));
        code.push_back(jump_if(BPF_JNE, wanted, 0, 2));
        append_answer(code, true);
    } else {
        code.push_back(copy(scratch, wanted));
        code.push_back(compute(BPF_AND, scratch, rule.access));
        code.push_back(jump_if(BPF_JEQ, scratch, 0, 2));
        append_answer(code, false);
    }
    return code;
}

// Tests that jump over the verdict, and the verdict.
void append_rule(std::vector<bpf_insn>& program, const plan::DeviceRule& rule) {
    struct Test {
        int of;
        std::uint32_t value;
    };
    std::vector<Test> tests;
    if (rule.devices.type) tests.push_back({type, kernel_type(*rule.devices.type)});
    if (rule.devices.major) tests.push_back({major_number, *rule.devices.major});
    if (rule.devices.minor) tests.push_back({minor_number, *rule.devices.minor});
    const std::vector<bpf_insn> code = verdict(rule);
    for (std::size_t i = 0; i < tests.size(); ++i) {
        program.push_back(jump_if(BPF_JNE, tests[i].of, tests[i].value, tests.size() - 1 - i + code.size()));
    }
    program.insert(program.end(), code.begin(), code.end());
}

}  // namespace

std::vector<bpf_insn> device_program(const std::vector<plan::DeviceRule>& rules) {
    constexpr std::uint32_t type_bits =
        0xffff;  // access_type: the kinds of access in the upper half, the type in the lower
    constexpr std::uint32_t access_shift = 16;
    std::vector<bpf_insn> program{load(wanted, offsetof(bpf_cgroup_dev_ctx, access_type)),
                                  copy(type, wanted),
                                  compute(BPF_AND, type, type_bits),
                                  compute(BPF_RSH, wanted, access_shift),
                                  load(major_number, offsetof(bpf_cgroup_dev_ctx, major)),
                                  load(minor_number, offsetof(bpf_cgroup_dev_ctx, minor))};
    // The last rule decides, so it is asked first; one that decides about everything ends the program.
    for (auto rule = rules.rbegin(); rule != rules.rend(); ++rule) {
        append_rule(program, *rule);
        if (rule->devices == plan::DeviceSet{} && rule->access == plan::device_access::all) return program;
    }
    append_answer(program, false);
    return program;
}

}  // namespace rt::cgroup
