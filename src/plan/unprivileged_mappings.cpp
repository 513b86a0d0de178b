#include "rt/plan/unprivileged_mappings.hpp"

#include <linux/capability.h>

#include <algorithm>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

namespace rt::plan {

namespace {

using host::SubordinateRange;

// One of the two maps, and what the caller may put into it.
struct Side {
    const char* kind;    // "uid"
    const char* field;   // of /linux
    const char* file;    // with the ranges
    const char* tool;    // that writes the map
    const char* option;  // of usermod(8)
    std::uint32_t own;
    const std::string& user;
    const std::vector<SubordinateRange>& ranges;
    const std::string& helper;
};

bool is_own_id_only(const IdMappings& mappings, std::uint32_t own) {
    const auto& entries = mappings.entries();
    return entries.size() == 1 && entries[0].size == 1 && entries[0].host_id == own;
}

std::string range_text(std::uint64_t first, std::uint64_t end) {
    return end - first == 1 ? std::to_string(first) : concat(first, "-", end - 1);
}

// "100000-165535 (line 1), 300000-300009 (line 3) of /etc/subuid, and your own uid 1000"
std::string granted_text(const Side& side) {
    constexpr std::size_t most = 8;
    std::vector<std::string> texts;
    for (const SubordinateRange& range : side.ranges) {
        if (texts.size() == most) {
            texts.push_back(concat("and ", side.ranges.size() - most, " more"));
            break;
        }
        texts.push_back(concat(range_text(range.first, range.end()), " (line ", range.line, ")"));
    }
    return concat(join(texts, ", "), " of ", side.file, ", and your own ", side.kind, " ", side.own);
}

[[noreturn]] void refuse_any_but_own(const Side& side, const JsonPointer& where) {
    fail("use the mappings at", where.text(),
         concat("without privileges only one id can be mapped, your own ", side.kind, " (", side.own, "), because ",
                side.file, " gives ", side.user, " no further ones"),
         concat("let root give some (usermod --add-", side.option, " 100000-165535 ", side.user,
                "), or map one id: { \"containerID\": 0, \"hostID\": ", side.own, ", \"size\": 1 }"));
}

// Where the ids end that are the caller's without a gap from `first` on; `first` itself: it is not one of them.
std::uint64_t end_of_granted(const Side& side, std::uint64_t first) {
    for (;;) {
        const auto range = std::ranges::find_if(side.ranges, [&](const SubordinateRange& candidate) {
            return first >= candidate.first && first < candidate.end();
        });
        if (range != side.ranges.end()) {
            first = range->end();
        } else if (first == side.own) {
            ++first;
        } else {
            return first;
        }
    }
}

void require_granted(const spec::IdMapping& entry, const Side& side, const JsonPointer& where) {
    const std::uint64_t end = std::uint64_t{entry.host_id} + entry.size;
    const std::uint64_t granted = end_of_granted(side, entry.host_id);
    if (granted >= end) return;
    std::uint64_t next = end;
    for (const SubordinateRange& range : side.ranges) {
        if (range.first > granted) next = std::min<std::uint64_t>(next, range.first);
    }
    if (side.own > granted) next = std::min<std::uint64_t>(next, side.own);
    const std::string missing = range_text(granted, next);
    fail("use the mappings at", where.text(),
         concat("the host's ", side.kind, "s ", missing, " are not yours to map; yours are ", granted_text(side)),
         concat("map ids of these, or let root give you the others: usermod --add-", side.option, " ", granted, "-",
                next - 1, " ", side.user));
}

MapWriter choose_writer(const IdMappings& mappings, const Side& side) {
    const JsonPointer where = JsonPointer("/linux") / side.field;
    if (is_own_id_only(mappings, side.own)) return {.kind = MapWriter::Kind::own_id, .helper = {}, .own = side.own};
    if (side.ranges.empty()) refuse_any_but_own(side, where);
    for (std::size_t i = 0; i < mappings.entries().size(); ++i) require_granted(mappings.entries()[i], side, where / i);
    if (side.helper.empty()) {
        fail("use the mappings at", where.text(),
             concat("the program ", side.tool, ", which writes them for an ordinary user, is not found in $PATH"),
             "install it: it is in the package uidmap (Debian, Ubuntu), shadow-utils (Fedora), shadow-subids (Alpine) "
             "or shadow (Arch)");
    }
    return {.kind = MapWriter::Kind::helper, .helper = side.helper, .own = side.own};
}

}  // namespace

bool may_map_any_id(const host::Facts& facts) noexcept {
    return facts.has_capability(CAP_SETUID) && facts.has_capability(CAP_SETGID);
}

void choose_unprivileged_writers(const host::Facts& facts, UserMappings& mappings) {
    const host::SubordinateIds given = facts.subordinate_ids.value_or(host::SubordinateIds());
    const Side users{.kind = "uid",
                     .field = "uidMappings",
                     .file = "/etc/subuid",
                     .tool = "newuidmap",
                     .option = "subuids",
                     .own = facts.uid,
                     .user = given.user,
                     .ranges = given.uids,
                     .helper = given.uid_helper};
    const Side groups{.kind = "gid",
                      .field = "gidMappings",
                      .file = "/etc/subgid",
                      .tool = "newgidmap",
                      .option = "subgids",
                      .own = facts.gid,
                      .user = given.user,
                      .ranges = given.gids,
                      .helper = given.gid_helper};
    mappings.uid_writer = choose_writer(mappings.uids, users);
    mappings.gid_writer = choose_writer(mappings.gids, groups);
    // user_namespaces(7): without CAP_SETGID the kernel takes a gid_map only after setgroups(2) is denied.
    mappings.groups_denied = mappings.groups_denied || mappings.gid_writer.kind == MapWriter::Kind::own_id;
}

}  // namespace rt::plan
