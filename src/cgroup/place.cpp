#include "rt/cgroup/place.hpp"

#include <fcntl.h>

#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"

namespace rt::cgroup {

namespace {

[[noreturn]] void refuse_missing(const std::string& path, int code) {
    throw_errno("open the cgroup", path, code, "",
                code == ENOENT ? "a cgroup below that of the container must be there already" : "");
}

}  // namespace

Place Place::open(std::vector<plan::ExecCgroup> plan, FindInit find_init) {
    Place place(std::move(plan), std::move(find_init));
    // The v2 one stands last in a record.
    if (place.plan_.empty()) return place;
    Directory last = place.open_one(place.plan_.back());
    if (!last.unified) return place;
    place.unified_ = std::move(last);
    place.unified_plan_ = std::move(place.plan_.back());
    place.plan_.pop_back();
    return place;
}

Directory Place::open_one(const plan::ExecCgroup& entry) const {
    std::optional<Directory> directory = try_open_directory(entry.directory);
    if (!directory && entry.follows_init) directory = try_open_that_of_init(entry);
    if (!directory) refuse_missing(entry.directory, ENOENT);
    if (entry.below.empty()) return *std::move(directory);
    Directory below{.path = concat(entry.directory, "/", entry.below), .fd = {}, .unified = directory->unified};
    below.fd = os::try_open_beneath(directory->fd.get(), entry.below, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!below.fd) refuse_missing(below.path, errno);
    return below;
}

std::optional<Directory> Place::try_open_that_of_init(const plan::ExecCgroup& entry) const {
    const std::optional<std::string> path = find_init_(entry.directory);
    return path ? try_open_directory(*path) : std::nullopt;
}

// cgroups(7), "no internal processes": a cgroup whose controllers are given on to those below it (EBUSY). ENODEV: it has been
// removed meanwhile.
bool Place::refused_birth(int code) {
    if (birth_fd() < 0 || (code != EBUSY && code != EOPNOTSUPP && code != ENODEV && code != EACCES)) return false;
    // Then join() is refused as well, and says more than clone3(2).
    if (code == EACCES) {
        born_inside_ = false;
        return true;
    }
    std::optional<Directory> other;
    if (std::exchange(unified_plan_->follows_init, false)) other = try_open_that_of_init(*unified_plan_);
    if (other) {
        unified_ = std::move(other);
    } else {
        born_inside_ = false;
    }
    return true;
}

bool Place::joins_later() const noexcept { return !plan_.empty() || (unified_ && !born_inside_); }

void Place::join(pid_t pid) const {
    // v1 may be ten hierarchies, and the limit of open files small: one at a time.
    for (const plan::ExecCgroup& entry : plan_) take_in(open_one(entry), pid);
    if (unified_ && !born_inside_) take_in(*unified_, pid);
}

}  // namespace rt::cgroup
