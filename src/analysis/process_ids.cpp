#include "rt/analysis/process_ids.hpp"

#include <fcntl.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"

namespace rt::analysis {

namespace {

using nlohmann::ordered_json;

plan::IdMappings mappings_of(const os::Procfs& procfs, pid_t pid, const char* name) {
    const std::string path = concat(pid, "/", name);
    auto entries = plan::parse_proc_mappings(procfs.read(path));
    // Nothing is written to it yet.
    return plan::IdMappings::validate(std::move(entries).value_or(std::vector<spec::IdMapping>()), JsonPointer());
}

template <class Id>
std::string id_text(const std::optional<Id>& id) {
    return id ? std::to_string(*id) : "-";
}

template <class Id>
ordered_json id_json(const std::optional<Id>& id) {
    return id ? ordered_json(*id) : ordered_json();
}

}  // namespace

std::string status_field(std::string_view status, std::string_view name) {
    for (const std::string& line : split(status, '\n')) {
        if (line.starts_with(name)) return std::string(trim(std::string_view(line).substr(name.size())));
    }
    return {};
}

std::vector<std::uint32_t> status_numbers(std::string_view status, std::string_view name) {
    std::string text = status_field(status, name);
    std::ranges::replace(text, '\t', ' ');
    std::vector<std::uint32_t> numbers;
    for (const std::string& word : split(text, ' ')) {
        if (const auto number = parse_number<std::uint32_t>(word)) numbers.push_back(*number);
    }
    return numbers;
}

std::optional<ProcessIds> parse_process_ids(std::string_view status) {
    const std::vector<std::uint32_t> uids = status_numbers(status, "Uid:");
    const std::vector<std::uint32_t> gids = status_numbers(status, "Gid:");
    const std::vector<std::uint32_t> pids = status_numbers(status, "NSpid:");
    if (uids.size() < 2 || gids.size() < 2 || pids.empty()) return std::nullopt;
    return ProcessIds{.uid = uids[1], .gid = gids[1], .pids = {pids.begin(), pids.end()}};
}

std::optional<std::uint32_t> ProcessMappings::uid_inside(std::uint32_t host_uid) const noexcept {
    return own ? host_uid : uids.to_container(host_uid);
}

std::optional<std::uint32_t> ProcessMappings::gid_inside(std::uint32_t host_gid) const noexcept {
    return own ? host_gid : gids.to_container(host_gid);
}

ProcessMappings read_process_mappings(const os::Procfs& procfs, pid_t pid) {
    ProcessMappings mappings{.uids = mappings_of(procfs, pid, "uid_map"), .gids = mappings_of(procfs, pid, "gid_map")};
    // The files of the own user namespace tell of its parent. Of others it is not told whether they are in it (ptrace(2)): then
    // they are the processes of somebody else, and in the initial one both come to the same.
    const auto ours = os::try_status_at(procfs.fd(), "self/ns/user");
    const auto theirs = os::try_status_at(procfs.fd(), concat(pid, "/ns/user"));
    mappings.own = ours && theirs && ours->st_ino == theirs->st_ino;
    return mappings;
}

ProcessOnBothSides on_both_sides(const ProcessIds& ids, const ProcessMappings& mappings, std::size_t depth) {
    ProcessOnBothSides process{.uid = mappings.uid_inside(ids.uid),
                               .host_uid = ids.uid,
                               .gid = mappings.gid_inside(ids.gid),
                               .host_gid = ids.gid,
                               .host_pid = ids.pids.front()};
    if (depth < ids.pids.size()) process.pid = ids.pids[depth];
    return process;
}

std::vector<std::vector<std::string>> process_rows(const std::vector<ProcessOnBothSides>& processes) {
    std::vector<std::vector<std::string>> rows{{"UID", "HOST-UID", "GID", "HOST-GID", "PID", "HOST-PID", "COMMAND"}};
    for (const ProcessOnBothSides& process : processes) {
        rows.push_back({id_text(process.uid), std::to_string(process.host_uid), id_text(process.gid),
                        std::to_string(process.host_gid), id_text(process.pid), std::to_string(process.host_pid),
                        process.command});
    }
    return rows;
}

std::string process_json(const std::vector<ProcessOnBothSides>& processes) {
    ordered_json document = ordered_json::array();
    for (const ProcessOnBothSides& process : processes) {
        document.push_back({{"uid", id_json(process.uid)},
                            {"hostUid", process.host_uid},
                            {"gid", id_json(process.gid)},
                            {"hostGid", process.host_gid},
                            {"pid", id_json(process.pid)},
                            {"hostPid", process.host_pid},
                            {"command", process.command}});
    }
    return document.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace rt::analysis
