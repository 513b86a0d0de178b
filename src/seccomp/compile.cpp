#include "rt/seccomp/compile.hpp"

#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "rt/base/error.hpp"
#include "rt/base/json_pointer.hpp"
#include "rt/base/log.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"
#include "rt/seccomp/newer_calls.hpp"

namespace rt::seccomp {

namespace {

struct ReleaseFilter {
    void operator()(void* filter) const noexcept { ::seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, ReleaseFilter>;

constexpr std::array<scmp_compare, 7> comparisons{SCMP_CMP_NE, SCMP_CMP_LT, SCMP_CMP_LE,       SCMP_CMP_EQ,
                                                  SCMP_CMP_GE, SCMP_CMP_GT, SCMP_CMP_MASKED_EQ};

std::string place_of(const plan::SeccompRule& rule) {
    return (JsonPointer("/linux/seccomp/syscalls") / rule.position).text();
}

// libseccomp returns errno values of its own; seccomp_init(3) and its neighbours.
void require(int result, const char* doing, std::string_view object) {
    if (result < 0) throw_errno(doing, std::string(object), -result, "libseccomp refuses it");
}

Filter make_filter(const plan::Seccomp& plan) {
    Filter filter(::seccomp_init(plan.default_action));
    if (!filter) fail("make a filter with the action at", "/linux/seccomp/defaultAction", "libseccomp refuses it");
    for (const plan::SeccompArchitecture& architecture : plan.architectures) {
        const int result = ::seccomp_arch_add(filter.get(), architecture.token);
        // The first is the machine's own, which is in every filter from the start.
        if (result != -EEXIST) require(result, "filter the system calls of", architecture.name);
    }
    require(::seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), "set in the filter",
            "the action for other architectures");
    // A binary tree by number instead of a list. Better, not needed: libseccomp before 2.5 has only the list.
    ::seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
    return filter;
}

void add_rule(const Filter& filter, const plan::SeccompRule& rule) {
    std::vector<scmp_arg_cmp> conditions;
    for (const plan::SeccompCondition& condition : rule.conditions) {
        conditions.push_back({.arg = condition.index,
                              .op = comparisons.at(static_cast<std::size_t>(condition.op)),
                              .datum_a = condition.value,
                              .datum_b = condition.value_two});
    }
    for (const std::string& name : rule.names) {
        const int number = ::seccomp_syscall_resolve_name(name.c_str());
        if (number == __NR_SCMP_ERROR) {
            if (log::debug_enabled()) {
                log::debug(concat(place_of(rule), ": libseccomp knows no system call '", printable(name), "'"));
            }
            continue;
        }
        const int result = ::seccomp_rule_add_array(filter.get(), rule.action, number,
                                                    static_cast<unsigned>(conditions.size()), conditions.data());
        if (result == -EEXIST) {
            fail("use the rule at", place_of(rule),
                 concat("an earlier rule gives ", name, " another action under the same conditions"));
        }
        require(result, concat("filter ", name, " by the rule at").c_str(), place_of(rule));
    }
}

Program export_program(const Filter& filter) {
    const os::UniqueFd file(::memfd_create("filter", MFD_CLOEXEC));
    if (!file) throw_errno("make a file for", "the filter");
    require(::seccomp_export_bpf(filter.get(), file.get()), "compile", "the filter");
    if (::lseek(file.get(), 0, SEEK_SET) < 0) throw_errno("rewind", "the filter");
    constexpr std::size_t most_bytes = std::size_t{16} << 20;
    const std::string bytes = os::read_all(file.get(), "the filter", most_bytes);
    Program program(bytes.size() / sizeof(sock_filter));
    std::memcpy(program.data(), bytes.data(), program.size() * sizeof(sock_filter));
    return program;
}

bool refuses_by_default(const plan::Seccomp& plan) {
    return (plan.default_action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO &&
           (plan.default_action & SECCOMP_RET_DATA) != ENOSYS;
}

}  // namespace

Program compile(const plan::Seccomp& plan) {
    const Filter filter = make_filter(plan);
    for (const plan::SeccompRule& rule : plan.rules) {
        // libseccomp refuses a rule that says what holds anyway.
        if (rule.action != plan.default_action) add_rule(filter, rule);
    }
    Program program = refuses_by_default(plan) ? answer_newer_calls(find_newer_calls(plan)) : Program{};
    const Program rules = export_program(filter);
    program.insert(program.end(), rules.begin(), rules.end());
    if (program.size() > BPF_MAXINSNS) {
        fail("use the value at", "/linux/seccomp",
             concat("its program has ", program.size(), " instructions, and the kernel takes ", BPF_MAXINSNS),
             "list fewer conditions or fewer architectures");
    }
    return program;
}

}  // namespace rt::seccomp
