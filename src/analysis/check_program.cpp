#include "rt/analysis/check_program.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include "rt/analysis/inside_text.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"
#include "rt/os/program_file.hpp"
#include "rt/plan/search_path.hpp"

namespace rt::analysis {

namespace {

constexpr int most_interpreters = 4;  // of scripts, one after the other (execve(2), "Interpreter scripts")

std::optional<Refusal> refusal_of_file(const InsideFile& file, const std::string& path, const plan::FileUser& user,
                                       const plan::UserMappings& mappings) {
    if (file.masked)
        return Refusal{.cause = concat("'", path, "' is hidden by /linux/maskedPaths"), .hint = "leave it out there"};
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
    if (program->form == os::ProgramFile::Form::none && !os::has_binary_formats())
        return Refusal{.cause = concat("'", path, "' is neither a program nor a script with a #! line"), .hint = ""};
    if (program->form == os::ProgramFile::Form::elf && !os::runs_here(program->machine) && !os::has_binary_formats())
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

std::string from(const std::string& directory, const std::string& path) {
    return path.starts_with('/') ? path : concat(directory, "/", path);
}

}  // namespace

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
    const std::string search_path = plan::search_path(process.env);
    std::optional<Finding> refused;
    for (const std::string& place : plan::places_of_program(name, search_path)) {
        const std::string candidate = from(process.cwd, place);
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

}  // namespace rt::analysis
