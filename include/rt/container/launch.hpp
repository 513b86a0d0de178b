#pragma once

#include "rt/cgroup/cgroup.hpp"
#include "rt/cgroup/place.hpp"
#include "rt/init/exec.hpp"
#include "rt/init/init.hpp"
#include "rt/os/child.hpp"

namespace rt::container {

/// Gives birth to init: inside the namespaces that the plan visits, in its cgroup, in its new user and pid namespace.
/// `line` is the runtime's end of the line. Returns init proper, also when it needs a process before it. \throws Error
/// with the limit or capability behind the kernel's refusal
os::Child launch(init::Task task, cgroup::Cgroup& cgroup, int line);

/// The same for a further process of a running container, which is born in its cgroup and pid namespace. Children that the
/// calling process makes later are born there too. \throws Error
os::Child launch(init::ExecTask task, cgroup::Place& place);

/// The process in whose stead `before` has ended, as the message of the kind init_pid says. \throws Error
os::Child follow_clone(os::Child before, const init::Message& message);

}  // namespace rt::container
