#include "order.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

namespace crash {

namespace {

// dying: SIGKILL is on its way; it looks like any of those that live, or is stopped already.
enum class Status : std::uint8_t { absent, created, running, paused, paused_created, stopped, dying };

bool lives(Status status) { return status != Status::absent && status != Status::stopped; }

using Statuses = std::vector<Status>;

Statuses after_success(Kind kind, Status status) {
    using enum Status;
    switch (kind) {
        case Kind::create: return status == absent ? Statuses{created} : Statuses{};
        case Kind::run: return status == absent ? Statuses{running} : Statuses{};
        case Kind::start: return status == created ? Statuses{running} : Statuses{};
        case Kind::exec: return status == running ? Statuses{running} : Statuses{};
        case Kind::pause:
            if (status == running || status == paused) return {paused};
            return status == created || status == paused_created ? Statuses{paused_created} : Statuses{};
        case Kind::resume:
            if (status == paused) return {running};
            return status == paused_created ? Statuses{created} : Statuses{};
        case Kind::update: return lives(status) ? Statuses{status} : Statuses{};
        case Kind::kill: return lives(status) ? Statuses{dying} : Statuses{};
        case Kind::state: return status != absent ? Statuses{status} : Statuses{};
        case Kind::remove: return status == created || status == stopped ? Statuses{absent} : Statuses{};
        case Kind::force: return {absent};
    }
    return {};
}

bool may_fail(Kind kind, Status status) {
    // Further processes are ended with the container, also after they were let in.
    return kind == Kind::exec || (kind != Kind::force && after_success(kind, status).empty());
}

Statuses after(const Event& event, Status status) {
    if (status != Status::dying || event.kind == Kind::state || event.kind == Kind::force) {
        if (event.succeeded) return after_success(event.kind, status);
        return may_fail(event.kind, status) ? Statuses{status} : Statuses{};
    }
    const bool makes = event.kind == Kind::create || event.kind == Kind::run;
    if (makes && event.succeeded) return {};
    if (event.kind == Kind::remove && event.succeeded) return {Status::absent};
    return {Status::dying, Status::stopped};
}

// What may be the case: the status, and which of the commands under way have had their effect already.
struct Possibility {
    Status status = Status::absent;
    std::set<std::size_t> effective;
    auto operator<=>(const Possibility&) const = default;
};

class Orders {
public:
    explicit Orders(const std::vector<Event>& events) : events_(events) {}

    void begin(std::size_t event) { under_way_.insert(event); }

    // Those remain in which it has had its effect by now.
    bool end(std::size_t event) {
        expand();
        std::set<Possibility> remaining;
        for (Possibility possibility : possible_) {
            if (possibility.effective.erase(event) == 1) remaining.insert(std::move(possibility));
        }
        under_way_.erase(event);
        possible_ = std::move(remaining);
        return !possible_.empty();
    }

private:
    void expand() {
        std::vector<Possibility> fresh(possible_.begin(), possible_.end());
        while (!fresh.empty()) {
            const Possibility from = std::move(fresh.back());
            fresh.pop_back();
            for (const std::size_t event : under_way_) {
                if (from.effective.contains(event)) continue;
                for (const Status status : after(events_[event], from.status)) {
                    Possibility next{.status = status, .effective = from.effective};
                    next.effective.insert(event);
                    if (possible_.insert(next).second) fresh.push_back(std::move(next));
                }
            }
        }
    }

    const std::vector<Event>& events_;
    std::set<std::size_t> under_way_;
    std::set<Possibility> possible_{Possibility{}};
};

}  // namespace

std::string name_of(Kind kind) {
    constexpr std::array<const char*, 11> names{"create", "run",  "start", "exec",   "pause",         "resume",
                                                "update", "kill", "state", "delete", "delete --force"};
    return names[static_cast<std::size_t>(kind)];
}

bool has_order(std::vector<Event> events, std::string& reason) {
    std::multimap<std::int64_t, std::pair<bool, std::size_t>> moments;  // false: begins, and those first
    for (std::size_t i = 0; i < events.size(); ++i) {
        moments.emplace(events[i].begin * 2, std::pair(false, i));
        moments.emplace((events[i].end * 2) + 1, std::pair(true, i));
    }
    Orders orders(events);
    for (const auto& [time, moment] : moments) {
        const auto [ends, event] = moment;
        if (!ends) {
            orders.begin(event);
        } else if (!orders.end(event)) {
            reason = name_of(events[event].kind) + (events[event].succeeded ? " has succeeded" : " has failed");
            return false;
        }
    }
    return true;
}

}  // namespace crash
