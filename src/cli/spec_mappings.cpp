#include "rt/cli/spec_mappings.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <limits>

#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/base/text.hpp"
#include "rt/container/choose_range.hpp"
#include "rt/host/facts.hpp"
#include "rt/os/file.hpp"
#include "rt/plan/accounts.hpp"
#include "rt/plan/chosen_mappings.hpp"
#include "rt/plan/unprivileged_mappings.hpp"

namespace rt::cli {

namespace {

using Ranges = std::vector<host::SubordinateRange>;

// Why only the own id of that kind can be mapped; empty: the ranges can.
std::string obstacle(const char* kind, const Ranges& ranges, const std::string& helper, const std::string& user) {
    if (ranges.empty()) return concat("/etc/sub", kind, " gives ", user, " no further ones");
    return helper.empty() ? concat("new", kind, "map is not found in $PATH (package uidmap)") : "";
}

// A helper that is missing leaves the caller the own id, as missing ranges do.
void require_usable(const char* kind, Ranges& ranges, const std::string& helper, const std::string& user) {
    const std::string reason = obstacle(kind, ranges, helper, user);
    if (reason.empty()) return;
    log::warning(concat("a single ", kind, " is mapped, because ", reason));
    ranges.clear();
}

host::SubordinateIds ids_of_caller() {
    const host::Facts facts = host::take_facts(os::Procfs::open_for_self());
    host::SubordinateIds ids = host::take_subordinate_ids(facts.uid);
    if (plan::may_map_any_id(facts)) return ids;
    require_usable("uid", ids.uids, ids.uid_helper, ids.user);
    require_usable("gid", ids.gids, ids.gid_helper, ids.user);
    return ids;
}

[[noreturn]] void refuse_without_ranges(const std::string& name, const char* file, const char* option) {
    fail("use the value of", "--userns-remap", concat(file, " has no line for '", printable(name), "'"),
         concat("let root add one: usermod ", option, " 100000-165535 ", name));
}

// Docker calls its own account so.
std::string account_name(const std::string& name) { return name == "default" ? "dockremap" : name; }

Ranges ranges_of_account(const char* file, const std::string& name, std::optional<std::uint32_t> id) {
    constexpr std::uint32_t no_id = std::numeric_limits<std::uint32_t>::max();
    return host::ranges_of(host::read_subordinate_ranges(file), name, id.value_or(no_id));
}

void remap(const std::string& words, spec::DefaultConfigOptions& options) {
    const std::size_t colon = words.find(':');
    const std::string user = account_name(words.substr(0, colon));
    const std::string group = colon == std::string::npos ? "" : words.substr(colon + 1);
    if (user.empty() || (colon != std::string::npos && group.empty()))
        fail("use the value of", "--userns-remap", "a part of it is empty", "write USER or USER:GROUP");
    const std::string passwd = os::try_read_file(AT_FDCWD, "/etc/passwd").value_or("");
    const auto number = parse_number<std::uint32_t>(user);
    const std::optional<plan::Account> account =
        number ? plan::find_account(passwd, *number) : plan::find_account(passwd, user);
    const std::string name = account ? account->name : user;
    const std::optional<std::uint32_t> uid = account ? std::optional(account->uid) : number;
    const Ranges uids = ranges_of_account("/etc/subuid", name, uid);
    if (uids.empty()) refuse_without_ranges(name, "/etc/subuid", "--add-subuids");
    // Docker looks in /etc/subgid for the group in old versions, for the user in later ones.
    Ranges gids =
        group.empty() ? Ranges() : ranges_of_account("/etc/subgid", group, parse_number<std::uint32_t>(group));
    if (gids.empty()) gids = ranges_of_account("/etc/subgid", name, uid);
    if (gids.empty()) refuse_without_ranges(name, "/etc/subgid", "--add-subgids");
    options.uids = plan::consecutive_mapping(uids);
    options.gids = plan::consecutive_mapping(gids);
}

void keep_id(spec::DefaultConfigOptions& options) {
    const host::SubordinateIds ids = ids_of_caller();
    options.uids = plan::keep_id_mapping(::geteuid(), ids.uids);
    options.gids = plan::keep_id_mapping(::getegid(), ids.gids);
    options.uid = ::geteuid();
    options.gid = ::getegid();
}

void map_caller(spec::DefaultConfigOptions& options) {
    const host::SubordinateIds ids = ids_of_caller();
    options.uids = plan::rootless_mapping(::geteuid(), ids.uids);
    options.gids = plan::rootless_mapping(::getegid(), ids.gids);
}

void add_given(const Arguments& arguments, const char* option, plan::Mapping& mapping) {
    for (const std::string& words : arguments.values(option))
        mapping.push_back(plan::read_mapping(words, concat("--", option).c_str()));
}

void map_as_given(const Arguments& arguments, spec::DefaultConfigOptions& options) {
    add_given(arguments, "map", options.uids);
    add_given(arguments, "map", options.gids);
    add_given(arguments, "uid-map", options.uids);
    add_given(arguments, "gid-map", options.gids);
    if (options.uids.empty()) options.uids = options.gids;
    if (options.gids.empty()) options.gids = options.uids;
    // What the kernel would refuse is not written.
    plan::IdMappings::validate(options.uids, JsonPointer("/linux/uidMappings"));
    plan::IdMappings::validate(options.gids, JsonPointer("/linux/gidMappings"));
    if (!plan::maps(options.uids, 0)) options.uid = options.uids.front().container_id;
    if (!plan::maps(options.gids, 0)) options.gid = options.gids.front().container_id;
}

std::uint32_t size_of_chosen(const std::string& words) {
    constexpr std::uint32_t customary = 65536;
    if (words == "auto") return customary;
    const auto size = words.starts_with("auto:") ? parse_number<std::uint32_t>(words.substr(5)).value_or(0) : 0;
    if (size > 0) return size;
    fail("use the value of", "--userns", concat("'", printable(words), "' is neither auto nor auto:SIZE"),
         "auto:1000 maps a thousand ids");
}

state::RangeList map_chosen(const container::Roots& roots, const std::string& words, const std::string& bundle,
                            spec::DefaultConfigOptions& options) {
    const std::uint32_t size = size_of_chosen(words);
    container::require_root(roots);
    state::RangeList list = state::RangeList::open(roots.own);
    container::ChosenMappings chosen = container::choose_range(list, roots.own, bundle, size);
    options.uids = std::move(chosen.uids);
    options.gids = std::move(chosen.gids);
    options.annotations[plan::chosen_range_annotation] = "auto";
    return list;
}

// Which of the ways the command line asks for; empty: none.
std::string way_of(const Arguments& arguments) {
    std::vector<std::string> ways;
    for (const char* option : {"userns-remap", "keep-id", "userns"}) {
        if (arguments.has(option)) ways.emplace_back(option);
    }
    if (arguments.has("map") || arguments.has("uid-map") || arguments.has("gid-map")) ways.emplace_back("map");
    if (ways.size() > 1) {
        fail("use both", concat("--", ways[0], " and --", ways[1]), "each says which ids are mapped", "leave one out");
    }
    if (!ways.empty()) return ways[0];
    return arguments.has("rootless") ? "rootless" : "";
}

}  // namespace

std::optional<state::RangeList> choose_mappings(const container::Roots& roots, const Arguments& arguments,
                                                const std::string& bundle, spec::DefaultConfigOptions& options) {
    const std::string way = way_of(arguments);
    if (way.empty()) return std::nullopt;
    options.rootless =
        arguments.has("rootless") || !plan::may_map_any_id(host::take_facts(os::Procfs::open_for_self()));
    std::optional<state::RangeList> list;
    if (way == "userns-remap") remap(arguments.value(way), options);
    if (way == "keep-id") keep_id(options);
    if (way == "map") map_as_given(arguments, options);
    if (way == "rootless") map_caller(options);
    if (way == "userns") list.emplace(map_chosen(roots, arguments.value(way), bundle, options));
    return list;
}

}  // namespace rt::cli
