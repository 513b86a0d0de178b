#include "rt/init/time_namespace.hpp"

#include <fcntl.h>

#include <cerrno>
#include <ctime>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/init/enter_namespaces.hpp"
#include "rt/os/file.hpp"
#include "rt/os/process.hpp"
#include "rt/os/procfs.hpp"

namespace rt::init {

namespace {

constexpr const char* offsets_file = "self/timens_offsets";

std::string clock_now(const std::string& clock) {
    timespec now{};
    ::clock_gettime(clock == "boottime" ? CLOCK_BOOTTIME : CLOCK_MONOTONIC, &now);
    return concat("the clock stands at ", now.tv_sec, " seconds now");
}

// The kernel's answers of time_namespaces(7).
void set_clock(const os::Procfs& procfs, const plan::ClockOffset& offset) {
    const int code = procfs.try_write(offsets_file, offset.to_proc_text());
    if (code == 0) return;
    const std::string object = concat("/linux/timeOffsets/", offset.clock);
    if (code == ERANGE) {
        throw_errno(
            "use the offset at", object, code,
            concat(offset.seconds, " seconds would set it before zero or past 146 years; ", clock_now(offset.clock)));
    }
    throw_errno("use the offset at", object, code, "",
                code == EPERM || code == EACCES ? "setting the clocks of a time namespace needs CAP_SYS_TIME" : "");
}

}  // namespace

void make_time_namespace(const plan::Plan& plan) {
    if (!plan.namespaces.creates(NamespaceType::time)) return;
    unshare(CLONE_NEWTIME);
    const os::Procfs procfs = os::Procfs::open_for_self();
    for (const plan::ClockOffset& offset : plan.time_offsets) set_clock(procfs, offset);
    // unshare(2) puts only children into the new time namespace, and the clocks are fixed from the first one on.
    const os::UniqueFd own = os::open_at(procfs.fd(), "self/ns/time_for_children", O_RDONLY);
    const int code = os::try_join_namespace(own.get(), CLONE_NEWTIME);
    if (code != 0) throw_errno("enter the new time namespace", "", code);
}

}  // namespace rt::init
