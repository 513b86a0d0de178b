// A system call filter: read, planned, compiled, and run as the kernel would.
#include "rt/seccomp/compile.hpp"

#include <linux/audit.h>

#include "../unit/seccomp/interpreter.hpp"
#include "json_mutator.hpp"
#include "rt/plan/seccomp.hpp"
#include "rt/spec/document.hpp"
#include "rt/spec/sections.hpp"

using namespace rt;

namespace {

void check(const seccomp::Program& program) {
    constexpr std::size_t most = 32768;  // instructions that the kernel takes in all filters of a process
    fuzz::require(!program.empty() && program.size() <= most, "the kernel takes a program of that length");
    for (const std::uint32_t arch : {AUDIT_ARCH_X86_64, std::uint32_t{AUDIT_ARCH_I386}, AUDIT_ARCH_AARCH64}) {
        for (const int call : {0, 59, 435, 511, 0x40000000, -1})
            test::verdict_of(program,
                             {.nr = call, .arch = arch, .instruction_pointer = 0, .args = {1, 2, ~0ULL, 4, 5, 6}});
    }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const plan::SeccompCircumstances circumstances{.known_flags = ~std::uint32_t{input.choices.byte()},
                                                   .no_new_privileges = !input.choices.flag(),
                                                   .privileged = input.choices.flag()};
    fuzz::accepted([&] {
        const spec::Document document = spec::Document::parse(input.text, "seccomp.json");
        check(seccomp::compile(plan::plan_seccomp(spec::read_seccomp(document.root()), circumstances)));
    });
    return 0;
}
