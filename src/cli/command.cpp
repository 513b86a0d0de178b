#include "rt/cli/command.hpp"

#include <array>

namespace rt::cli {

namespace {

constexpr std::array global{
    Option{"root", 0, "DIR", "Where the state of containers is kept (default: /run/rt, or $XDG_RUNTIME_DIR/rt)."},
    Option{"log", 0, "FILE", "Append the log to a file instead of standard error."},
    Option{"log-format", 0, "FORMAT", "text (default) or json."},
    Option{"debug", 0, "", "Write debug lines to the log as well."},
    Option{"help", 'h', "", "Show this help, or that of a command."},
    Option{"version", 'v', "", "Show the version of rt and of what it is built with."},
};

constexpr Option bundle{"bundle", 'b', "DIR",
                        "The bundle: a directory with config.json (default: the working directory)."};
constexpr Option pid_file{"pid-file", 0, "FILE", "Write the pid of the container's first process to a file."};

constexpr std::array run_options{
    bundle,
    Option{"detach", 'd', "", "Return as soon as the program runs."},
    pid_file,
    Option{"keep", 0, "", "Do not delete the container when its program has ended."},
};
constexpr std::array create_options{bundle, pid_file};
constexpr std::array delete_options{
    Option{"force", 'f', "", "End it first when it still runs; a container that does not exist is no error."}};
constexpr std::array list_options{
    Option{"quiet", 'q', "", "Show the ids only."},
    Option{"format", 'f', "FORMAT", "table (default) or json."},
};
constexpr std::array ps_options{Option{"format", 'f', "FORMAT", "table (default) or json: the host pids."}};
constexpr std::array spec_options{
    Option{"bundle", 'b', "DIR", "Where config.json is written (default: the working directory)."},
    Option{"rootless", 0, "", "Write one that works without privileges."},
};

constexpr std::size_t any_number = 1U << 20;

constexpr std::array table{
    Command{.name = "run",
            .words = "CONTAINER-ID",
            .summary = "Create a container, run its program, wait for its end and delete the container.",
            .options = run_options,
            .min_words = 1,
            .max_words = 1,
            .failure_status = 125,
            .run = run},
    Command{.name = "ps",
            .words = "CONTAINER-ID [PS-OPTION...]",
            .summary = "Show the processes of a container, as the host sees them.",
            .options = ps_options,
            .min_words = 1,
            .max_words = any_number,
            .rest_is_free = true,
            .run = ps},
    Command{.name = "kill",
            .words = "CONTAINER-ID [SIGNAL]",
            .summary = "Send a signal (default: TERM) to the first process of a container.",
            .options = {},
            .min_words = 1,
            .max_words = 2,
            .run = kill},
    Command{.name = "list",
            .words = "",
            .summary = "Show the containers.",
            .options = list_options,
            .min_words = 0,
            .max_words = 0,
            .run = list},
    Command{.name = "create",
            .words = "CONTAINER-ID",
            .summary = "Create a container whose program waits for start.",
            .options = create_options,
            .min_words = 1,
            .max_words = 1,
            .run = create},
    Command{.name = "start",
            .words = "CONTAINER-ID",
            .summary = "Start the program of a created container.",
            .options = {},
            .min_words = 1,
            .max_words = 1,
            .run = start},
    Command{.name = "state",
            .words = "CONTAINER-ID",
            .summary = "Show the state of a container as JSON.",
            .options = {},
            .min_words = 1,
            .max_words = 1,
            .run = state},
    Command{.name = "delete",
            .words = "CONTAINER-ID...",
            .summary = "Remove containers that have ended, or were not started.",
            .options = delete_options,
            .min_words = 1,
            .max_words = any_number,
            .run = remove},
    Command{.name = "spec",
            .words = "",
            .summary = "Write a config.json to start from.",
            .options = spec_options,
            .min_words = 0,
            .max_words = 0,
            .run = spec},
    Command{.name = "features",
            .words = "",
            .summary = "Show what this runtime can do, as JSON.",
            .options = {},
            .min_words = 0,
            .max_words = 0,
            .run = features},
};

}  // namespace

std::string Arguments::value(std::string_view option, const std::string& otherwise) const {
    const auto found = options.find(option);
    return found == options.end() ? otherwise : found->second;
}

std::span<const Command> commands() noexcept { return table; }

std::span<const Option> global_options() noexcept { return global; }

}  // namespace rt::cli
