#include "rt/scheduling/memory_policy.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

namespace rt::scheduling {

namespace {

constexpr std::size_t bits_of_word = sizeof(unsigned long) * CHAR_BIT;

// The nodes that the process may use now, as its cpuset says; empty when the kernel does not tell.
std::string allowed_nodes() {
    constexpr std::size_t most_nodes = 1024;
    plan::NumberSet nodes{.words = std::vector<unsigned long>(most_nodes / bits_of_word)};
    const long result =
        ::syscall(SYS_get_mempolicy, nullptr, nodes.words.data(), most_nodes, nullptr, MPOL_F_MEMS_ALLOWED);
    return result < 0 ? std::string() : nodes.text();
}

std::string hint_for(int code) {
    if (code == ENOSYS) return "this kernel is built without NUMA";
    if (code != EINVAL) return {};
    return concat("the memory nodes that its cpuset allows are ", allowed_nodes(),
                  "; MPOL_PREFERRED_MANY needs Linux 5.15, MPOL_WEIGHTED_INTERLEAVE 6.9");
}

}  // namespace

void set_memory_policy(const plan::MemoryPolicy& policy) {
    const std::vector<unsigned long>& words = policy.nodes.words;
    // The kernel takes one bit less than the number says (mm/mempolicy.c, get_nodes()).
    const std::size_t bits = words.empty() ? 0 : words.size() * bits_of_word + 1;
    if (::syscall(SYS_set_mempolicy, policy.mode, words.empty() ? nullptr : words.data(), bits) == 0) return;
    const int code = errno;
    throw_errno("set the memory policy", policy.description, code, "", hint_for(code));
}

}  // namespace rt::scheduling
