#include "rt/init/rehearsal.hpp"

#include <cerrno>

#include "rt/base/json_pointer.hpp"
#include "rt/init/process_setup.hpp"
#include "rt/init/sysctl.hpp"
#include "rt/privileges/become.hpp"
#include "rt/rootfs/filesystem.hpp"

namespace rt::init {

namespace {

template <class Work>
void try_one(const Told& told, Work&& work) {
    try {
        std::forward<Work>(work)();
    } catch (const Error& error) {
        told(error.failure());
    }
}

// Those of a device that a hook or /linux/netDevices brings are not there yet.
bool may_come_later(const plan::Plan& plan, const Error& error) {
    return error.failure().code == ENOENT && (plan.hooks.any_before_entering() || !plan.network.devices.empty());
}

void try_parameters(const plan::Plan& plan, const os::Procfs& procfs, const Told& told) {
    for (const plan::Sysctl& parameter : plan.sysctl) {
        if (!plan.namespaces.creates(parameter.type)) continue;
        try {
            during((JsonPointer("/linux/sysctl") / parameter.name).text(), [&] { write_sysctl(procfs, {parameter}); });
        } catch (const Error& error) {
            if (!may_come_later(plan, error)) told(error.failure());
        }
    }
}

void try_filesystems(const std::vector<plan::Mount>& mounts, const Told& told) {
    for (const plan::Mount& mount : mounts) {
        if (mount.id_mapping || !rootfs::leaves_no_trace(mount)) continue;
        try_one(told,
                [&] { during(mount.label, [&] { rootfs::make_filesystem(mount, {}, [](const std::string&) {}); }); });
    }
}

}  // namespace

void try_what_stays_here(const plan::Plan& plan, const std::optional<os::Procfs>& procfs, const Told& told) {
    if (procfs) try_parameters(plan, *procfs, told);
    try_filesystems(plan.rootfs.mounts, told);
    if (!plan.process) return;
    const plan::Process& process = *plan.process;
    const auto try_of_process = [&](const std::function<void()>& work) {
        try_one(told, [&] { during("/process", work); });
    };
    if (process.open_files) privileges::set_limits({*process.open_files}, try_of_process);
    set_attributes(process, procfs, try_of_process);
}

}  // namespace rt::init
