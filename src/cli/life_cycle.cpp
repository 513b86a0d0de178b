#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/base/signal_names.hpp"
#include "rt/base/text.hpp"
#include "rt/cli/command.hpp"
#include "rt/cli/numbers.hpp"
#include "rt/container/commands.hpp"

namespace rt::cli {

namespace {

plan::CgroupDriver cgroup_driver(const Arguments& arguments) {
    const auto given = arguments.global.find("cgroup-manager");
    const bool by_systemd = arguments.global.contains("systemd-cgroup");
    if (given == arguments.global.end()) return by_systemd ? plan::CgroupDriver::systemd : plan::CgroupDriver::cgroupfs;
    const std::optional<plan::CgroupDriver> driver = value_named(plan::cgroup_drivers, given->second.back());
    if (!driver) {
        fail("use the value of", "--cgroup-manager", concat("there is no '", printable(given->second.back()), "'"),
             concat("there are: ", names_in(plan::cgroup_drivers)));
    }
    if (by_systemd && *driver != plan::CgroupDriver::systemd)
        fail("use both", "--systemd-cgroup and --cgroup-manager", "they say different things", "leave one out");
    return *driver;
}

container::CreateOptions create_options(const Arguments& arguments) {
    return {.id = arguments.words[0],
            .bundle = arguments.value("bundle", "."),
            .preserve_fds = preserved_descriptors(arguments),
            .new_keyring = !arguments.has("no-new-keyring"),
            .no_pivot = arguments.has("no-pivot"),
            .cgroup_driver = cgroup_driver(arguments),
            .detach = arguments.has("detach"),
            .console_socket = arguments.value("console-socket"),
            .pidfd_socket = arguments.value("pidfd-socket"),
            .pid_file = arguments.value("pid-file")};
}

}  // namespace

int run(const container::Roots& roots, const Arguments& arguments) {
    return container::run(roots, {.create = create_options(arguments), .keep = arguments.has("keep")});
}

int create(const container::Roots& roots, const Arguments& arguments) {
    container::CreateOptions options = create_options(arguments);
    options.detach = true;
    container::create(roots, options);
    return 0;
}

int start(const container::Roots& roots, const Arguments& arguments) {
    container::start(roots, arguments.words[0]);
    return 0;
}

int kill(const container::Roots& roots, const Arguments& arguments) {
    const std::string word = arguments.words.size() > 1 ? arguments.words[1] : "TERM";
    const std::optional<int> signal = signal_number(word);
    if (!signal) {
        fail("send the signal", word, "there is no such signal",
             "give a name (TERM, SIGTERM) or a number from 1 to 64: kill -l");
    }
    const auto send = arguments.has("all") ? container::kill_all : container::kill;
    send(roots, arguments.words[0], *signal);
    return 0;
}

int pause(const container::Roots& roots, const Arguments& arguments) {
    container::pause(roots, arguments.words[0]);
    return 0;
}

int resume(const container::Roots& roots, const Arguments& arguments) {
    container::resume(roots, arguments.words[0]);
    return 0;
}

int remove(const container::Roots& roots, const Arguments& arguments) {
    // One that cannot be removed does not keep the others; the last failure is the one that is reported by main.
    std::optional<Error> failure;
    for (const std::string& id : arguments.words) {
        try {
            container::remove(roots, id, arguments.has("force"));
        } catch (const Error& error) {
            if (failure) log::warning(failure->what());
            failure = error;
        }
    }
    if (failure) throw Error(*failure);
    return 0;
}

}  // namespace rt::cli
