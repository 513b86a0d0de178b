#pragma once

#include <functional>
#include <string>

#include "rt/base/error.hpp"
#include "rt/os/fd.hpp"
#include "rt/seccomp/program.hpp"

namespace rt::seccomp {

/// Connects to the seccomp agent at that absolute path, with the caller's rights. \throws Error: nobody listens there
os::UniqueFd connect_to_agent(const std::string& path);

/// Loads the program (seccomp(2)) with those flags: the last thing to do before execve(2), because from here on every call of
/// the process passes the filter, and any of them may be forbidden. Nothing is allocated and no call made after it.
/// Without no_new_privs it takes CAP_SYS_ADMIN in the effective set. \throws Error: the kernel refuses; nothing is loaded then
void load(const Program& program, std::uint32_t flags);

/// The same for a program with a listener, which the agent gets together with the text, in one message; then the connection
/// and the listener are closed here. A thread that stays outside of the filter sends it: sendmsg(2), close(2) and all else may
/// be what the agent is to be asked about. It is gone, at the latest, with execve(2).
/// `give_up` is called in that thread when sending fails, and must end the process.
/// \throws Error: the kernel refuses the program or the thread
void load_for_agent(const Program& program, std::uint32_t flags, os::UniqueFd agent, const std::string& text,
                    const std::function<void(Failure)>& give_up);

}  // namespace rt::seccomp
