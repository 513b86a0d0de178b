#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "rt/analysis/config_mappings.hpp"
#include "rt/analysis/id_translation.hpp"
#include "rt/analysis/process_ids.hpp"
#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/cli/command.hpp"
#include "rt/cli/help.hpp"
#include "rt/cli/output.hpp"
#include "rt/container/commands.hpp"
#include "rt/host/subordinate_ids.hpp"
#include "rt/os/file.hpp"
#include "rt/plan/chosen_mappings.hpp"
#include "rt/spec/reader.hpp"

namespace rt::cli {

namespace {

/// What the ids are of.
struct Subject {
    std::string place;  ///< for the answer: "container web1"
    analysis::ProcessMappings mappings;
    std::string passwd;  ///< of the container; empty: it has none, or it may not be read
    std::string group;
};

// The tree may be that of a container: nothing in it leads out of it, and nothing but a regular file of a sane size is opened.
std::string read_in(const os::UniqueFd& root, const std::string& path) {
    constexpr off_t longest = 4L << 20;
    const os::UniqueFd found = root ? os::try_open_in_root(root.get(), path, O_PATH) : os::UniqueFd();
    if (!found) return "";
    const struct stat status = os::status_of(found.get(), path);
    if (!S_ISREG(status.st_mode) || status.st_size > longest) return "";
    return os::try_read_file(AT_FDCWD, os::descriptor_path(found.get())).value_or("");
}

void read_accounts(Subject& subject, const os::UniqueFd& root) {
    subject.passwd = read_in(root, "etc/passwd");
    subject.group = read_in(root, "etc/group");
}

Subject subject_of_bundle(const std::string& bundle) {
    const std::string path = concat(bundle, "/config.json");
    const spec::Spec spec = spec::read(os::read_file(AT_FDCWD, path), path);
    Subject subject{.place = concat("the bundle ", bundle == "." ? "here" : printable(bundle)),
                    .mappings = analysis::mappings_of_config(spec.linux)};
    const os::UniqueFd directory = os::open_at(AT_FDCWD, bundle, O_PATH | O_DIRECTORY);
    read_accounts(subject, os::try_open_at(directory.get(), spec.root.path, O_PATH | O_DIRECTORY));
    return subject;
}

Subject subject_of_process(pid_t pid, const std::string& place, const std::string& rootfs) {
    const os::Procfs procfs = os::Procfs::open();
    Subject subject{.place = place, .mappings = analysis::read_process_mappings(procfs, pid)};
    os::UniqueFd root = os::try_open_at(procfs.fd(), concat(pid, "/root"), O_PATH | O_DIRECTORY);
    if (!root && !rootfs.empty()) root = os::try_open_at(AT_FDCWD, rootfs, O_PATH | O_DIRECTORY);
    read_accounts(subject, root);
    return subject;
}

Subject subject_of_container(const container::Roots& roots, const std::string& id) {
    const container::View view = container::view(roots, id);
    if (view.pid() == 0)
        fail("translate ids of", id, "it does not run",
             concat("rt map --bundle ", view.record.bundle, " takes its config.json"));
    return subject_of_process(view.pid(), concat("container ", id), view.record.rootfs);
}

// As Docker does: sorted by their start, and the first holds id 0.
plan::IdMappings in_a_row(std::vector<host::SubordinateRange> ranges, const std::string& file,
                          const std::string& user) {
    if (ranges.empty()) fail("translate ids of", printable(user), concat(file, " has no range for this user"));
    return plan::IdMappings::validate(plan::consecutive_mapping(std::move(ranges)), JsonPointer(file));
}

Subject subject_of_user(const std::string& user, const std::string& passwd) {
    const auto number = parse_number<std::uint32_t>(user);
    const auto account = number ? plan::find_account(passwd, *number) : plan::find_account(passwd, user);
    if (!account && !number) fail("find the user", printable(user), "/etc/passwd has no such account");
    const auto mapping = [&](const std::string& file) {
        return in_a_row(host::ranges_of(host::read_subordinate_ranges(file), account ? account->name : user,
                                        account ? account->uid : *number),
                        file, user);
    };
    return {.place = concat("a container with the ranges of ", account ? account->name : user),
            .mappings = {.own = false, .uids = mapping("/etc/subuid"), .gids = mapping("/etc/subgid")},
            .passwd = "",
            .group = ""};
}

pid_t pid_of(const std::string& word) {
    const auto pid = parse_number<pid_t>(word);
    if (pid && *pid > 0) return *pid;
    fail("use the value of", "--pid", concat("'", printable(word), "' is no number of a process"));
}

// Takes the container's id off the words when it is one.
Subject subject_of(const container::Roots& roots, const Arguments& arguments, std::vector<std::string>& words,
                   const std::string& host_passwd) {
    std::vector<std::string> ways;
    for (const char* option : {"bundle", "pid", "user"}) {
        if (arguments.has(option)) ways.emplace_back(option);
    }
    if (ways.size() > 1)
        fail("use both", concat("--", ways[0], " and --", ways[1]), "each says whose ids are meant", "leave one out");
    if (arguments.has("pid")) {
        const pid_t pid = pid_of(arguments.value("pid"));
        return subject_of_process(pid, concat("process ", pid), "");
    }
    if (arguments.has("user")) return subject_of_user(arguments.value("user"), host_passwd);
    if (arguments.has("bundle") || words.empty()) return subject_of_bundle(arguments.value("bundle", "."));
    const std::string id = words.front();
    words.erase(words.begin());
    try {
        return subject_of_container(roots, id);
    } catch (const Error& error) {
        if (!parse_number<std::uint32_t>(id)) throw;
        Failure failure = error.failure();
        failure.hint = concat("rt map --bundle . ", id, " translates for the bundle here");
        throw Error(std::move(failure));
    }
}

std::uint32_t overflow_id(const char* name) {
    constexpr std::uint32_t customary = 65534;
    const std::string text = os::Procfs::open_for_self().try_read(concat("sys/kernel/", name)).value_or("");
    return parse_number<std::uint32_t>(trim(text)).value_or(customary);
}

}  // namespace

int map(const container::Roots& roots, const Arguments& arguments) {
    std::vector<std::string> words = arguments.words;
    const std::string host_passwd = os::try_read_file(AT_FDCWD, "/etc/passwd").value_or("");
    const Subject subject = subject_of(roots, arguments, words, host_passwd);
    const analysis::IdSides uids{.kind = "uid",
                                 .same = subject.mappings.own,
                                 .mapping = subject.mappings.uids,
                                 .container_names = plan::names_of_users(subject.passwd),
                                 .host_names = plan::names_of_users(host_passwd),
                                 .overflow = overflow_id("overflowuid")};
    const std::string host_group = os::try_read_file(AT_FDCWD, "/etc/group").value_or("");
    const analysis::IdSides gids{.kind = "gid",
                                 .same = subject.mappings.own,
                                 .mapping = subject.mappings.gids,
                                 .container_names = plan::names_of_groups(subject.group),
                                 .host_names = plan::names_of_groups(host_group),
                                 .overflow = overflow_id("overflowgid")};
    const analysis::IdSides& asked = arguments.has("gid") ? gids : uids;
    std::vector<analysis::Translation> translations;
    for (const std::string& word : words) translations.push_back(translate(asked, word, arguments.has("host")));
    if (arguments.has("json")) {
        print(analysis::translation_json({uids, gids}, translations, subject.place));
    } else if (words.empty()) {
        print(table_text(analysis::range_rows(arguments.has("gid") ? std::vector{gids} : std::vector{uids, gids})));
    } else {
        std::string text;
        for (const analysis::Translation& translation : translations)
            text += explain(asked, translation, subject.place);
        print(text);
    }
    return std::ranges::all_of(translations, &analysis::Translation::mapped) ? 0 : 1;
}

}  // namespace rt::cli
