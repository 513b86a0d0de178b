#include "interpreter.hpp"

#include <array>
#include <cstring>
#include <stdexcept>

namespace rt::test {

namespace {

// The kernel takes only whole, aligned words of seccomp_data (seccomp_check_filter).
std::uint32_t word_at(const seccomp_data& call, std::uint32_t offset) {
    if (offset % 4 != 0 || offset + 4 > sizeof call) throw std::runtime_error("a load outside of seccomp_data");
    std::uint32_t word = 0;
    std::memcpy(&word, reinterpret_cast<const char*>(&call) + offset, sizeof word);
    return word;
}

bool holds(std::uint16_t comparison, std::uint32_t accumulator, std::uint32_t value) {
    switch (comparison) {
        case BPF_JEQ: return accumulator == value;
        case BPF_JGT: return accumulator > value;
        case BPF_JGE: return accumulator >= value;
        case BPF_JSET: return (accumulator & value) != 0;
        default: throw std::runtime_error("an unknown comparison");
    }
}

}  // namespace

std::uint32_t verdict_of(const seccomp::Program& program, const seccomp_data& call) {
    std::uint32_t accumulator = 0;
    std::array<std::uint32_t, BPF_MEMWORDS> memory{};
    for (std::size_t at = 0; at < program.size();) {
        const sock_filter& step = program[at++];
        switch (step.code) {
            case BPF_LD | BPF_W | BPF_ABS: accumulator = word_at(call, step.k); continue;
            case BPF_LD | BPF_MEM: accumulator = memory.at(step.k); continue;
            case BPF_ST: memory.at(step.k) = accumulator; continue;
            case BPF_ALU | BPF_AND | BPF_K: accumulator &= step.k; continue;
            case BPF_RET | BPF_K: return step.k;
            case BPF_JMP | BPF_JA: at += step.k; continue;
            default: break;
        }
        if (BPF_CLASS(step.code) != BPF_JMP || BPF_SRC(step.code) != BPF_K) {
            throw std::runtime_error("an unknown instruction");
        }
        at += holds(BPF_OP(step.code), accumulator, step.k) ? step.jt : step.jf;
    }
    throw std::runtime_error("the program ends without an answer");
}

}  // namespace rt::test
