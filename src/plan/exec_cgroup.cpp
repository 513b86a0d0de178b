#include "rt/plan/exec_cgroup.hpp"

#include <algorithm>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

namespace rt::plan {

namespace {

struct Choice {
    std::vector<std::string> controllers;  ///< empty: all hierarchies
    std::string below;
};

// A path may hold a colon itself, but then it has a slash before it.
std::size_t colon_in(std::string_view word) noexcept {
    const std::size_t colon = word.find(':');
    return colon < word.find('/') ? colon : std::string_view::npos;
}

Choice read_choice(const std::string& word) {
    const std::size_t colon = colon_in(word);
    Choice choice;
    if (colon != std::string::npos) choice.controllers = split(word.substr(0, colon), ',');
    const std::string path = colon == std::string::npos ? word : word.substr(colon + 1);
    for (const std::string& part : split(path, '/')) {
        if (part.empty() || part == ".") continue;
        if (part == "..") {
            fail("use the cgroup", printable(word), "it leads out of the cgroup of the container",
                 "write a path below that, without \"..\"");
        }
        choice.below += choice.below.empty() ? part : "/" + part;
    }
    if (path.empty() || (colon == 0)) {
        fail("use the cgroup", printable(word), "a part of it is empty",
             "write [CONTROLLER[,CONTROLLER]:]PATH; the path / is the cgroup of the container itself");
    }
    return choice;
}

bool has(const host::CgroupHierarchy& hierarchy, const std::string& controller) {
    if (hierarchy.unified) return false;
    return hierarchy.has_controller(controller) || "name=" + hierarchy.name == controller;
}

void place(ExecCgroup& place, const std::string& below) {
    place.below = below;
    place.follows_init = false;
}

void place_by_controller(std::vector<ExecCgroup>& places, const Choice& choice, const host::CgroupLayout& layout) {
    for (const std::string& controller : choice.controllers) {
        const auto found = std::ranges::find_if(places, [&](const ExecCgroup& entry) {
            const host::CgroupHierarchy* hierarchy = layout.hierarchy_of(entry.directory);
            return hierarchy != nullptr && has(*hierarchy, controller);
        });
        if (found == places.end()) {
            fail("use the controller", printable(controller), "the container has no cgroup v1 of it",
                 layout.mode() == host::CgroupMode::unified ? "on cgroup v2 a path without controllers is enough" : "");
        }
        place(*found, choice.below);
    }
}

}  // namespace

bool uses_controllers(const std::vector<std::string>& words) noexcept {
    return std::ranges::any_of(words, [](const std::string& word) { return colon_in(word) != std::string::npos; });
}

std::vector<ExecCgroup> plan_exec_cgroups(const std::vector<std::string>& directories,
                                          const std::vector<std::string>& words, const host::CgroupLayout& layout) {
    std::vector<ExecCgroup> places;
    for (const std::string& directory : directories) places.push_back({.directory = directory});
    for (const std::string& word : words) {
        const Choice choice = read_choice(word);
        if (places.empty()) fail("use the cgroup", printable(word), "the container has no cgroup of its own");
        if (!choice.controllers.empty()) {
            place_by_controller(places, choice, layout);
            continue;
        }
        for (ExecCgroup& entry : places) place(entry, choice.below);
    }
    return places;
}

}  // namespace rt::plan
