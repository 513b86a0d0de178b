#include "rt/cgroup/controllers.hpp"

#include <unistd.h>

#include <algorithm>
#include <set>

#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"

namespace rt::cgroup {

namespace {

constexpr const char* available_file = "cgroup.controllers";
constexpr const char* enabled_file = "cgroup.subtree_control";

std::vector<std::string> words_in(const Directory& directory, const char* file) {
    return split(trim(os::try_read_file(directory.fd.get(), file).value_or("")), ' ');
}

bool has_word(const std::vector<std::string>& words, const std::string& word) {
    return std::ranges::find(words, word) != words.end();
}

std::vector<std::string> not_enabled(const Directory& directory) {
    std::vector<std::string> missing = words_in(directory, available_file);
    const std::vector<std::string> enabled = words_in(directory, enabled_file);
    std::erase_if(missing, [&](const std::string& name) { return has_word(enabled, name); });
    return missing;
}

// The kernel lets a cgroup that holds processes pass some controllers on (cpu, pids): it takes part in a threaded subtree from then
// on, and what is beneath it holds no processes at all (cgroups(7), "Threads"). Only the root of the machine is an exception, and
// has no type.
bool may_become_threaded(const Directory& directory) {
    return os::try_status_at(directory.fd.get(), "cgroup.type") &&
           !trim(os::try_read_file(directory.fd.get(), "cgroup.procs").value_or("")).empty();
}

std::string shown_pids(const Directory& directory) {
    std::vector<std::string> pids =
        split(trim(os::try_read_file(directory.fd.get(), "cgroup.procs").value_or("")), '\n');
    constexpr std::size_t most_shown = 5;
    if (pids.size() > most_shown) {
        pids.resize(most_shown);
        pids.emplace_back("...");
    }
    return join(pids, ", ");
}

// Why the controller cannot be enabled for what is beneath this cgroup.
std::string why_not_enabled(const Directory& directory, const std::string& controller, std::string& hint) {
    const struct stat status = os::status_of(directory.fd.get(), directory.path);
    std::string level = concat("'", directory.path, "' does not pass it on");
    if (::faccessat(directory.fd.get(), enabled_file, W_OK, AT_EACCESS) < 0) {
        hint = concat(
            "give rt a cgroup of its own: systemd-run --user --scope -p Delegate=yes rt ..., or let systemd delegate ",
            controller, " to the user (Delegate= of user@.service)");
        return concat(level, ": its owner is uid ", status.st_uid, ", and rt may not write ", enabled_file);
    }
    const std::string pids = shown_pids(directory);
    if (!pids.empty()) {
        hint = "move them into a cgroup beneath it, or choose another path in /linux/cgroupsPath";
        return concat(level, ": it holds processes itself (", pids,
                      "), and cgroup v2 passes controllers on only from a cgroup that holds none");
    }
    hint = "look at the kernel's messages: a controller that is in use by cgroup v1 cannot be used by v2";
    return level;
}

}  // namespace

void enable_controllers(const Directory& directory) {
    const std::vector<std::string> missing = not_enabled(directory);
    if (missing.empty() || may_become_threaded(directory)) return;
    std::string all;
    for (const std::string& name : missing) all += concat(all.empty() ? "+" : " +", name);
    if (os::try_write_file(directory.fd.get(), enabled_file, all) == 0) return;
    // One that is refused (cpu beside realtime processes) must not keep the others.
    for (const std::string& name : missing) {
        const int code = os::try_write_file(directory.fd.get(), enabled_file, concat("+", name));
        if (code != 0) log::debug(concat("the controller ", name, " is not enabled in '", directory.path, "'"));
    }
}

bool passes_all_on(const Directory& directory) { return not_enabled(directory).empty(); }

std::string missing_controller(const std::string& mount_point, const std::string& path, const std::string& controller,
                               std::string& hint) {
    Directory level{
        .path = mount_point, .fd = os::open_at(AT_FDCWD, mount_point, O_RDONLY | O_DIRECTORY), .unified = true};
    if (!has_word(words_in(level, available_file), controller)) {
        hint = "the kernel has it switched off, or it is in use by cgroup v1";
        return concat("cgroup v2 on this machine has no controller ", controller);
    }
    for (const std::string& name : split(path.substr(1), '/')) {
        Directory next{.path = concat(level.path, "/", name), .fd = {}, .unified = true};
        next.fd = os::try_open_beneath(level.fd.get(), name, O_RDONLY | O_DIRECTORY);
        if (!next.fd) break;
        if (!has_word(words_in(next, available_file), controller)) return why_not_enabled(level, controller, hint);
        level = std::move(next);
    }
    return {};
}

}  // namespace rt::cgroup
