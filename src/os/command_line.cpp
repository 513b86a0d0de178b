#include "rt/os/command_line.hpp"

#include <algorithm>

#include "rt/base/text.hpp"

namespace rt::os {

std::string command_line(const Procfs& procfs, pid_t pid, std::string_view stat) {
    std::string command = procfs.try_read(concat(pid, "/cmdline")).value_or("");
    while (!command.empty() && command.back() == '\0') command.pop_back();
    std::ranges::replace(command, '\0', ' ');
    if (!command.empty()) return printable(command);
    const std::size_t start = stat.find('(') + 1;  // 0 when there is none
    return concat("[", printable(stat.substr(start, std::max(stat.rfind(')'), start) - start)), "]");
}

}  // namespace rt::os
