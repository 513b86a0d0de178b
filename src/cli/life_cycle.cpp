#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/base/signal_names.hpp"
#include "rt/base/text.hpp"
#include "rt/cli/cgroup_driver.hpp"
#include "rt/cli/command.hpp"
#include "rt/cli/matching_ids.hpp"
#include "rt/cli/numbers.hpp"
#include "rt/container/commands.hpp"

namespace rt::cli {

namespace {

// One that fails does not keep the others; the last failure is the one that is reported by main.
template <class Action>
void for_each(const std::vector<std::string>& ids, const Action& act) {
    std::optional<Error> failure;
    for (const std::string& id : ids) {
        try {
            act(id);
        } catch (const Error& error) {
            if (failure) log::warning(failure->what());
            failure = error;
        }
    }
    if (failure) throw Error(*failure);
}

container::CreateOptions options_from(const Arguments& arguments, bool detach) {
    return {.id = arguments.words[0],
            .bundle = arguments.value("bundle", "."),
            .config = arguments.value("config"),
            .preserve_fds = preserved_descriptors(arguments),
            .new_keyring = !arguments.has("no-new-keyring"),
            .keep_groups = arguments.has("keep-groups"),
            .no_pivot = arguments.has("no-pivot"),
            .idmap_rootfs = arguments.has("idmap-rootfs"),
            .cgroup_driver = cgroup_driver(arguments),
            .detach = detach,
            .console_socket = arguments.value("console-socket"),
            .pidfd_socket = arguments.value("pidfd-socket"),
            .pid_file = arguments.value("pid-file")};
}

}  // namespace

int run(const container::Roots& roots, const Arguments& arguments) {
    return container::run(roots,
                          {.create = options_from(arguments, arguments.has("detach")), .keep = arguments.has("keep")});
}

int create(const container::Roots& roots, const Arguments& arguments) {
    container::create(roots, options_from(arguments, true));
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
    if (!arguments.has("regex")) {
        send(roots, arguments.words[0], *signal);
        return 0;
    }
    for_each(matching_ids(roots, {arguments.words[0]}), [&](const std::string& id) { send(roots, id, *signal); });
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
    const bool force = arguments.has("force");
    for_each(arguments.has("regex") ? matching_ids(roots, arguments.words) : arguments.words,
             [&](const std::string& id) { container::remove(roots, id, force); });
    return 0;
}

}  // namespace rt::cli
