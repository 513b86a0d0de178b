#include "rt/cgroup/device_program.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <tuple>
#include <utility>

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

// A jump to the verdict of a run, whose distance is known only once the run is complete.
constexpr std::size_t to_verdict = 0x7fff;

using Code = std::vector<bpf_insn>;
using Rules = std::vector<plan::DeviceRule>;

void append(Code& code, const Code& more) { code.insert(code.end(), more.begin(), more.end()); }

// The code, jumped over when the register has another value; without a value it is for all.
template <class Value>
void append_for(Code& code, int of, const std::optional<Value>& value, const Code& inner) {
    if (value) code.push_back(jump_if(BPF_JNE, of, static_cast<std::uint32_t>(*value), inner.size()));
    append(code, inner);
}

std::optional<std::uint32_t> type_of(const plan::DeviceRule& rule) {
    if (!rule.devices.type) return std::nullopt;
    return kernel_type(*rule.devices.type);
}

// One jump per rule; tests that the rules of a group have in common were made before.
Code code_for_major(Rules::const_iterator first, Rules::const_iterator last) {
    Code code;
    for (auto rule = first; rule != last; ++rule) {
        if (!rule->devices.minor) return {instruction(BPF_JMP | BPF_JA, 0, 0, to_verdict, 0)};
        code.push_back(jump_if(BPF_JEQ, minor_number, *rule->devices.minor, to_verdict));
    }
    return code;
}

Code code_for_type(Rules::const_iterator first, Rules::const_iterator last) {
    Code code;
    while (first != last) {
        const auto major = first->devices.major;
        const auto end = std::find_if(first, last, [&](const auto& rule) { return rule.devices.major != major; });
        append_for(code, major_number, major, code_for_major(first, end));
        first = end;
    }
    return code;
}

// Rules about all kinds of access with the same verdict: their order among each other does not count, so what they have in
// common is tested once. The verifier's time grows with each instruction (57 of them took 190 us, 27 take 55 us).
void append_run(Code& program, Rules rules) {
    const bool allow = rules.front().allow;
    std::ranges::sort(rules, {}, [](const plan::DeviceRule& rule) {
        return std::make_tuple(rule.devices.type, rule.devices.major, rule.devices.minor);
    });
    Code code;
    for (auto first = rules.cbegin(); first != rules.cend();) {
        const auto type_group = type_of(*first);
        const auto end =
            std::find_if(first, rules.cend(), [&](const auto& rule) { return type_of(rule) != type_group; });
        append_for(code, type, type_group, code_for_type(first, end));
        first = end;
    }
    constexpr std::size_t answer_size = 2;
    code.push_back(instruction(BPF_JMP | BPF_JA, 0, 0, answer_size, 0));
    for (std::size_t i = 0; i < code.size(); ++i) {
        if (code[i].off == to_verdict) code[i].off = static_cast<std::int16_t>(code.size() - 1 - i);
    }
    append(program, code);
    append_answer(program, allow);
}

// A rule about some kinds of access: those it allows need no further rule; if it denies one of them, that is the answer.
void append_partial(Code& program, const plan::DeviceRule& rule) {
    Code code;
    if (rule.allow) {
        code.push_back(compute(BPF_AND, wanted, plan::device_access::all & ~std::uint32_t{rule.access}));
        code.push_back(jump_if(BPF_JNE, wanted, 0, 2));
    } else {
        code.push_back(copy(scratch, wanted));
        code.push_back(compute(BPF_AND, scratch, rule.access));
        code.push_back(jump_if(BPF_JEQ, scratch, 0, 2));
    }
    append_answer(code, rule.allow);
    Code for_minor;
    append_for(for_minor, minor_number, rule.devices.minor, code);
    Code for_major;
    append_for(for_major, major_number, rule.devices.major, for_minor);
    append_for(program, type, type_of(rule), for_major);
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
    // The last rule decides, so it is asked first. One that decides about everything is the answer to all that is left.
    constexpr std::size_t longest_run = 4096;  // distances of jumps have 16 bits
    bool otherwise = false;
    Rules run;
    const auto end_run = [&] {
        if (!run.empty()) append_run(program, std::exchange(run, {}));
    };
    for (auto rule = rules.rbegin(); rule != rules.rend(); ++rule) {
        const bool whole = rule->access == plan::device_access::all;
        if (whole && rule->devices == plan::DeviceSet{}) {
            otherwise = rule->allow;
            break;
        }
        if (!whole || run.size() == longest_run || (!run.empty() && run.front().allow != rule->allow)) end_run();
        if (whole) {
            run.push_back(*rule);
        } else {
            append_partial(program, *rule);
        }
    }
    end_run();
    append_answer(program, otherwise);
    return program;
}

}  // namespace rt::cgroup
