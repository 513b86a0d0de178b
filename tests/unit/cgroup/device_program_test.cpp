#include "rt/cgroup/device_program.hpp"

#include <array>

#include "catch.hpp"
#include "device_access.hpp"

using namespace rt;
using namespace rt::test;

namespace {

// Runs a program as the kernel would: only the instructions that occur, each step checked, never backwards.
class Interpreter {
public:
    Interpreter(const std::vector<bpf_insn>& program, const DeviceRequest& request) : program_(program) {
        context_.access_type =
            std::uint32_t{request.access} << 16U |
            (request.type == 'b' ? std::uint32_t{BPF_DEVCG_DEV_BLOCK} : std::uint32_t{BPF_DEVCG_DEV_CHAR});
        context_.major = request.major;
        context_.minor = request.minor;
    }

    std::uint64_t run() {
        written_[BPF_REG_1] = true;
        for (;;) {
            REQUIRE(next_ < program_.size());
            const bpf_insn& step = program_[next_++];
            if (step.code == (BPF_JMP | BPF_EXIT)) return read(BPF_REG_0);
            carry_out(step);
        }
    }

private:
    std::uint64_t read(unsigned reg) {
        REQUIRE(written_.at(reg));
        return registers_.at(reg);
    }
    void write(unsigned reg, std::uint64_t value) {
        if (reg == BPF_REG_1) context_is_there_ = false;
        registers_.at(reg) = value;
        written_.at(reg) = true;
    }

    void carry_out(const bpf_insn& step) {
        const auto value = static_cast<std::uint32_t>(step.imm);
        switch (step.code) {
            case BPF_LDX | BPF_MEM | BPF_W: return load(step);
            case BPF_ALU | BPF_MOV | BPF_X: return write(step.dst_reg, static_cast<std::uint32_t>(read(step.src_reg)));
            case BPF_ALU64 | BPF_MOV | BPF_K: return write(step.dst_reg, value);
            case BPF_ALU | BPF_AND | BPF_K: return write(step.dst_reg, read(step.dst_reg) & value);
            case BPF_ALU | BPF_RSH | BPF_K: return write(step.dst_reg, read(step.dst_reg) >> value);
            case BPF_JMP | BPF_JA: return jump(true, step.off);
            case BPF_JMP | BPF_JNE | BPF_K: return jump(read(step.dst_reg) != value, step.off);
            case BPF_JMP | BPF_JEQ | BPF_K: return jump(read(step.dst_reg) == value, step.off);
            default: FAIL("an instruction that should not occur: " << int{step.code});
        }
    }

    void load(const bpf_insn& step) {
        REQUIRE(step.src_reg == BPF_REG_1);
        REQUIRE(context_is_there_);
        const std::array<std::uint32_t, 3> words{context_.access_type, context_.major, context_.minor};
        REQUIRE(step.off % 4 == 0);
        write(step.dst_reg, words.at(static_cast<std::size_t>(step.off) / 4));
    }

    void jump(bool taken, int distance) {
        REQUIRE(distance >= 0);
        if (taken) next_ += static_cast<std::size_t>(distance);
    }

    const std::vector<bpf_insn>& program_;
    bpf_cgroup_dev_ctx context_{};
    bool context_is_there_ = true;
    std::array<std::uint64_t, 11> registers_{};
    std::array<bool, 11> written_{};
    std::size_t next_ = 0;
};

void compare(const std::vector<plan::DeviceRule>& rules) {
    const std::vector<bpf_insn> program = cgroup::device_program(rules);
    for (const DeviceRequest& request : all_requests()) {
        if ((Interpreter(program, request).run() == 1) == allowed(rules, request)) continue;
        FAIL_CHECK("the program differs from the rules in " << text_of(request) << " of\n" << text_of(rules));
    }
}

}  // namespace

TEST_CASE("no rules deny everything", "[cgroup][device]") {
    CHECK(Interpreter(cgroup::device_program({}), {'c', 1, 3, plan::device_access::read}).run() == 0);
    compare({});
}

TEST_CASE("the program decides as the rules do", "[cgroup][device]") {
    compare(plan::plan_device_rules({}));
    compare(plan::plan_device_rules({{.allow = false}}));
    compare(plan::plan_device_rules({{.allow = true}}));
    std::mt19937 random(20261123);  // NOLINT(cert-msc51-cpp): the same rules in every run
    for (int i = 0; i < 400; ++i) compare(random_rules(random));
}

TEST_CASE("a request of several kinds is decided kind by kind", "[cgroup][device]") {
    const std::vector<plan::DeviceRule> rules{
        {.allow = true, .devices = {.type = 'c'}, .access = plan::device_access::read},
        {.allow = true, .devices = {.type = 'c', .major = 1}, .access = plan::device_access::write},
        {.allow = false, .devices = {.type = 'c', .major = 1, .minor = 7}, .access = plan::device_access::write}};
    const std::vector<bpf_insn> program = cgroup::device_program(rules);
    constexpr std::uint8_t read_write = plan::device_access::read | plan::device_access::write;
    CHECK(Interpreter(program, {'c', 1, 3, read_write}).run() == 1);
    CHECK(Interpreter(program, {'c', 1, 7, read_write}).run() == 0);
    CHECK(Interpreter(program, {'c', 1, 7, plan::device_access::read}).run() == 1);
    CHECK(Interpreter(program, {'c', 5, 0, read_write}).run() == 0);
}

TEST_CASE("rules of a long list are all in the program", "[cgroup][device]") {
    std::vector<plan::DeviceRule> rules;
    for (std::uint32_t i = 0; i < 20000; ++i) {
        rules.push_back({.allow = true, .devices = {.type = 'b', .major = i % 100, .minor = i}});
    }
    const std::vector<bpf_insn> program = cgroup::device_program(rules);
    for (const std::uint32_t i : {0U, 1U, 4095U, 4096U, 12345U, 19999U}) {
        CHECK(Interpreter(program, {'b', i % 100, i, plan::device_access::all}).run() == 1);
        CHECK(Interpreter(program, {'b', (i + 1) % 100, i, plan::device_access::read}).run() == 0);
    }
}

TEST_CASE("the customary program is short", "[cgroup][device]") {
    CHECK(cgroup::device_program(plan::plan_device_rules({{.allow = false}})).size() <= 30);
}

TEST_CASE("rules before one about everything are not in the program", "[cgroup][device]") {
    std::vector<plan::DeviceRule> rules(1000, {.allow = true, .devices = {.type = 'c', .major = 8}});
    rules.push_back({.allow = false});
    CHECK(cgroup::device_program(rules).size() == cgroup::device_program({}).size());
}
