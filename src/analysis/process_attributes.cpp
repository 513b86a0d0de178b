#include "rt/analysis/process_attributes.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>

#include "rt/analysis/process_ids.hpp"
#include "rt/base/text.hpp"
#include "rt/host/security_modules.hpp"

namespace rt::analysis {

namespace {

// Columns are filled up with blanks.
std::vector<std::string> words_of(const std::string& line) {
    std::vector<std::string> words = split(line, ' ');
    std::erase(words, "");
    return words;
}

template <class Number>
std::optional<Number> number_of(const std::string& text, int base) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::uint64_t set_of(std::string_view status, std::string_view name) {
    constexpr int hexadecimal = 16;
    return number_of<std::uint64_t>(status_field(status, name), hexadecimal).value_or(0);
}

struct LimitLine {
    std::string_view text;
    int resource;
};
constexpr std::array<LimitLine, 16> limit_lines{{
    {"Max cpu time", RLIMIT_CPU},
    {"Max file size", RLIMIT_FSIZE},
    {"Max data size", RLIMIT_DATA},
    {"Max stack size", RLIMIT_STACK},
    {"Max core file size", RLIMIT_CORE},
    {"Max resident set", RLIMIT_RSS},
    {"Max processes", RLIMIT_NPROC},
    {"Max open files", RLIMIT_NOFILE},
    {"Max locked memory", RLIMIT_MEMLOCK},
    {"Max address space", RLIMIT_AS},
    {"Max file locks", RLIMIT_LOCKS},
    {"Max pending signals", RLIMIT_SIGPENDING},
    {"Max msgqueue size", RLIMIT_MSGQUEUE},
    {"Max nice priority", RLIMIT_NICE},
    {"Max realtime priority", RLIMIT_RTPRIO},
    {"Max realtime timeout", RLIMIT_RTTIME},
}};

std::optional<std::uint64_t> limit_of(const std::string& word) {
    if (word == "unlimited") return RLIM_INFINITY;
    return parse_number<std::uint64_t>(word);
}

// Some modules end it with a newline, some with a NUL.
std::optional<std::string> label(const os::Procfs& procfs, const std::string& path) {
    std::optional<std::string> text = procfs.try_read(path);
    if (text) text = std::string(trim(std::string_view(*text).substr(0, text->find('\0'))));
    return text;
}

}  // namespace

std::optional<ProcessAttributes> parse_process_attributes(std::string_view status) {
    const std::vector<std::uint32_t> uids = status_numbers(status, "Uid:");
    const std::vector<std::uint32_t> gids = status_numbers(status, "Gid:");
    if (uids.size() < 2 || gids.size() < 2) return std::nullopt;
    constexpr int octal = 8;
    return ProcessAttributes{.uid = uids[1],
                             .gid = gids[1],
                             .groups = status_numbers(status, "Groups:"),
                             .umask = number_of<std::uint32_t>(status_field(status, "Umask:"), octal),
                             .capabilities = {.bounding = set_of(status, "CapBnd:"),
                                              .permitted = set_of(status, "CapPrm:"),
                                              .effective = set_of(status, "CapEff:"),
                                              .inheritable = set_of(status, "CapInh:"),
                                              .ambient = set_of(status, "CapAmb:")},
                             .no_new_privileges = status_field(status, "NoNewPrivs:") == "1",
                             .seccomp_mode = parse_number<int>(status_field(status, "Seccomp:")).value_or(0),
                             .seccomp_filters = parse_number<unsigned>(status_field(status, "Seccomp_filters:"))};
}

std::vector<plan::ResourceLimit> parse_limits(std::string_view text) {
    std::vector<plan::ResourceLimit> limits;
    for (const std::string& line : split(text, '\n')) {
        const auto entry =
            std::ranges::find_if(limit_lines, [&](const LimitLine& known) { return line.starts_with(known.text); });
        if (entry == limit_lines.end()) continue;
        const std::vector<std::string> words = words_of(line.substr(entry->text.size()));
        const auto soft = limit_of(words.empty() ? "" : words[0]);
        const auto hard = limit_of(words.size() < 2 ? "" : words[1]);
        if (soft && hard) limits.push_back({.resource = entry->resource, .soft = *soft, .hard = *hard});
    }
    return limits;
}

bool never_notices(std::string_view status, int signal) {
    const std::vector<std::uint32_t> pids = status_numbers(status, "NSpid:");
    if (pids.size() < 2 || pids.back() != 1 || signal == SIGKILL || signal == SIGSTOP) return false;
    const std::uint64_t arriving = set_of(status, "SigBlk:") | set_of(status, "SigIgn:") | set_of(status, "SigCgt:");
    return (arriving >> (signal - 1) & 1U) == 0;
}

std::optional<ProcessAttributes> try_read_process_attributes(const os::Procfs& procfs, pid_t pid) {
    const auto text = [&](const char* file) { return procfs.try_read(concat(pid, "/", file)).value_or(""); };
    std::optional<ProcessAttributes> attributes = parse_process_attributes(text("status"));
    if (!attributes) return std::nullopt;
    attributes->limits = parse_limits(text("limits"));
    attributes->oom_score_adj = parse_number<int>(trim(text("oom_score_adj")));
    const host::SecurityModules modules = host::security_modules();
    if (modules.apparmor) attributes->apparmor = label(procfs, concat(pid, "/attr/apparmor/current"));
    if (modules.selinux) attributes->selinux = label(procfs, concat(pid, "/attr/current"));
    return attributes;
}

}  // namespace rt::analysis
