#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace crash {

enum class Kind : std::uint8_t { create, run, start, exec, pause, resume, update, kill, state, remove, force };

/// A command on one container: when it began and ended, and whether it succeeded.
struct Event {
    Kind kind = Kind::state;
    bool succeeded = false;
    std::uint32_t container = 0;
    std::int64_t begin = 0;
    std::int64_t end = 0;
};

/// Whether there is an order of these events, all of one container that does not exist at first, in which each answer is
/// right, and in which no event comes before one that had ended when it began (linearizability). Else `reason` names the
/// event at which there was none.
bool has_order(std::vector<Event> events, std::string& reason);

std::string name_of(Kind kind);

}  // namespace crash
