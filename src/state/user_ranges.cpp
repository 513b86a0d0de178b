#include "rt/state/user_ranges.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"
#include "rt/state/root.hpp"

namespace rt::state {

namespace {

using nlohmann::ordered_json;

constexpr const char* list_file = ".ranges.json";

ordered_json json_of(const std::vector<plan::IdRange>& ranges) {
    ordered_json list = ordered_json::array();
    for (const plan::IdRange& range : ranges) list.push_back({{"first", range.first}, {"end", range.end}});
    return list;
}

std::vector<plan::IdRange> ranges_from(const ordered_json& list) {
    std::vector<plan::IdRange> ranges;
    for (const ordered_json& entry : list)
        ranges.push_back(
            {.first = entry.at("first").get<std::uint64_t>(), .end = entry.at("end").get<std::uint64_t>()});
    return ranges;
}

std::vector<ChosenRange> read_list(const std::string& text, const std::string& path) {
    std::vector<ChosenRange> ranges;
    try {
        for (const ordered_json& entry : ordered_json::parse(text)) {
            ranges.push_back({.bundle = entry.at("bundle").get<std::string>(),
                              .containers = entry.at("containers").get<std::vector<std::string>>(),
                              .uids = ranges_from(entry.at("uids")),
                              .gids = ranges_from(entry.at("gids"))});
        }
    } catch (const nlohmann::json::exception& error) {
        fail("read the list of ranges", path, concat("it is damaged: ", error.what()),
             "remove it: containers that run keep their ids, and those are not chosen again");
    }
    return ranges;
}

// Whether it has become free. Containers that are gone are taken out.
bool is_free(int root, ChosenRange& range) {
    if (range.containers.empty())
        return !os::try_status_at(AT_FDCWD, concat(range.bundle, "/config.json")) && errno != EACCES;
    std::erase_if(range.containers, [&](const std::string& id) { return !os::try_status_at(root, id); });
    return range.containers.empty();
}

[[noreturn]] void refuse(const ChosenRange& other) {
    fail(
        "use the mappings at", "/linux",
        concat("the ids that were chosen for this bundle were given back with its last container, and are those of the "
               "bundle '",
               printable(other.bundle), "' now"),
        "remove config.json, and write another one: rt spec --userns auto");
}

}  // namespace

RangeList RangeList::open(const std::string& root) {
    RangeList list(make_root(root));
    while (::flock(list.root_.get(), LOCK_EX) < 0) {
        if (errno != EINTR) throw_errno("lock", root);
    }
    if (const auto text = os::try_read_file(list.root_.get(), list_file))
        list.ranges_ = read_list(*text, concat(root, "/", list_file));
    std::erase_if(list.ranges_, [&](ChosenRange& range) { return is_free(list.root_.get(), range); });
    return list;
}

void RangeList::write() const {
    if (ranges_.empty()) {
        ::unlinkat(root_.get(), list_file, 0);  // what is missing is empty, too
        return;
    }
    ordered_json list = ordered_json::array();
    for (const ChosenRange& range : ranges_) {
        list.push_back({{"bundle", range.bundle},
                        {"containers", range.containers},
                        {"uids", json_of(range.uids)},
                        {"gids", json_of(range.gids)}});
    }
    constexpr auto replace = ordered_json::error_handler_t::replace;
    os::replace_file(root_.get(), list_file, list.dump(2, ' ', false, replace) + "\n", 0644);
}

RangeClaim::RangeClaim(RangeClaim&& other) noexcept
    : root_(std::exchange(other.root_, {})), id_(std::move(other.id_)) {}

RangeClaim::~RangeClaim() {
    if (root_.empty()) return;
    try {
        RangeList list = RangeList::open(root_);
        for (ChosenRange& range : list.ranges()) std::erase(range.containers, id_);
        list.write();
    } catch (const std::exception& error) {
        log::debug(concat("cannot give back the ids of ", id_, ": ", error.what()));
    }
}

RangeClaim claim_range(const std::string& root, const std::string& id, const std::string& bundle,
                       const plan::UserMappings& mappings) {
    const ChosenRange wanted{.bundle = bundle,
                             .containers = {id},
                             .uids = plan::host_ranges(mappings.uids.entries()),
                             .gids = plan::host_ranges(mappings.gids.entries())};
    RangeList list = RangeList::open(root);
    const auto own = std::ranges::find_if(list.ranges(), [&](const ChosenRange& range) {
        return range.bundle == bundle && range.uids == wanted.uids && range.gids == wanted.gids;
    });
    if (own != list.ranges().end()) {
        own->containers.push_back(id);
    } else {
        for (const ChosenRange& other : list.ranges()) {
            if (other.bundle == bundle) continue;
            if (plan::overlap(other.uids, wanted.uids) || plan::overlap(other.gids, wanted.gids)) refuse(other);
        }
        list.ranges().push_back(wanted);
    }
    list.write();
    return {root, id};
}

void give_back_range(const std::string& root, const std::string& id) noexcept {
    try {
        RangeList::open(root).write();
    } catch (const std::exception& error) {
        log::warning(concat("cannot give back the ids of ", id, ": ", error.what()));
    }
}

}  // namespace rt::state
