#include "rt/container/systemd_manager.hpp"

#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/base/text.hpp"
#include "rt/systemd/manager.hpp"

namespace rt::container {

namespace {

// What an id is one user namespace further up, by the lines of /proc/self/uid_map (user_namespaces(7)).
uid_t uid_above(uid_t uid, const std::string& uid_map) {
    for (const std::string& line : split(uid_map, '\n')) {
        std::vector<std::string> numbers = split(line, ' ');
        std::erase(numbers, "");
        if (numbers.size() != 3) continue;
        const auto inside = parse_number<std::uint32_t>(numbers[0]);
        const auto outside = parse_number<std::uint32_t>(numbers[1]);
        const auto size = parse_number<std::uint32_t>(numbers[2]);
        if (inside && outside && size && uid >= *inside && uid - *inside < *size) return *outside + (uid - *inside);
    }
    return uid;
}

}  // namespace

std::optional<uid_t> manager_user(const host::Facts& facts) {
    if (!facts.own_user_namespace) return facts.uid == 0 ? std::nullopt : std::optional(facts.uid);
    return uid_above(facts.uid, facts.own_user_namespace->uid_map);
}

std::optional<state::RecordedUnit> recorded_unit(const plan::Cgroup& cgroup, const std::optional<uid_t>& user) {
    if (!cgroup.scope) return std::nullopt;
    return state::RecordedUnit{.name = cgroup.scope->unit, .user = user};
}

void stop_unit(const state::Record& record) {
    if (!record.unit) return;
    try {
        systemd::Manager::connect(record.unit->user).stop(record.unit->name);
    } catch (const Error& error) {
        log::warning(error.what());
    }
}

}  // namespace rt::container
