#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rt/os/procfs.hpp"
#include "rt/plan/id_mappings.hpp"

namespace rt::analysis {

/// What stands in the line "NAME value" of /proc/PID/status (proc_pid_status(5)), `name` being "Uid:"; empty when there is none.
std::string status_field(std::string_view status, std::string_view name);
/// The same of a line with numbers.
std::vector<std::uint32_t> status_numbers(std::string_view status, std::string_view name);

/// What /proc/PID/status says of a process: ids as the reader's user namespace counts, and its pids, from that of the pid
/// namespace of /proc to that of its own.
struct ProcessIds {
    std::uint32_t uid = 0;  ///< effective
    std::uint32_t gid = 0;
    std::vector<pid_t> pids;
};

/// Reads the text of /proc/PID/status; empty when it is not of that form.
std::optional<ProcessIds> parse_process_ids(std::string_view status);

/// The mappings of the user namespace of a process as they count for the caller.
struct ProcessMappings {
    bool own = false;  ///< it is the caller's user namespace: every id that exists is itself
    plan::IdMappings uids;
    plan::IdMappings gids;

    std::optional<std::uint32_t> uid_inside(std::uint32_t host_uid) const noexcept;
    std::optional<std::uint32_t> gid_inside(std::uint32_t host_gid) const noexcept;
};

/// \throws Error: there is no such process
ProcessMappings read_process_mappings(const os::Procfs& procfs, pid_t pid);

/// One process by its ids inside of a container and outside. What has no id inside: 65534 is shown there.
struct ProcessOnBothSides {
    std::optional<std::uint32_t> uid;
    std::uint32_t host_uid = 0;
    std::optional<std::uint32_t> gid;
    std::uint32_t host_gid = 0;
    std::optional<pid_t> pid;  ///< empty: it is not in the pid namespace of the container
    pid_t host_pid = 0;
    std::string command;
};

/// `depth`: how many pid namespaces the container's own lies below that of /proc.
ProcessOnBothSides on_both_sides(const ProcessIds& ids, const ProcessMappings& mappings, std::size_t depth);

/// A table of them; the first row has the headings.
std::vector<std::vector<std::string>> process_rows(const std::vector<ProcessOnBothSides>& processes);
/// The JSON document of rt-ps(8).
std::string process_json(const std::vector<ProcessOnBothSides>& processes);

}  // namespace rt::analysis
