#include "rt/idmap/write_maps.hpp"

#include <linux/capability.h>
#include <unistd.h>

#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/host/id_map_helpers.hpp"
#include "rt/os/command.hpp"

namespace rt::idmap {

namespace {

using plan::MapWriter;

struct Map {
    const char* file;  // of /proc/PID
    const plan::IdMappings& mappings;
    const MapWriter& writer;
    unsigned capability;  // that its helper needs
};

std::string text_of(const plan::IdMappings& mappings) {
    return concat("the mapping is ", join(split(mappings.to_proc_text(), '\n'), "; "));
}

// The kernel answers EPERM for many reasons (user_namespaces(7)); these are the ones a user can meet.
std::string hint_for(int code, MapWriter::Kind writer) {
    if (code == EPERM && writer == MapWriter::Kind::own_id) {
        return "without privileges only one id may be mapped, and it must be your own uid (in uidMappings) or gid "
               "(in gidMappings); run rt as root for other mappings";
    }
    if (code == EPERM) {
        return "rt needs CAP_SETUID and CAP_SETGID, and the host ids of the mapping must exist in the user namespace "
               "that rt itself runs in (/proc/self/uid_map)";
    }
    if (code == EXDEV) return "something is mounted over this file of /proc: see /proc/self/mountinfo";
    if (code == EINVAL) return "the kernel's rules for mappings are in user_namespaces(7)";
    return {};
}

// newuidmap(1): PID and three words for each entry, of which it takes any number.
std::vector<std::string> words_for_helper(pid_t pid, const Map& map) {
    std::vector<std::string> words{std::to_string(pid)};
    const plan::IdMappings mappings = map.mappings.with_host_id_alone(map.writer.own);
    for (const spec::IdMapping& entry : mappings.entries()) {
        words.push_back(std::to_string(entry.container_id));
        words.push_back(std::to_string(entry.host_id));
        words.push_back(std::to_string(entry.size));
    }
    return words;
}

std::string printable_lines(const std::string& text) {
    std::vector<std::string> lines;
    for (const std::string& line : split(trim(text), '\n')) lines.push_back(printable(trim(line)));
    return join(lines, " | ");
}

void write_by_helper(pid_t pid, const Map& map) {
    const std::string& helper = map.writer.helper;
    const auto output = os::try_run(helper, words_for_helper(pid, map), STDERR_FILENO);
    if (output && output->status.shell_status() == 0) return;
    std::string said = output ? printable_lines(output->text) : "it cannot be executed";
    if (said.empty()) said = concat("it ended with status ", output->status.shell_status(), " and said nothing");
    const host::Powerlessness cause = host::explain_powerless_helper(helper, map.capability);
    if (!cause.reason.empty()) said += concat("; ", cause.reason);
    fail("map the ids by", helper, concat(said, "; ", text_of(map.mappings)),
         !cause.hint.empty() ? cause.hint
                             : "what it allows is in /etc/subuid and /etc/subgid; on a host whose accounts come from "
                               "elsewhere, /etc/nsswitch.conf says where it looks (subid)");
}

void write_map(const os::Procfs& procfs, pid_t pid, const Map& map) {
    if (map.writer.kind == MapWriter::Kind::helper) return write_by_helper(pid, map);
    const int code = procfs.try_write(concat(pid, "/", map.file), map.mappings.to_proc_text());
    if (code == 0) return;
    throw_errno("write the mapping to", concat("/proc/", pid, "/", map.file), code, text_of(map.mappings),
                hint_for(code, map.writer.kind));
}

}  // namespace

void write_maps(const os::Procfs& procfs, pid_t pid, const plan::UserMappings& mappings) {
    if (mappings.gid_writer.kind == MapWriter::Kind::own_id) {
        const int code = procfs.try_write(concat(pid, "/setgroups"), "deny");
        if (code != 0) throw_errno("deny setgroups(2) in", concat("/proc/", pid, "/setgroups"), code);
    }
    // gid_map first: once the uid is mapped, nothing may depend on a half-written pair.
    write_map(procfs, pid, {"gid_map", mappings.gids, mappings.gid_writer, CAP_SETGID});
    write_map(procfs, pid, {"uid_map", mappings.uids, mappings.uid_writer, CAP_SETUID});
}

}  // namespace rt::idmap
