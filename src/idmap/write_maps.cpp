#include "rt/idmap/write_maps.hpp"

#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

namespace rt::idmap {

namespace {

// The kernel answers EPERM for many reasons (user_namespaces(7)); these are the ones a user can meet.
std::string hint_for(int code, Writer writer) {
    if (code == EPERM && writer == Writer::own_id) {
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

void write_map(const os::Procfs& procfs, pid_t pid, const char* file, const plan::IdMappings& mappings, Writer writer) {
    const int code = procfs.try_write(concat(pid, "/", file), mappings.to_proc_text());
    if (code == 0) return;
    throw_errno("write the mapping to", concat("/proc/", pid, "/", file), code,
                concat("the mapping is ", join(split(mappings.to_proc_text(), '\n'), "; ")), hint_for(code, writer));
}

}  // namespace

void write_maps(const os::Procfs& procfs, pid_t pid, const plan::UserMappings& mappings, Writer writer) {
    if (writer == Writer::own_id) {
        const int code = procfs.try_write(concat(pid, "/setgroups"), "deny");
        if (code != 0) throw_errno("deny setgroups(2) in", concat("/proc/", pid, "/setgroups"), code);
    }
    // gid_map first: once the uid is mapped, nothing may depend on a half-written pair.
    write_map(procfs, pid, "gid_map", mappings.gids, writer);
    write_map(procfs, pid, "uid_map", mappings.uids, writer);
}

}  // namespace rt::idmap
