#include "rt/plan/sysctl.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "rt/base/error.hpp"
#include "rt/base/json_pointer.hpp"
#include "rt/base/text.hpp"

namespace rt::plan {

namespace {

// Which namespace holds a parameter: namespaces(7), ipc_namespaces(7), network_namespaces(7), user_namespaces(7). A path that ends
// in a slash stands for everything below. All others belong to the whole machine.
struct Owner {
    std::string_view path;
    NamespaceType type;
};
constexpr auto owners = std::to_array<Owner>({
    {"net/", NamespaceType::network},
    {"kernel/auto_msgmni", NamespaceType::ipc},
    {"kernel/msg_next_id", NamespaceType::ipc},
    {"kernel/msgmax", NamespaceType::ipc},
    {"kernel/msgmnb", NamespaceType::ipc},
    {"kernel/msgmni", NamespaceType::ipc},
    {"kernel/sem", NamespaceType::ipc},
    {"kernel/sem_next_id", NamespaceType::ipc},
    {"kernel/shm_next_id", NamespaceType::ipc},
    {"kernel/shm_rmid_forced", NamespaceType::ipc},
    {"kernel/shmall", NamespaceType::ipc},
    {"kernel/shmmax", NamespaceType::ipc},
    {"kernel/shmmni", NamespaceType::ipc},
    {"fs/mqueue/", NamespaceType::ipc},
    {"kernel/hostname", NamespaceType::uts},
    {"kernel/domainname", NamespaceType::uts},
    {"user/", NamespaceType::user},
});

bool covers(const Owner& owner, std::string_view path) {
    return owner.path.back() == '/' ? path.starts_with(owner.path) : path == owner.path;
}

void require_plain_path(const std::string& path, const JsonPointer& where) {
    // A key of JSON may hold a NUL byte, at which open(2) would cut it off.
    bool good = path.find('\0') == std::string::npos && !path.empty() && path.back() != '/';
    for (const std::string& part : split(path, '/')) good = good && !part.empty() && part != "." && part != "..";
    if (good) return;
    fail("use the kernel parameter at", where.text(),
         "its name is no path below /proc/sys: parts that are empty, '.' or '..' are refused",
         "names are like net.ipv4.ip_forward, or net/ipv4/ip_forward");
}

NamespaceType owner_of(const std::string& path, const JsonPointer& where) {
    const auto* const owner = std::ranges::find_if(owners, [&](const Owner& entry) { return covers(entry, path); });
    if (owner != owners.end()) return owner->type;
    fail("use the kernel parameter at", where.text(),
         "it belongs to no namespace: setting it would change the whole machine",
         "only net.*, fs.mqueue.*, user.*, kernel.hostname, kernel.domainname and the System V ipc limits (kernel.sem, "
         "kernel.shm*, kernel.msg*) can be set for a container; set others on the host");
}

void require_namespace(NamespaceType type, const Namespaces& namespaces, const JsonPointer& where) {
    if (namespaces.has(type)) return;
    const MissingNamespace missing = namespaces.missing(type);
    fail("use the kernel parameter at", where.text(), concat(missing.reason, ", so this would change the host's"),
         missing.hint);
}

// Two groups as the container counts them. The kernel refuses an unmapped one (EINVAL), and takes a range that is upside down on
// the host for "nobody" without a word (net/ipv4/sysctl_net_ipv4.c).
void check_group_range(const std::string& value, const UserMappings& mappings, const JsonPointer& where) {
    if (!mappings.mapped) return;
    std::vector<std::uint32_t> container;
    std::vector<std::uint32_t> host;
    std::string text = value;
    std::ranges::replace_if(text, [](char c) { return c == '\t' || c == '\n'; }, ' ');
    for (const std::string& word : split(text, ' ')) {
        if (word.empty()) continue;
        const std::optional<std::uint32_t> group = parse_number<std::uint32_t>(word);
        const std::optional<std::uint32_t> mapped = group ? mappings.gid_to_host(*group) : std::nullopt;
        if (!mapped) {
            fail("use the kernel parameter at", where.text(),
                 concat("group ", printable(word), " does not exist in the container: its user namespace maps ",
                        mappings.gids.container_ranges()),
                 "give two groups that are mapped: they are counted as the container does");
        }
        container.push_back(*group);
        host.push_back(*mapped);
    }
    if (host.size() == 2 && container[0] <= container[1] && host[0] > host[1]) {
        fail("use the kernel parameter at", where.text(),
             concat("on the host the groups are ", host[0], " and ", host[1],
                    ", and the kernel takes a range in that order for no group at all"),
             "give two groups of one line of /linux/gidMappings");
    }
}

}  // namespace

std::string sysctl_path(std::string_view name) {
    std::string path(name);
    const std::size_t first = path.find_first_of("./");
    if (first == std::string::npos || path[first] == '/') return path;
    for (char& c : path) {
        if (c == '.' || c == '/') c = c == '.' ? '/' : '.';
    }
    return path;
}

std::vector<Sysctl> plan_sysctl(const spec::Linux& linux_section, const Namespaces& namespaces,
                                const UserMappings& mappings) {
    std::vector<Sysctl> parameters;
    std::map<std::string, std::string> seen;
    for (const auto& [name, value] : linux_section.sysctl) {
        const JsonPointer where = JsonPointer("/linux/sysctl") / name;
        std::string path = sysctl_path(name);
        require_plain_path(path, where);
        const NamespaceType type = owner_of(path, where);
        require_namespace(type, namespaces, where);
        const auto [earlier, is_new] = seen.emplace(path, name);
        if (type == NamespaceType::uts) continue;
        if (!is_new) {
            fail("use the kernel parameter at", where.text(),
                 concat("it is another name of '", printable(earlier->second), "', which is set too"),
                 "remove one of the two");
        }
        if (path == "net/ipv4/ping_group_range") check_group_range(value, mappings, where);
        parameters.push_back({.name = name, .path = std::move(path), .value = value, .type = type});
    }
    return parameters;
}

}  // namespace rt::plan
