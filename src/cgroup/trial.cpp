#include "rt/cgroup/trial.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <optional>

#include "rt/base/text.hpp"
#include "rt/cgroup/cgroup.hpp"
#include "rt/cgroup/controllers.hpp"
#include "rt/os/file.hpp"

namespace rt::cgroup {

namespace {

std::string parent_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

void replace(std::string& text, const std::string& part, const std::string& other) {
    for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += other.size())
        text.replace(at, part.size(), other);
}

// The lowest directory above the container's that is there: what is between them gets no limits.
Directory nearest(const plan::CgroupDirectory& entry, const std::string& container) {
    const std::string& root = entry.hierarchy.mount_point;
    for (std::string path = parent_of(container); path.size() > entry.top.size(); path = parent_of(path)) {
        if (std::optional<Directory> there = try_open_directory(root + path)) return *std::move(there);
    }
    const std::string top = root + entry.top;
    return {.path = top, .fd = os::open_at(AT_FDCWD, top, O_RDONLY | O_DIRECTORY), .unified = entry.hierarchy.unified};
}

bool may_be_used(const Directory& parent) {
    return ::faccessat(AT_FDCWD, parent.path.c_str(), W_OK, AT_EACCESS) == 0 &&
           (!parent.unified || passes_all_on(parent));
}

// What create() does in one hierarchy, one level below `parent`.
plan::Cgroup trial_of(const plan::Cgroup& plan, const plan::CgroupDirectory& entry, const Directory& parent) {
    plan::Cgroup trial;
    const std::string above = parent.path.substr(entry.hierarchy.mount_point.size());
    trial.path = concat(above, "/.rt-check-", ::getpid());
    trial.directories = {entry};
    trial.directories.front().directory = entry.hierarchy.mount_point + trial.path;
    trial.directories.front().top = above;
    trial.directories.front().by_systemd = false;
    if (entry.hierarchy.has_controller("devices")) trial.device_list = plan.device_list;
    if (entry.hierarchy.unified) trial.device_program = plan.device_program;
    for (const plan::CgroupSetting& setting : plan.resources.settings) {
        if (plan::directory_for(setting, plan.directories) == &entry) trial.resources.settings.push_back(setting);
    }
    return trial;
}

bool is_empty(const plan::Cgroup& trial) {
    return trial.resources.empty() && !trial.device_list && !trial.device_program;
}

std::optional<Failure> try_to_make(const plan::Cgroup& trial, const std::string& wanted) {
    try {
        Cgroup::create(trial);
        return std::nullopt;
    } catch (const Error& error) {
        Failure failure = error.failure();
        for (std::string* text : {&failure.doing, &failure.object, &failure.reason, &failure.hint})
            replace(*text, trial.directories.front().directory, wanted);
        return failure;
    }
}

}  // namespace

std::vector<Failure> try_limits(const plan::Cgroup& plan) {
    std::vector<Failure> refused;
    for (const plan::CgroupDirectory& entry : plan.directories) {
        const Directory parent = nearest(entry, plan.path);
        plan::Cgroup trial = trial_of(plan, entry, parent);
        if (!may_be_used(parent)) continue;
        // The first refusal ends an attempt: without what was refused the next one shows further.
        while (!is_empty(trial)) {
            const std::optional<Failure> failure = try_to_make(trial, entry.directory);
            if (!failure) break;
            refused.push_back(*failure);
            const auto is_refused = [&](const plan::CgroupSetting& one) { return one.place == failure->object; };
            if (std::erase_if(trial.resources.settings, is_refused) == 0) break;
        }
    }
    return refused;
}

}  // namespace rt::cgroup
