#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace rt::cli {

/// The lines of the output of ps(1) that belong to the pids; the header, which names the column PID, is kept.
/// \throws Error: no column PID
std::string filter_ps_output(std::string_view output, const std::vector<pid_t>& pids);

/// The columns of `ps -ef` from /proc, for machines without ps(1). Processes that have ended are left out.
std::string process_table(const std::vector<pid_t>& pids);

}  // namespace rt::cli
