// Machines and callers for the plan, made of the choices behind an input.
#pragma once

#include <linux/capability.h>

#include <string>
#include <vector>

#include "rt/base/namespace_type.hpp"
#include "rt/host/cgroup_layout.hpp"
#include "rt/host/facts.hpp"
#include "target.hpp"

namespace rt::fuzz {

/// v2 alone, v1, hybrid, none; delegated or not.
inline host::CgroupLayout layout_of(Choices& choices) {
    host::CgroupLayout layout;
    layout.may_set_device_rules = !choices.flag();
    const unsigned kind = choices.below(4);
    const bool writable = !choices.flag();
    if (kind == 1 || kind == 2) {
        for (const char* name :
             {"memory", "cpu", "cpuset", "pids", "blkio", "devices", "net_cls", "net_prio", "rdma"}) {
            layout.hierarchies.push_back({.mount_point = std::string("/sys/fs/cgroup/") + name,
                                          .controllers = {name},
                                          .writable = writable,
                                          .read_only = choices.flag()});
        }
        layout.hierarchies.push_back(
            {.mount_point = "/sys/fs/cgroup/systemd", .name = "systemd", .writable = writable});
    }
    if (kind == 0 || kind == 2) {
        host::CgroupHierarchy unified{.mount_point = kind == 0 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/unified",
                                      .controllers = {"hugetlb"},
                                      .unified = true,
                                      .writable = writable};
        if (kind == 0) unified.controllers = {"cpuset", "cpu", "io", "memory", "hugetlb", "pids", "rdma"};
        if (!writable) {
            for (const char* path :
                 {"", "/user.slice", "/user.slice/user@7.service", "/user.slice/user@7.service/app"}) {
                const bool owned = choices.flag();
                unified.way.push_back(
                    {.path = path, .owner = owned ? 7U : 0U, .controllers = {"memory", "pids"}, .writable = owned});
            }
        }
        layout.hierarchies.push_back(std::move(unified));
    }
    return layout;
}

inline host::UserNamespaceMaps maps_of(Choices& choices) {
    static const std::vector<std::string> texts{"0 100000 65536\n",     "0 7 1\n", "0 0 4294967295\n",
                                                "1000 7 1\n2000 5 9\n", "x",       ""};
    return {.uid_map = texts[choices.below(6)],
            .gid_map = texts[choices.below(6)],
            .groups_denied = choices.flag(),
            .inode = choices.byte()};
}

inline void add_owners(Choices& choices, std::map<NamespaceType, host::NamespaceOwner>& owners) {
    for (const NamespaceTypeEntry& entry : namespace_types) {
        if (choices.flag())
            owners[entry.type] = {.user_namespaces = {choices.byte(), choices.byte()}, .uid = choices.byte()};
    }
}

inline host::Facts facts_of(Choices& choices) {
    host::Facts facts;
    facts.known_capabilities = facts.bounding = (std::uint64_t{1} << (CAP_LAST_CAP + 1)) - 1;
    const unsigned caller = choices.below(4);
    if (caller < 2) facts.capabilities = facts.bounding;
    if (caller == 1) facts.capabilities &= ~(std::uint64_t{1} << choices.below(CAP_LAST_CAP + 1));
    if (caller > 1) facts.uid = facts.gid = 7;
    facts.initial_user_namespace = !choices.flag();
    if (!facts.initial_user_namespace) facts.own_user_namespace = maps_of(choices);
    if (choices.flag()) facts.joined_user_namespace = maps_of(choices);
    facts.descriptors.open = choices.below(8);
    if (choices.flag()) facts.descriptors.listen_fds = std::to_string(choices.below(5));
    facts.seccomp_flags = choices.byte();
    facts.security_modules = {.apparmor = choices.flag(), .selinux = choices.flag()};
    if (choices.flag()) facts.possible_memory_nodes = "0-3";
    if (choices.flag()) facts.resctrl = "/sys/fs/resctrl";
    if (choices.flag()) {
        facts.subordinate_ids =
            host::SubordinateIds{.user = "seven",
                                 .uids = {{.owner = "seven", .first = 100000, .count = 65536, .line = 1}},
                                 .gids = {{.owner = "7", .first = 100000, .count = 65536, .line = 1}},
                                 .uid_helper = choices.flag() ? "" : "/usr/bin/newuidmap",
                                 .gid_helper = choices.flag() ? "" : "/usr/bin/newgidmap"};
    }
    add_owners(choices, facts.namespace_owners);
    add_owners(choices, facts.own_namespace_owners);
    return facts;
}

}  // namespace rt::fuzz
