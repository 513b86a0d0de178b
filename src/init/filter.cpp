#include "rt/init/filter.hpp"

#include <linux/capability.h>

#include <cstdlib>

#include "rt/privileges/become.hpp"
#include "rt/seccomp/load.hpp"

namespace rt::init {

namespace {

// What is freed stays with the allocator: brk(2) and mmap(2) may be forbidden when the refusal of the program is to be told.
void set_memory_aside() {
    constexpr std::size_t enough = 64U << 10;
    void* volatile memory = std::malloc(enough);
    std::free(memory);
}

}  // namespace

void enter_filter(const plan::Seccomp& plan, Filter filter, const std::string& state_text,
                  const std::function<void(Failure)>& give_up) {
    if (plan.needs_privilege) privileges::raise_capability(CAP_SYS_ADMIN);
    set_memory_aside();
    if (plan.notifies()) {
        seccomp::load_for_agent(filter.program, plan.flags, std::move(filter.agent), state_text, give_up);
    } else {
        seccomp::load(filter.program, plan.flags);
    }
}

}  // namespace rt::init
