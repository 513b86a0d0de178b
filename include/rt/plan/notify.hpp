#pragma once

#include <string>
#include <string_view>

#include "rt/spec/spec.hpp"

namespace rt::plan {

/// The name of the socket in the directory that the container sees.
inline constexpr std::string_view notify_socket_name = "notify.sock";

/// Lets the program speak to the service manager of the caller (sd_notify(3)): the directory of the host, which will hold the
/// socket, becomes /run/notify, and NOTIFY_SOCKET says so. False when it is left out: there is no program, or no mount
/// namespace, or the config itself says where the program finds a socket.
bool pass_notify_socket(spec::Spec& spec, const std::string& directory);

/// What the service manager may be told of a message from the container: the fields about the state of the service, a line
/// each. Pids and descriptors mean nothing outside, and what is unknown is left out.
std::string notify_fields(std::string_view message);

/// Whether they say that the service is ready.
bool says_ready(std::string_view fields);

}  // namespace rt::plan
