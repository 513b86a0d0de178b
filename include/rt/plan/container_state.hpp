#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace rt::plan {

/// The status of a container (runtime.md "State"). `creating` is also what a killed create leaves behind.
enum class Status : std::uint8_t {
    creating,
    created,
    running,
    paused,  ///< its processes are frozen: a further status, as runtime.md allows; looked up, never recorded
    stopped
};

/// The spec's word for it.
std::string_view name_of(Status status) noexcept;

/// The state of a container in the spec's terms (runtime.md "State"): what `rt state` shows, a hook reads on its standard
/// input, and a seccomp agent receives.
struct ContainerState {
    std::string oci_version;
    std::string id;
    Status status = Status::creating;
    pid_t pid = 0;       ///< of the container process, as the reader of the text counts pids; 0: none (any more)
    std::string bundle;  ///< absolute path
    // Additional properties, left out where they are empty.
    std::string rootfs;
    std::string created;
    std::string owner;
    std::map<std::string, std::string> annotations;
};

/// What a seccomp agent is told (config-linux.md "The Container Process State").
struct ContainerProcessState {
    std::vector<std::string> fds;  ///< names of the descriptors that come with the text, in their order
    pid_t pid = 0;                 ///< of the process, as the runtime counts pids
    std::string metadata;          ///< left out where it is empty
    ContainerState state;
};

/// The state as JSON on one line; its version is that of `state`.
std::string to_json(const ContainerProcessState& process);

/// What an agent is told with the listener of the filter of process `pid`, whose config has that metadata.
std::string agent_text(const std::string& metadata, pid_t pid, ContainerState state);

/// The state as JSON. `indent` is the width of a step, -1 puts it all on one line. The order of the members is part of
/// the interface: some callers of `list` compare the text. Bytes that are no UTF-8 are replaced.
std::string to_json(const ContainerState& state, int indent = -1);

}  // namespace rt::plan
