#pragma once

#include <linux/audit.h>
#include <linux/seccomp.h>

#include <array>
#include <cstdint>
#include <string_view>

namespace rt::plan {

/// An action of config.json ("SCMP_ACT_ERRNO") and what a filter returns for it.
struct SeccompAction {
    std::string_view name;
    std::uint32_t value = 0;      ///< SECCOMP_RET_*; its low 16 bits take the errno
    std::uint32_t most_data = 0;  ///< the largest errnoRet; 0: the action takes none
};
inline constexpr std::array<SeccompAction, 9> seccomp_actions{{
    {"SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD, 0},
    {"SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS, 0},
    {"SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD, 0},
    {"SCMP_ACT_TRAP", SECCOMP_RET_TRAP, 0},
    {"SCMP_ACT_ERRNO", SECCOMP_RET_ERRNO,
     4094},  // libseccomp takes what is below MAX_ERRNO; the kernel cuts off the rest
    {"SCMP_ACT_TRACE", SECCOMP_RET_TRACE, SECCOMP_RET_DATA},
    {"SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW, 0},
    {"SCMP_ACT_LOG", SECCOMP_RET_LOG, 0},
    {"SCMP_ACT_NOTIFY", SECCOMP_RET_USER_NOTIF, 0},
}};

/// How an argument is compared with a value.
enum class SeccompOperator : std::uint8_t {
    not_equal,
    less,
    less_or_equal,
    equal,
    greater_or_equal,
    greater,
    masked_equal
};

struct SeccompOperatorName {
    std::string_view name;
    SeccompOperator op{};
};
inline constexpr std::array<SeccompOperatorName, 7> seccomp_operators{{
    {"SCMP_CMP_NE", SeccompOperator::not_equal},
    {"SCMP_CMP_LT", SeccompOperator::less},
    {"SCMP_CMP_LE", SeccompOperator::less_or_equal},
    {"SCMP_CMP_EQ", SeccompOperator::equal},
    {"SCMP_CMP_GE", SeccompOperator::greater_or_equal},
    {"SCMP_CMP_GT", SeccompOperator::greater},
    {"SCMP_CMP_MASKED_EQ", SeccompOperator::masked_equal},
}};

/// The processors: the architectures of one can run side by side under the same kernel.
enum class SeccompMachine : std::uint8_t {
    x86,
    arm,
    mips,
    mips_little,
    ppc,
    ppc_little,
    s390,
    parisc,
    riscv,
    loongarch,
    m68k,
    sh,
    sh_big
};

/// A system call interface.
struct SeccompArchitecture {
    std::string_view name;
    std::uint32_t token = 0;       ///< of libseccomp
    std::uint32_t audit_arch = 0;  ///< AUDIT_ARCH_*, what a filter sees
    SeccompMachine machine{};
};

/// x32 is no AUDIT_ARCH_* of its own: libseccomp made a number up for it (seccomp.h, SCMP_ARCH_X32).
inline constexpr std::uint32_t x32_token = EM_X86_64 | __AUDIT_ARCH_LE;

inline constexpr std::array<SeccompArchitecture, 23> seccomp_architectures{{
    {"SCMP_ARCH_X86", AUDIT_ARCH_I386, AUDIT_ARCH_I386, SeccompMachine::x86},
    {"SCMP_ARCH_X86_64", AUDIT_ARCH_X86_64, AUDIT_ARCH_X86_64, SeccompMachine::x86},
    {"SCMP_ARCH_X32", x32_token, AUDIT_ARCH_X86_64, SeccompMachine::x86},
    {"SCMP_ARCH_ARM", AUDIT_ARCH_ARM, AUDIT_ARCH_ARM, SeccompMachine::arm},
    {"SCMP_ARCH_AARCH64", AUDIT_ARCH_AARCH64, AUDIT_ARCH_AARCH64, SeccompMachine::arm},
    {"SCMP_ARCH_MIPS", AUDIT_ARCH_MIPS, AUDIT_ARCH_MIPS, SeccompMachine::mips},
    {"SCMP_ARCH_MIPS64", AUDIT_ARCH_MIPS64, AUDIT_ARCH_MIPS64, SeccompMachine::mips},
    {"SCMP_ARCH_MIPS64N32", AUDIT_ARCH_MIPS64N32, AUDIT_ARCH_MIPS64N32, SeccompMachine::mips},
    {"SCMP_ARCH_MIPSEL", AUDIT_ARCH_MIPSEL, AUDIT_ARCH_MIPSEL, SeccompMachine::mips_little},
    {"SCMP_ARCH_MIPSEL64", AUDIT_ARCH_MIPSEL64, AUDIT_ARCH_MIPSEL64, SeccompMachine::mips_little},
    {"SCMP_ARCH_MIPSEL64N32", AUDIT_ARCH_MIPSEL64N32, AUDIT_ARCH_MIPSEL64N32, SeccompMachine::mips_little},
    {"SCMP_ARCH_PPC", AUDIT_ARCH_PPC, AUDIT_ARCH_PPC, SeccompMachine::ppc},
    {"SCMP_ARCH_PPC64", AUDIT_ARCH_PPC64, AUDIT_ARCH_PPC64, SeccompMachine::ppc},
    {"SCMP_ARCH_PPC64LE", AUDIT_ARCH_PPC64LE, AUDIT_ARCH_PPC64LE, SeccompMachine::ppc_little},
    {"SCMP_ARCH_S390", AUDIT_ARCH_S390, AUDIT_ARCH_S390, SeccompMachine::s390},
    {"SCMP_ARCH_S390X", AUDIT_ARCH_S390X, AUDIT_ARCH_S390X, SeccompMachine::s390},
    {"SCMP_ARCH_PARISC", AUDIT_ARCH_PARISC, AUDIT_ARCH_PARISC, SeccompMachine::parisc},
    {"SCMP_ARCH_PARISC64", AUDIT_ARCH_PARISC64, AUDIT_ARCH_PARISC64, SeccompMachine::parisc},
    {"SCMP_ARCH_RISCV64", AUDIT_ARCH_RISCV64, AUDIT_ARCH_RISCV64, SeccompMachine::riscv},
    {"SCMP_ARCH_LOONGARCH64", AUDIT_ARCH_LOONGARCH64, AUDIT_ARCH_LOONGARCH64, SeccompMachine::loongarch},
    {"SCMP_ARCH_M68K", AUDIT_ARCH_M68K, AUDIT_ARCH_M68K, SeccompMachine::m68k},
    {"SCMP_ARCH_SH", AUDIT_ARCH_SHEL, AUDIT_ARCH_SHEL, SeccompMachine::sh},
    {"SCMP_ARCH_SHEB", AUDIT_ARCH_SH, AUDIT_ARCH_SH, SeccompMachine::sh_big},
}};

/// The architecture that rt itself is built for.
constexpr std::string_view native_architecture() {
#if defined(__x86_64__) && defined(__ILP32__)
    return "SCMP_ARCH_X32";
#elif defined(__x86_64__)
    return "SCMP_ARCH_X86_64";
#elif defined(__i386__)
    return "SCMP_ARCH_X86";
#elif defined(__aarch64__)
    return "SCMP_ARCH_AARCH64";
#elif defined(__arm__)
    return "SCMP_ARCH_ARM";
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
    return "SCMP_ARCH_PPC64LE";
#elif defined(__s390x__)
    return "SCMP_ARCH_S390X";
#elif defined(__riscv) && __riscv_xlen == 64
    return "SCMP_ARCH_RISCV64";
#elif defined(__loongarch64)
    return "SCMP_ARCH_LOONGARCH64";
#else
#error "name the system call interface of this processor here"
#endif
}

/// A flag of config.json, which is its name in seccomp(2).
struct SeccompFlag {
    std::string_view name;
    std::uint32_t value = 0;
};
inline constexpr std::array<SeccompFlag, 4> seccomp_flags{{
    {"SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC},
    {"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG},
    {"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
    {"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV},
}};

}  // namespace rt::plan
