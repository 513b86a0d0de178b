#include "rt/container/choose_range.hpp"

#include <fcntl.h>

#include <algorithm>

#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/base/text.hpp"
#include "rt/host/facts.hpp"
#include "rt/os/file.hpp"
#include "rt/plan/id_mappings.hpp"
#include "rt/plan/unprivileged_mappings.hpp"
#include "rt/spec/reader.hpp"
#include "rt/state/reader.hpp"

namespace rt::container {

namespace {

using plan::IdRange;

// Ids of one kind: where they may be taken from, and which are taken.
struct Ids {
    std::vector<IdRange> pool;
    std::vector<IdRange> used;
};

// Of the ids that systemd leaves to containers (524288 to 1879048191, UIDS-GIDS.md) those above what useradd(8) gives to users
// (SUB_UID_MAX of login.defs(5) is 600100000).
constexpr IdRange ids_for_containers{.first = 600113152, .end = 1879048192};
constexpr std::uint64_t step = 65536;

void add(std::vector<IdRange>& ranges, const std::vector<IdRange>& more) {
    ranges.insert(ranges.end(), more.begin(), more.end());
}

void add_text_of_map(const std::string& text, std::vector<IdRange>& used) {
    if (const auto entries = plan::parse_proc_mappings(text)) add(used, plan::host_ranges(*entries));
}

// The fields of passwd(5) and group(5) that hold an id of that kind.
void add_accounts(const char* path, std::size_t field, std::vector<IdRange>& used) {
    for (const std::string& line : split(os::try_read_file(AT_FDCWD, path).value_or(""), '\n')) {
        const std::vector<std::string> fields = split(line, ':');
        const auto id = fields.size() > field ? parse_number<std::uint32_t>(fields[field]) : std::nullopt;
        if (id) used.push_back({.first = *id, .end = std::uint64_t{*id} + 1});
    }
}

// A zombie still shows the namespace that it was in.
bool has_ended(const os::Procfs& procfs, pid_t pid) {
    const auto process = os::try_process_status(procfs, pid);
    return !process || process->state == 'Z' || process->state == 'X';
}

// Other engines keep lists of their own: what is mapped right now shows in /proc.
void add_living_namespaces(const os::Procfs& procfs, Ids& uids, Ids& gids) {
    const std::string own = procfs.read("self/uid_map");
    std::vector<std::string> seen{own};
    for (const std::string& process :
         os::names_in(os::open_at(procfs.fd(), ".", O_RDONLY | O_DIRECTORY).get(), "/proc")) {
        const auto pid = parse_number<pid_t>(process);
        if (!pid) continue;
        const std::string map = procfs.try_read(concat(process, "/uid_map")).value_or(own);
        if (std::ranges::find(seen, map) != seen.end() || has_ended(procfs, *pid)) continue;
        seen.push_back(map);
        add_text_of_map(map, uids.used);
        add_text_of_map(procfs.try_read(concat(process, "/gid_map")).value_or(""), gids.used);
    }
}

// Also those that have ended: their files may be left.
void add_containers(const std::string& root, Ids& uids, Ids& gids) {
    const std::optional<state::Reader> reader = state::Reader::try_open(root);
    if (!reader) return;
    for (const std::string& id : reader->ids()) {
        const std::string path = concat(root, "/", id, "/config.json");
        const std::optional<std::string> text = os::try_read_file(AT_FDCWD, path);
        if (!text) continue;
        try {
            const spec::Spec spec = spec::read(*text, path);
            add(uids.used, plan::host_ranges(spec.linux.uid_mappings));
            add(gids.used, plan::host_ranges(spec.linux.gid_mappings));
        } catch (const Error& error) {
            log::debug(error.what());
        }
    }
}

void add_list(const state::RangeList& list, Ids& uids, Ids& gids) {
    for (const state::ChosenRange& range : list.ranges()) {
        add(uids.used, range.uids);
        add(gids.used, range.gids);
    }
}

IdRange range_of(const host::SubordinateRange& range) { return {.first = range.first, .end = range.end()}; }

// `own`: the caller's ranges, when nothing else may be mapped.
void add_subordinate(const char* path, const std::vector<host::SubordinateRange>* own, Ids& ids) {
    for (const host::SubordinateRange& range : host::read_subordinate_ranges(path)) {
        const bool mine = own != nullptr && std::ranges::find(*own, range) != own->end();
        (mine ? ids.pool : ids.used).push_back(range_of(range));
    }
}

// What exists in a user namespace of the caller, each id as itself.
std::vector<IdRange> existing(const std::string& map) {
    std::vector<IdRange> ranges;
    for (const spec::IdMapping& entry : plan::parse_proc_mappings(map).value_or(std::vector<spec::IdMapping>()))
        ranges.push_back({.first = entry.container_id, .end = std::uint64_t{entry.container_id} + entry.size});
    return ranges;
}

// FNV-1a: the same for the same text, on every machine.
std::uint64_t hash(std::string_view text) {
    std::uint64_t value = 0xcbf29ce484222325U;
    for (const char letter : text) value = (value ^ static_cast<unsigned char>(letter)) * 0x100000001b3U;
    return value;
}

std::uint32_t choose(const Ids& ids, const char* kind, std::uint32_t size, std::uint64_t start) {
    if (const auto first = plan::find_free_ids(ids.pool, ids.used, size, start)) return *first;
    std::vector<std::string> places;
    for (const IdRange& range : ids.pool) places.push_back(concat(range.first, "-", range.end - 1));
    fail("choose", concat(size, " ", kind, "s"),
         places.empty() ? "there are none that you may map"
                        : concat("no so many in a row are free among ", join(places, ", ")),
         "ask for less (--userns auto:1000), delete containers that are not needed, or let root give you more ids "
         "(usermod --add-subuids, --add-subgids)");
}

void add_pools(const os::Procfs& procfs, bool any, Ids& uids, Ids& gids) {
    const host::Facts facts = host::take_facts(procfs);
    const host::SubordinateIds own = any ? host::SubordinateIds() : host::take_subordinate_ids(facts.uid);
    add_subordinate("/etc/subuid", any ? nullptr : &own.uids, uids);
    add_subordinate("/etc/subgid", any ? nullptr : &own.gids, gids);
    if (!any) return;
    uids.pool = gids.pool = {ids_for_containers};
    if (!facts.own_user_namespace) return;
    uids.pool = existing(facts.own_user_namespace->uid_map);
    gids.pool = existing(facts.own_user_namespace->gid_map);
}

void add_used(const os::Procfs& procfs, const state::RangeList& list, const std::string& root, Ids& uids, Ids& gids) {
    constexpr std::size_t id_field = 2;
    constexpr std::size_t group_of_user_field = 3;
    add_accounts("/etc/passwd", id_field, uids.used);
    add_accounts("/etc/passwd", group_of_user_field, gids.used);
    add_accounts("/etc/group", id_field, gids.used);
    add_living_namespaces(procfs, uids, gids);
    add_containers(root, uids, gids);
    add_list(list, uids, gids);
}

}  // namespace

ChosenMappings choose_range(state::RangeList& list, const std::string& root, const std::string& bundle,
                            std::uint32_t size) {
    const os::Procfs procfs = os::Procfs::open_for_self();
    const bool any = plan::may_map_any_id(host::take_facts(procfs));
    // What was chosen for the bundle before, and never used, is given up for this.
    std::erase_if(list.ranges(),
                  [&](const state::ChosenRange& range) { return range.bundle == bundle && range.containers.empty(); });
    Ids uids;
    Ids gids;
    add_pools(procfs, any, uids, gids);
    add_used(procfs, list, root, uids, gids);
    if (any) {
        // One range for both: who looks at files on the host sees the same number for user and group.
        add(uids.used, gids.used);
        gids.used = uids.used;
    }
    const std::uint64_t slots = (ids_for_containers.end - ids_for_containers.first) / step;
    const std::uint64_t start = ids_for_containers.first + hash(bundle) % slots * step;
    const std::uint32_t uid = choose(uids, "uid", size, start);
    const std::uint32_t gid = choose(gids, "gid", size, start);
    ChosenMappings chosen{.uids = {{.container_id = 0, .host_id = uid, .size = size}},
                          .gids = {{.container_id = 0, .host_id = gid, .size = size}}};
    list.ranges().push_back({.bundle = bundle,
                             .containers = {},
                             .uids = plan::host_ranges(chosen.uids),
                             .gids = plan::host_ranges(chosen.gids)});
    return chosen;
}

}  // namespace rt::container
