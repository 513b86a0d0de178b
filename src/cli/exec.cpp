#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/cli/command.hpp"
#include "rt/cli/json_file.hpp"
#include "rt/cli/numbers.hpp"
#include "rt/container/commands.hpp"
#include "rt/spec/sections.hpp"

namespace rt::cli {

namespace {

std::optional<spec::Process> process_from(const Arguments& arguments) {
    if (!arguments.has("process")) return std::nullopt;
    const std::string file = arguments.value("process");
    const spec::Document document = read_json_file(file);
    return during(concat("read '", name_of_file(file), "'"), [&] { return spec::read_process(document.root()); });
}

std::vector<std::string> environment_from(const Arguments& arguments) {
    std::vector<std::string> env = arguments.values("env");
    for (const std::string& entry : env) {
        if (entry.find('=') != std::string::npos && entry[0] != '=') continue;
        fail("use the value of", "--env", concat("'", printable(entry), "' is not of the form NAME=VALUE"));
    }
    return env;
}

std::vector<std::string> program_from(const Arguments& arguments) {
    std::vector<std::string> program(arguments.words.begin() + 1, arguments.words.end());
    if (!program.empty() || arguments.has("process")) return program;
    fail("run", "rt exec", "no program is given", "rt exec CONTAINER-ID PROGRAM [ARGUMENT...], or --process FILE");
}

plan::ExecRequest request_from(const Arguments& arguments) {
    return {.process = process_from(arguments),
            .args = program_from(arguments),
            .terminal = arguments.has("tty"),
            .detach = arguments.has("detach"),
            .console_socket = arguments.has("console-socket"),
            .user = {.user = arguments.has("user") ? std::optional(arguments.value("user")) : std::nullopt,
                     .groups = arguments.values("additional-gids")},
            .cwd = arguments.value("cwd"),
            .env = environment_from(arguments),
            .capabilities = arguments.values("cap"),
            .keep_groups = arguments.has("keep-groups"),
            .no_new_privileges = arguments.has("no-new-privs"),
            .apparmor_profile = arguments.value("apparmor"),
            .selinux_label = arguments.value("process-label"),
            .preserve_fds = preserved_descriptors(arguments),
            .cgroups = arguments.values("cgroup")};
}

}  // namespace

int exec(const container::Roots& roots, const Arguments& arguments) {
    return container::exec(roots, {.id = arguments.words[0],
                                   .request = [&arguments] { return request_from(arguments); },
                                   .ignore_paused = arguments.has("ignore-paused"),
                                   .pid_file = arguments.value("pid-file"),
                                   .console_socket = arguments.value("console-socket"),
                                   .pidfd_socket = arguments.value("pidfd-socket")});
}

}  // namespace rt::cli
