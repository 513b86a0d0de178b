#include "rt/analysis/check_program.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include "rt/base/text.hpp"
#include "rt/os/file.hpp"
#include "rt/os/program_file.hpp"
#include "rt/plan/shown_owner.hpp"

namespace rt::analysis {

namespace {

constexpr int most_interpreters = 4;  // of scripts, one after the other (execve(2), "Interpreter scripts")

struct Refusal {
    std::string cause;
    std::string hint;
    bool missing = false;
};

std::string way_in(const InsideFile& file) {
    return file.on_host.empty() ? "" : concat(" (on the host ", file.on_host, ")");
}

std::string let_in(const InsideFile& file, const char* change) {
    return file.on_host.empty() ? "" : concat("allow it: chmod ", change, " ", file.on_host);
}

std::optional<Refusal> refusal_of(const Visit& visit, const std::string& path, const plan::FileUser& user) {
    const InsideFile& file = visit.file;
    switch (visit.outcome) {
        case Outcome::found:
        case Outcome::unknown: return std::nullopt;
        case Outcome::missing:
            return Refusal{.cause = concat("'", path, "' does not exist: '", file.inside, "'", way_in(file),
                                           " has no '", visit.rest, "'"),
                           .hint = "",
                           .missing = true};
        case Outcome::refused:
            return Refusal{.cause = concat("'", file.inside, "'", way_in(file), " may not be searched by ",
                                           describe(user), ": ", describe(file)),
                           .hint = let_in(file, "o+x")};
        case Outcome::not_a_directory:
            return Refusal{
                .cause = concat("'", file.inside, "'", way_in(file), " is no directory"), .hint = "", .missing = true};
        case Outcome::too_many_links: break;
    }
    return Refusal{.cause = concat("too many symbolic links on the way to '", path, "'"), .hint = ""};
}

std::optional<Refusal> refusal_of_file(const InsideFile& file, const std::string& path, const plan::FileUser& user,
                                       const plan::UserMappings& mappings) {
    if (S_ISDIR(file.status.st_mode)) return Refusal{.cause = concat("'", path, "' is a directory"), .hint = ""};
    if (!S_ISREG(file.status.st_mode)) return Refusal{.cause = concat("'", path, "' is no regular file"), .hint = ""};
    if (file.no_exec)
        return Refusal{.cause = concat("'", path, "' lies on a mount with the option noexec"),
                       .hint = "take noexec from the mount, or put the program elsewhere"};
    if (plan::may_access(file.status, file.access_list, user, mappings, plan::execute_right)) return std::nullopt;
    const char* bits = (file.status.st_mode & 0111U) == 0 ? "a+x" : "o+x";
    return Refusal{.cause = concat("'", path, "' may not be executed by ", describe(user), ": ", describe(file)),
                   .hint = let_in(file, bits)};
}

// Whether the machine has handlers for further kinds of programs: besides "register" and "status" there is a file for each.
bool may_run_by_binfmt() {
    const os::UniqueFd directory = os::try_open_at(AT_FDCWD, "/proc/sys/fs/binfmt_misc", O_RDONLY | O_DIRECTORY);
    return directory && os::names_in(directory.get(), "binfmt_misc").size() > 2;
}

std::optional<Refusal> refusal_along(const Inside& inside, const std::string& path, const plan::FileUser& user,
                                     const plan::UserMappings& mappings, int depth) {
    const Visit visit = inside.visit(path, &user);
    if (std::optional<Refusal> refusal = refusal_of(visit, path, user)) return refusal;
    if (visit.outcome == Outcome::unknown) return std::nullopt;
    if (std::optional<Refusal> refusal = refusal_of_file(visit.file, path, user, mappings)) return refusal;
    const os::UniqueFd file =
        os::try_open_at(AT_FDCWD, os::descriptor_path(visit.file.fd.get()), O_RDONLY | O_NONBLOCK);
    const std::optional<os::ProgramFile> program = file ? os::try_read_program(file.get()) : std::nullopt;
    if (!program) return std::nullopt;
    if (program->form == os::ProgramFile::Form::none && !may_run_by_binfmt())
        return Refusal{.cause = concat("'", path, "' is neither a program nor a script with a #! line"), .hint = ""};
    if (program->form == os::ProgramFile::Form::elf && !os::runs_here(program->machine) && !may_run_by_binfmt())
        return Refusal{.cause = concat("'", path, "' is a program for another kind of processor"), .hint = ""};
    if (program->interpreter.empty() || depth == most_interpreters) return std::nullopt;
    std::optional<Refusal> refusal = refusal_along(inside, program->interpreter, user, mappings, depth + 1);
    if (refusal) refusal->cause = concat("its interpreter '", printable(program->interpreter), "': ", refusal->cause);
    return refusal;
}

Finding finding_for(const std::string& path, Refusal refusal) {
    if (refusal.missing && refusal.hint.empty()) refusal.hint = "paths are looked up inside the rootfs";
    return {.level = Level::fatal, .object = path, .cause = std::move(refusal.cause), .hint = std::move(refusal.hint)};
}

std::string search_path_of(const std::vector<std::string>& env) {
    for (const std::string& entry : env) {
        if (entry.starts_with("PATH=") && entry.size() > 5) return entry.substr(5);
    }
    return "/bin:/usr/bin";  // execvp(3), without PATH
}

std::string from(const std::string& directory, const std::string& path) {
    return path.starts_with('/') ? path : concat(directory, "/", path);
}

// The first part of the path that is such a link; a missing directory is not made where one leads to.
std::string dangling_link(const Inside& inside, const std::string& path) {
    std::string so_far;
    for (const std::string& part : split(path, '/')) {
        if (part.empty()) continue;
        so_far += concat("/", part);
        if (inside.visit(so_far, nullptr).outcome != Outcome::missing) continue;
        return inside.visit(so_far, nullptr, false).outcome == Outcome::found ? so_far : "";
    }
    return "";
}

}  // namespace

std::string describe(const InsideFile& file) { return plan::describe_owner(file.on_disk, file.id_mapping); }

std::string describe(const plan::FileUser& user) { return concat("host uid ", user.uid, " (", user.who, ")"); }

std::optional<Finding> check_program(const Inside& inside, const std::string& path, const plan::FileUser& user,
                                     const plan::UserMappings& mappings) {
    std::optional<Refusal> refusal = refusal_along(inside, path, user, mappings, 0);
    if (!refusal) return std::nullopt;
    return finding_for(path, *std::move(refusal));
}

std::optional<Finding> check_process_program(const Inside& inside, const plan::Process& process,
                                             const plan::FileUser& user, const plan::UserMappings& mappings) {
    const std::string& name = process.args.front();
    if (name.find('/') != std::string::npos) return check_program(inside, from(process.cwd, name), user, mappings);
    const std::string search_path = search_path_of(process.env);
    std::optional<Finding> refused;
    for (const std::string& directory : split(search_path, ':')) {
        const std::string candidate = from(process.cwd, concat(directory.empty() ? "." : directory, "/", name));
        std::optional<Refusal> refusal = name.empty() ? Refusal{.cause = "", .hint = "", .missing = true}
                                                      : refusal_along(inside, candidate, user, mappings, 0);
        if (!refusal) return std::nullopt;
        // What is there and cannot be executed is what execvp(3) tells about, unless a later one can be.
        const Visit visit = inside.visit(candidate, nullptr);
        if (!refused && visit.outcome == Outcome::found) refused = finding_for(candidate, *std::move(refusal));
    }
    if (refused) return refused;
    return Finding{.level = Level::fatal,
                   .object = "/process/args/0",
                   .cause = concat("'", printable(name), "' is in no directory of $PATH that is in the rootfs"),
                   .hint = concat("PATH of the container is ", search_path)};
}

std::optional<Finding> check_working_directory(const Inside& inside, const plan::Process& process,
                                               const plan::FileUser& builder, const plan::FileUser& user,
                                               const plan::Rootfs& rootfs) {
    const auto refused = [](std::string cause, std::string hint) {
        return Finding{
            .level = Level::fatal, .object = "/process/cwd", .cause = std::move(cause), .hint = std::move(hint)};
    };
    for (const plan::FileUser* one : {&builder, &user}) {
        const Visit visit = inside.visit(process.cwd, one);
        const InsideFile& file = visit.file;
        if (visit.outcome == Outcome::unknown) return std::nullopt;
        const bool enters = visit.outcome == Outcome::found && S_ISDIR(file.status.st_mode) &&
                            plan::may_access(file.status, file.access_list, *one, rootfs.mappings, plan::execute_right);
        if (enters) return std::nullopt;
        if (visit.outcome != Outcome::missing || one != &builder) continue;
        if (const std::string link = dangling_link(inside, process.cwd); !link.empty())
            return refused(concat("'", link, "' is a symbolic link that leads to nothing"),
                           "make the directory that it leads to");
        const bool read_only =
            file.read_only || file.read_only_at_end || (rootfs.readonly && file.on_host.starts_with(rootfs.path));
        const bool made = !read_only && plan::may_access(file.status, file.access_list, builder, rootfs.mappings,
                                                         plan::write_right | plan::execute_right);
        if (made) return std::nullopt;
        return refused(concat("'", process.cwd, "' is missing, and cannot be made in '", file.inside, "': ",
                              read_only ? "it is read-only" : concat(describe(file), "; for ", describe(builder))),
                       file.on_host.empty() ? "" : concat("make it before: mkdir -p ", file.on_host, "/", visit.rest));
    }
    const Visit visit = inside.visit(process.cwd, &user);
    if (std::optional<Refusal> refusal = refusal_of(visit, process.cwd, user))
        return refused(std::move(refusal->cause), std::move(refusal->hint));
    if (!S_ISDIR(visit.file.status.st_mode)) return refused(concat("'", process.cwd, "' is no directory"), "");
    return refused(concat("'", process.cwd, "' may not be entered by ", describe(user), ": ", describe(visit.file)),
                   let_in(visit.file, "o+x"));
}

}  // namespace rt::analysis
