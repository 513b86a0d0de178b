#pragma once

#include "rt/cgroup/cgroup.hpp"
#include "rt/init/init.hpp"
#include "rt/os/child.hpp"

namespace rt::container {

/// Gives birth to init: inside the namespaces that the plan visits, in its cgroup, in its new user and pid namespace.
/// `line` is the runtime's end of the line. Returns init proper, also when it needs a process before it. \throws Error
/// with the limit or capability behind the kernel's refusal
os::Child launch(init::Task task, cgroup::Cgroup& cgroup, int line);

}  // namespace rt::container
