#include "rt/rdt/groups.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "rt/base/errno_text.hpp"
#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"
#include "rt/rdt/schemata.hpp"

namespace rt::rdt {

namespace {

// As resctrl.rst wants it for what takes more than one access: nobody meets a class whose schemata are still to come. Whoever
// holds it does so for a moment; a forgotten lock must not keep a container from starting or ending for ever.
os::UniqueFd try_lock(const std::string& root) noexcept {
    constexpr int most_tries = 1000;
    constexpr timespec pause{.tv_sec = 0, .tv_nsec = 10'000'000};
    os::UniqueFd fd = os::try_open_at(AT_FDCWD, root, O_RDONLY | O_DIRECTORY);
    for (int tries = 0; fd && ::flock(fd.get(), LOCK_EX | LOCK_NB) < 0; ++tries) {
        if (errno != EWOULDBLOCK || tries == most_tries) fd.reset();
        ::nanosleep(&pause, nullptr);
    }
    return fd;
}

bool exists(const std::string& directory) {
    const auto status = os::try_status_at(AT_FDCWD, directory, AT_SYMLINK_NOFOLLOW);
    return status && S_ISDIR(status->st_mode);
}

// What the kernel has to say about the last mkdir or write that it refused; "ok" says nothing.
std::string kernels_word(const plan::Rdt& plan) {
    const std::string text = os::try_read_file(AT_FDCWD, plan.root + "/info/last_cmd_status").value_or("");
    const std::string_view word = trim(text);
    return word == "ok" ? "" : printable(word);
}

[[noreturn]] void throw_refused(const plan::Rdt& plan, const std::string& doing, const std::string& object, int code,
                                const std::string& hint = {}) {
    throw_errno(doing, object, code, kernels_word(plan), hint);
}

std::string hint_for_class(int code) {
    if (code == ENOSPC) return "the processor has no more classes of service: see info/*/num_closids in resctrl";
    if (code == EACCES || code == EPERM) return "groups of resctrl are made by root";
    return {};
}

std::string hint_for_monitoring(int code) {
    if (code == ENOENT) return "the processor has no monitoring of caches: there is no info/L3_MON in resctrl";
    if (code == ENOSPC) return "the processor has no more monitoring ids: see info/L3_MON/num_rmids in resctrl";
    if (code == EEXIST) return "it belongs to somebody else: remove it, or choose another id for the container";
    return {};
}

// The kernel wants each line with its end in one write.
void write_schemata(const plan::Rdt& plan) {
    const std::string file = plan.class_directory() + "/schemata";
    for (const std::string& line : plan.schemata) {
        const int code = os::try_write_file(AT_FDCWD, file, line + "\n");
        if (code != 0) throw_refused(plan, concat("write the schema '", line, "' to"), file, code);
    }
}

void require_same_schemata(const plan::Rdt& plan) {
    if (plan.schemata.empty()) return;
    const auto text = os::try_read_file(AT_FDCWD, plan.root + "/info/MB/bandwidth_gran");
    const unsigned step = parse_number<unsigned>(trim(text.value_or(""))).value_or(1);
    const std::string content = os::read_file(AT_FDCWD, plan.class_directory() + "/schemata");
    const std::string unlike = difference(plan.schemata, content, step);
    if (unlike.empty()) return;
    fail("use the class of service", plan.class_directory(), concat("it exists with other schemata: ", unlike),
         "write those that it has, or choose another closID in /linux/intelRdt");
}

bool holds_processes(const std::string& directory) {
    return !trim(os::try_read_file(AT_FDCWD, directory + "/tasks").value_or("")).empty();
}

int try_remove(const std::string& directory) {
    if (::rmdir(directory.c_str()) == 0 || errno == ENOENT || errno == ENOTDIR) return 0;
    return errno;
}

}  // namespace

std::vector<std::string> directories_to_remove(const plan::Rdt& plan) {
    std::vector<std::string> directories;
    if (plan.kind == plan::RdtClass::own) directories.push_back(plan.class_directory());
    if (!plan.monitoring_group.empty()) directories.push_back(plan.monitoring_directory());
    std::erase_if(directories, exists);
    return directories;
}

Groups Groups::create(const plan::Rdt& plan) {
    Groups groups(plan);  // before the lock: when it undoes, it takes it itself
    const os::UniqueFd lock = try_lock(plan.root);
    if (!lock) throw_errno("lock", plan.root);
    groups.make_class();
    if (!plan.monitoring_group.empty()) groups.make_monitoring_group();
    return groups;
}

void Groups::make_class() {
    const std::string directory = plan_.class_directory();
    if (plan_.kind == plan::RdtClass::existing) {
        if (!exists(directory)) {
            fail("use the class of service", directory, "it does not exist, and no schemata are given to make it with",
                 "make it, or give schemata in /linux/intelRdt");
        }
        return require_same_schemata(plan_);
    }
    if (::mkdir(directory.c_str(), 0755) == 0) {
        made_.push_back(directory);
        return write_schemata(plan_);
    }
    if (errno != EEXIST) {
        const int code = errno;
        throw_refused(plan_, "make the class of service", directory, code, hint_for_class(code));
    }
    if (plan_.kind == plan::RdtClass::own) {
        throw_errno("make the class of service", directory, EEXIST, "",
                    "it belongs to somebody else: name it as closID in /linux/intelRdt to share it, or remove it");
    }
    require_same_schemata(plan_);
}

void Groups::make_monitoring_group() {
    const std::string directory = plan_.monitoring_directory();
    if (::mkdir(directory.c_str(), 0755) != 0) {
        const int code = errno;
        throw_refused(plan_, "make the monitoring group", directory, code, hint_for_monitoring(code));
    }
    made_.push_back(directory);
}

void Groups::join(pid_t pid) const {
    // In this order: a process can enter a monitoring group only from the class around it.
    std::vector<std::string> directories{plan_.class_directory()};
    if (!plan_.monitoring_group.empty()) directories.push_back(plan_.monitoring_directory());
    for (const std::string& directory : directories) {
        const int code = os::try_write_file(AT_FDCWD, directory + "/tasks", concat(pid, "\n"));
        if (code != 0) throw_refused(plan_, concat("move process ", pid, " into the resctrl group"), directory, code);
    }
}

Groups::~Groups() {
    if (made_.empty()) return;
    const os::UniqueFd lock = try_lock(plan_.root);
    for (auto directory = made_.rbegin(); directory != made_.rend(); ++directory) {
        const bool shared = plan_.kind == plan::RdtClass::shared && *directory == plan_.class_directory();
        if (shared && holds_processes(*directory)) continue;
        const int code = try_remove(*directory);
        if (code != 0) log::warning(concat("the resctrl group ", *directory, " is left behind: ", errno_text(code)));
    }
}

void remove(const std::vector<std::string>& directories) {
    for (auto directory = directories.rbegin(); directory != directories.rend(); ++directory) {
        const int code = try_remove(*directory);
        if (code != 0) throw_errno("remove the resctrl group", *directory, code);
    }
}

}  // namespace rt::rdt
