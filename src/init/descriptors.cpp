#include "rt/init/descriptors.hpp"

#include "rt/os/fd.hpp"

namespace rt::init {

namespace {

constexpr unsigned first_preserved = 3;

}  // namespace

std::vector<int> with_preserved(std::vector<int> descriptors, const plan::Descriptors& planned) {
    for (unsigned i = 0; i < planned.preserved; ++i) descriptors.push_back(static_cast<int>(first_preserved + i));
    return descriptors;
}

void keep_for_program(const plan::Descriptors& planned) { os::close_on_exec_from(first_preserved + planned.preserved); }

}  // namespace rt::init
