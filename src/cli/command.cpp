#include "rt/cli/command.hpp"

#include <array>

namespace rt::cli {

namespace {

constexpr std::array global{
    Option{"root", 0, "DIR", "Where the state of containers is kept (default: /run/rt, or $XDG_RUNTIME_DIR/rt)."},
    Option{"log", 0, "FILE", "Append the log to a file instead of standard error."},
    Option{"log-format", 0, "text|json", "The form of the log (default: text)."},
    Option{"log-level", 0, "error|warning|debug",
           "What is written to the log (default: warning, which includes errors)."},
    Option{"debug", 0, "", "Write debug lines to the log as well: the same as --log-level debug."},
    Option{"trace", 0, "FILE", "Append to a file when each step began and ended, for Perfetto or chrome://tracing."},
    Option{"systemd-cgroup", 0, "", "Let systemd make the cgroup: the same as --cgroup-manager systemd."},
    Option{"cgroup-manager", 0, "NAME", "Who makes it: cgroupfs (rt itself, default), systemd, or disabled (nobody)."},
    Option{"rootless", 0, "auto|true|false",
           "Keep the state as an ordinary user does, or as root; auto (default): by who calls."},
    Option{"help", 'h', "", "Show this help, or that of a command."},
    Option{"version", 'v', "", "Show the version of rt and of what it is built with."},
};

constexpr Option bundle{"bundle", 'b', "DIR",
                        "The bundle: a directory with config.json (default: the working directory)."};
constexpr Option config{"config", 'f', "FILE", "Read that file instead of config.json in the bundle."};
constexpr Option pid_file{"pid-file", 0, "FILE", "Write the pid of the container's first process to a file."};

constexpr Option preserve_fds{"preserve-fds", 0, "N",
                              "Pass the N descriptors from 3 on to the program, after those of LISTEN_FDS."};
constexpr Option no_pivot{"no-pivot", 0, "",
                          "Enter the root file system without pivot_root(2): where the host's root is an initramfs."};

constexpr Option idmap_rootfs{
    "idmap-rootfs", 0, "",
    "Map the ids of the root file system: what belongs to 0 on the disk belongs to root of the container."};

constexpr Option console_socket{"console-socket", 0, "SOCKET", "Send the terminal to whoever listens there."};
constexpr Option pidfd_socket{"pidfd-socket", 0, "SOCKET",
                              "Send a descriptor of the process to whoever listens there."};

constexpr Option no_new_keyring{"no-new-keyring", 0, "", "Leave the program the session keyring of the caller."};

constexpr Option keep_groups{"keep-groups", 0, "", "Leave the program the supplementary groups of the caller."};

constexpr Option no_subreaper{"no-subreaper", 0, "",
                              "Accepted: rt never makes itself the reaper of processes that are not its own."};

constexpr std::array run_options{
    bundle,
    config,
    Option{"detach", 'd', "", "Return as soon as the program runs."},
    pid_file,
    console_socket,
    pidfd_socket,
    preserve_fds,
    no_pivot,
    idmap_rootfs,
    no_new_keyring,
    keep_groups,
    no_subreaper,
    Option{"keep", 0, "", "Do not delete the container when its program has ended."},
};
constexpr std::array create_options{bundle,   config,       pid_file,       console_socket, pidfd_socket, preserve_fds,
                                    no_pivot, idmap_rootfs, no_new_keyring, keep_groups,    no_subreaper};

constexpr std::array check_options{bundle, config, idmap_rootfs, Option{"json", 0, "", "Write the findings as JSON."}};

constexpr Option regex{"regex", 0, "",
                       "CONTAINER-ID is an extended regular expression: all containers that it is found in."};

constexpr std::array kill_options{
    Option{"all", 'a', "", "Send it to every process of the container, also when the first one has ended."}, regex};
constexpr std::array exec_options{
    Option{"tty", 't', "", "Give the program a terminal."},
    Option{"user", 'u', "USER[:GROUP]", "Run it as that user, by number or by name in the container."},
    Option{"additional-gids", 'g', "GROUP", "Add a supplementary group; may be given several times."},
    keep_groups,
    Option{"env", 'e', "NAME=VALUE", "Set an environment variable; may be given several times."},
    Option{"cwd", 0, "DIR", "Run it in that directory of the container."},
    Option{"cap", 'c', "CAPABILITY", "Add a capability; may be given several times."},
    Option{"no-new-privs", 0, "", "Set no_new_privs."},
    Option{"apparmor", 0, "PROFILE", "Run it under that AppArmor profile."},
    Option{"process-label", 0, "LABEL", "Run it with that SELinux label."},
    Option{"process", 'p', "FILE", "Take the process from a JSON file, in the form of /process; -: standard input."},
    Option{"detach", 'd', "", "Return as soon as the program runs."},
    Option{"pid-file", 0, "FILE", "Write the pid of the program to a file."},
    console_socket,
    pidfd_socket,
    preserve_fds,
    Option{"cgroup", 0, "[CONTROLLER,...:]PATH", "Run it in a cgroup below that of the container."},
    Option{"ignore-paused", 0, "", "Do not refuse a paused container: the program starts when that goes on."},
};
constexpr std::array delete_options{
    Option{"force", 'f', "", "End it first when it still runs; a container that does not exist is no error."}, regex};
constexpr std::array list_options{
    Option{"quiet", 'q', "", "Show the ids only."},
    Option{"format", 'f', "table|json", "The form of the output (default: table)."},
};
constexpr std::array ps_options{
    Option{"format", 'f', "table|json", "The form of the output (default: table); json: the host pids."},
    Option{"userns", 0, "", "Show the ids of each process inside of the container and outside."},
};
constexpr Option json{"json", 0, "", "Show it as JSON."};
constexpr std::array ns_options{
    Option{"type", 't', "TYPE", "Show those of one type only: user, pid, mount, network, ipc, uts, cgroup, time."},
    Option{"tree", 0, "", "Show the user namespaces, each below its parent."},
    json,
};
constexpr std::array map_options{
    Option{"bundle", 'b', "DIR",
           "Of the config.json in that directory (default, without a container: the working directory)."},
    Option{"pid", 'p', "PID", "Of the user namespace of that process."},
    Option{"user", 'u', "USER", "Of a user's ranges in /etc/subuid and /etc/subgid, as userns-remap maps them."},
    Option{"host", 0, "", "The ids are those of the host."},
    Option{"gid", 'g', "", "The ids are those of groups."},
    json,
};
constexpr std::array explain_options{json};
constexpr std::array scan_options{
    bundle,
    Option{"idmap-rootfs", 0, "",
           "Look at the rootfs as it shows when it is id-mapped by the option of that name of run."},
    json,
};
constexpr std::array spec_options{
    Option{"bundle", 'b', "DIR", "Where config.json is written (default: the working directory)."},
    Option{"rootless", 0, "",
           "Write one that works without privileges: id 0 is the caller, the others are from /etc/subuid."},
    Option{"userns-remap", 0, "USER[:GROUP]", "Map the ids from 0 on to those that /etc/subuid gives USER, as Docker."},
    Option{"keep-id", 0, "", "Map the caller to the same id, and the others to those of /etc/subuid."},
    Option{"map", 0, "CONTAINER:HOST:SIZE", "Map SIZE uids and gids; may be given several times."},
    Option{"uid-map", 0, "CONTAINER:HOST:SIZE", "Map uids only; may be given several times."},
    Option{"gid-map", 0, "CONTAINER:HOST:SIZE", "Map gids only; may be given several times."},
    Option{"userns", 0, "auto[:SIZE]", "Map the ids from 0 on to a range that nobody else has (default: 65536 ids)."},
    Option{"no-terminal", 0, "", "Write that the program has no terminal."},
};

constexpr std::array update_options{
    Option{"resources", 'r', "FILE",
           "Take the limits from a JSON file, in the form of /linux/resources; -: standard input."},
    Option{"memory", 0, "BYTES", "Limit of memory; with K, M, G, T for powers of 1024; -1: none."},
    Option{"memory-reservation", 0, "BYTES", "Memory that is left to it when memory is short."},
    Option{"memory-swap", 0, "BYTES", "Limit of memory and swap together; -1: none."},
    Option{"pids-limit", 0, "NUMBER", "How many processes and threads it may have; -1: any number."},
    Option{"cpu-share", 0, "NUMBER", "Weight against other containers, 2 to 262144 (default: 1024)."},
    Option{"cpu-quota", 0, "MICROSECONDS", "CPU time in each period; -1: no limit."},
    Option{"cpu-period", 0, "MICROSECONDS", "Length of a period."},
    Option{"cpu-burst", 0, "MICROSECONDS", "Unused time that may be saved for later periods."},
    Option{"cpu-rt-runtime", 0, "MICROSECONDS", "Time of realtime processes in each realtime period (cgroup v1)."},
    Option{"cpu-rt-period", 0, "MICROSECONDS", "Length of a realtime period (cgroup v1)."},
    Option{"cpu-idle", 0, "0|1", "1: it gets CPU time that nobody else wants."},
    Option{"cpuset-cpus", 0, "LIST", "CPUs that it may use: 0-3,7."},
    Option{"cpuset-mems", 0, "LIST", "Memory nodes that it may use."},
    Option{"blkio-weight", 0, "NUMBER", "Weight of its block I/O, 10 to 1000."},
};

constexpr std::array events_options{
    Option{"stats", 0, "", "Show the counters once, and end."},
    Option{"interval", 0, "TIME", "How often they are shown: 500ms, 5s (default), 1m."},
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
    Command{.name = "exec",
            .words = "CONTAINER-ID [PROGRAM [ARGUMENT...]]",
            .summary = "Run a further program in a running container, and wait for its end.",
            .options = exec_options,
            .min_words = 1,
            .max_words = any_number,
            .program_follows = true,
            .failure_status = 125,
            .run = exec},
    Command{.name = "ps",
            .words = "CONTAINER-ID [PS-OPTION...]",
            .summary = "Show the processes of a container, as the host sees them.",
            .options = ps_options,
            .min_words = 1,
            .max_words = any_number,
            .rest_is_free = true,
            .run = ps},
    Command{.name = "ns",
            .words = "[CONTAINER-ID]",
            .summary = "Show the namespaces of the machine, or those of a container.",
            .options = ns_options,
            .min_words = 0,
            .max_words = 1,
            .run = ns},
    Command{.name = "map",
            .words = "[CONTAINER-ID] [ID...]",
            .summary = "Translate ids between a container and the host, or show the ranges that are mapped.",
            .options = map_options,
            .min_words = 0,
            .max_words = any_number,
            .run = map},
    Command{.name = "explain",
            .words = "CONTAINER-ID",
            .summary = "Show what a running container really has, and what is not as its config.json says.",
            .options = explain_options,
            .min_words = 1,
            .max_words = 1,
            .run = explain},
    Command{.name = "scan",
            .words = "",
            .summary = "Find the files of a bundle that show as nobody under its mappings, or lose rights.",
            .options = scan_options,
            .min_words = 0,
            .max_words = 0,
            .run = scan},
    Command{.name = "kill",
            .words = "CONTAINER-ID [SIGNAL]",
            .summary = "Send a signal (default: TERM) to the first process of a container.",
            .options = kill_options,
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
    Command{.name = "pause",
            .words = "CONTAINER-ID",
            .summary = "Freeze all processes of a container.",
            .options = {},
            .min_words = 1,
            .max_words = 1,
            .run = pause},
    Command{.name = "resume",
            .words = "CONTAINER-ID",
            .summary = "Let the processes of a paused container go on.",
            .options = {},
            .min_words = 1,
            .max_words = 1,
            .run = resume},
    Command{.name = "update",
            .words = "CONTAINER-ID",
            .summary = "Change the resource limits of a container: all of those that are given, or none.",
            .options = update_options,
            .min_words = 1,
            .max_words = 1,
            .run = update},
    Command{.name = "mounts",
            .words = "add|remove CONTAINER-ID FILE",
            .summary = "Mount file systems in a running container, or take mounts away, as a JSON file says.",
            .options = {},
            .min_words = 3,
            .max_words = 3,
            .run = mounts},
    Command{.name = "events",
            .words = "CONTAINER-ID",
            .summary = "Show what a container uses, and when it runs out of memory, as JSON lines.",
            .options = events_options,
            .min_words = 1,
            .max_words = 1,
            .run = events},
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
    Command{.name = "check",
            .words = "",
            .summary = "Say what would keep the container of a bundle from starting, without starting it.",
            .options = check_options,
            .min_words = 0,
            .max_words = 0,
            .failure_status = 2,
            .run = check},
    Command{.name = "spec",
            .words = "[-- PROGRAM [ARGUMENT...]]",
            .summary = "Write a config.json to start from.",
            .options = spec_options,
            .min_words = 0,
            .max_words = 0,
            .program_after_dashes = true,
            .run = spec},
    Command{.name = "features",
            .words = "",
            .summary = "Show what this runtime can do, as JSON.",
            .options = {},
            .min_words = 0,
            .max_words = 0,
            .run = features},
    Command{.name = "completion",
            .words = "bash|zsh|fish",
            .summary = "Write the script with which a shell completes the command line of rt.",
            .options = {},
            .min_words = 1,
            .max_words = 1,
            .run = completion},
};

}  // namespace

std::string Arguments::value(std::string_view option, const std::string& otherwise) const {
    const auto found = options.find(option);
    return found == options.end() ? otherwise : found->second.back();
}

std::vector<std::string> Arguments::values(std::string_view option) const {
    const auto found = options.find(option);
    return found == options.end() ? std::vector<std::string>() : found->second;
}

std::span<const Command> commands() noexcept { return table; }

std::span<const Option> global_options() noexcept { return global; }

}  // namespace rt::cli
