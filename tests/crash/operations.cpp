#include "operations.hpp"

#include <algorithm>
#include <stdexcept>

namespace crash {

namespace {

using Words = std::vector<std::string>;
const Words create{"create", "-b", "BUNDLE", "ID"};
const Words run{"run", "-d", "-b", "BUNDLE", "ID"};
const Words pause{"pause", "ID"};

std::vector<Operation> that_begin() {
    return {
        {.name = "create", .command = create, .status_after = "created", .may_remove = true},
        {.name = "start",
         .before = {create},
         .status_before = "created",
         .command = {"start", "ID"},
         .status_after = "running",
         .may_remove = true,
         .follows_init = true},
        {.name = "run", .command = {"run", "-b", "BUNDLE-short", "ID"}, .may_remove = true},
        {.name = "run-terminal",
         .command = {"run", "-b", "BUNDLE-terminal", "ID"},
         .may_remove = true,
         .terminal = true},
        {.name = "run-detached", .command = run, .status_after = "running", .may_remove = true},
    };
}

std::vector<Operation> that_spare() {
    return {
        {.name = "exec",
         .before = {run},
         .status_before = "running",
         .command = {"exec", "ID", "true"},
         .status_after = "running",
         .spares_others = true},
        {.name = "exec-terminal",
         .before = {run},
         .status_before = "running",
         .command = {"exec", "-t", "ID", "true"},
         .status_after = "running",
         .terminal = true,
         .spares_others = true},
        {.name = "update",
         .before = {run, {"update", "--pids-limit", "60", "--cpu-share", "256", "ID"}},
         .status_before = "running",
         .command = {"update", "--pids-limit", "50", "--cpu-share", "512", "ID"},
         .status_after = "running",
         .undo = {"update", "--pids-limit", "60", "--cpu-share", "256", "ID"},
         .spares_others = true},
        {.name = "pause",
         .before = {run},
         .status_before = "running",
         .command = pause,
         .status_after = "paused",
         .undo = {"resume", "ID"},
         .spares_others = true},
        {.name = "resume",
         .before = {run, pause},
         .status_before = "paused",
         .command = {"resume", "ID"},
         .status_after = "running",
         .undo = pause,
         .spares_others = true},
    };
}

std::vector<Operation> that_end() {
    return {
        {.name = "kill",
         .before = {run},
         .status_before = "running",
         .command = {"kill", "ID", "KILL"},
         .status_after = "stopped"},
        {.name = "delete",
         .before = {create},
         .status_before = "created",
         .command = {"delete", "ID"},
         .may_remove = true},
        {.name = "delete-running",
         .before = {run},
         .status_before = "running",
         .command = {"delete", "--force", "ID"},
         .may_remove = true},
        {.name = "delete-paused",
         .before = {run, pause},
         .status_before = "paused",
         .command = {"delete", "--force", "ID"},
         .may_remove = true},
    };
}

}  // namespace

const std::vector<Operation>& operations() {
    static const std::vector<Operation> all = [] {
        std::vector<Operation> operations = that_begin();
        for (const auto& more : {that_spare(), that_end()})
            operations.insert(operations.end(), more.begin(), more.end());
        return operations;
    }();
    return all;
}

const Operation& operation_of(const std::string& name) {
    const auto found = std::ranges::find(operations(), name, &Operation::name);
    if (found == operations().end()) throw std::runtime_error("no operation is called " + name);
    return *found;
}

}  // namespace crash
