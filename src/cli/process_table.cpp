#include "rt/cli/process_table.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/cli/output.hpp"
#include "rt/os/command_line.hpp"
#include "rt/os/file.hpp"
#include "rt/os/procfs.hpp"

namespace rt::cli {

namespace {

std::vector<std::string> words_of(std::string_view line) {
    std::vector<std::string> words;
    for (const std::string& word : split(line, ' ')) {
        if (!word.empty()) words.push_back(word);
    }
    return words;
}

// The fields of /proc/PID/stat after the command (proc(5)), the first being the state, field 3.
std::vector<std::string> fields_of(const std::string& stat) {
    const std::size_t end = stat.rfind(')');
    return end == std::string::npos ? std::vector<std::string>{}
                                    : words_of(trim(std::string_view(stat).substr(end + 1)));
}

std::uint64_t field(const std::vector<std::string>& fields, std::size_t number) {
    constexpr std::size_t first_field = 3;
    return number - first_field < fields.size() ? parse_number<std::uint64_t>(fields[number - first_field]).value_or(0)
                                                : 0;
}

std::string terminal_name(std::uint64_t device) {
    constexpr unsigned pts_major = 136;  // Documentation/admin-guide/devices.txt
    if (device == 0) return "?";
    if (major(device) == pts_major) return concat("pts/", minor(device));
    return concat(major(device), ":", minor(device));
}

std::string two_digits(std::uint64_t number) { return concat(number < 10 ? "0" : "", number); }

std::string time_text(std::uint64_t ticks) {
    const std::uint64_t seconds = ticks / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
    return concat(two_digits(seconds / 3600), ":", two_digits(seconds / 60 % 60), ":", two_digits(seconds % 60));
}

// The time of day, or the date for a process of another day, as ps(1) has it.
std::string start_text(std::uint64_t ticks_since_boot) {
    timespec boot{};
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &boot);
    ::clock_gettime(CLOCK_REALTIME, &now);
    const auto age =
        boot.tv_sec - static_cast<time_t>(ticks_since_boot / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK)));
    const time_t started = now.tv_sec - age;
    tm then{};
    ::localtime_r(&started, &then);
    std::array<char, 16> text{};
    constexpr time_t day = 86400;
    ::strftime(text.data(), text.size(), age < day ? "%H:%M" : "%b%d", &then);
    return text.data();
}

}  // namespace

std::string filter_ps_output(std::string_view output, const std::vector<pid_t>& pids) {
    std::string result;
    std::size_t column = 0;
    for (const std::string& line : split(output, '\n')) {
        const std::vector<std::string> words = words_of(line);
        if (result.empty()) {
            column = static_cast<std::size_t>(std::ranges::find(words, "PID") - words.begin());
            if (column == words.size()) {
                fail("show the processes", "", "the output of ps(1) has no column PID",
                     "choose ps options that show it, such as -ef");
            }
            result = line + "\n";
            continue;
        }
        const auto pid = column < words.size() ? parse_number<pid_t>(words[column]) : std::nullopt;
        if (pid && std::ranges::binary_search(pids, *pid)) result += line + "\n";
    }
    return result;
}

std::string process_table(const std::vector<pid_t>& pids) {
    std::vector<std::vector<std::string>> rows{{"UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"}};
    const os::Procfs procfs = os::Procfs::open();
    for (const pid_t pid : pids) {
        const std::optional<std::string> stat = procfs.try_read(concat(pid, "/stat"));
        const auto owner = os::try_status_at(procfs.fd(), std::to_string(pid));
        if (!stat || !owner) continue;
        const std::vector<std::string> fields = fields_of(*stat);
        constexpr std::size_t parent = 4, terminal = 7, user_time = 14, system_time = 15, start_time = 22;
        rows.push_back({user_name(owner->st_uid), std::to_string(pid), std::to_string(field(fields, parent)), "0",
                        start_text(field(fields, start_time)), terminal_name(field(fields, terminal)),
                        time_text(field(fields, user_time) + field(fields, system_time)),
                        os::command_line(procfs, pid, *stat)});
    }
    return table_text(rows);
}

}  // namespace rt::cli
