#include "rt/analysis/check_working_directory.hpp"

#include <sys/stat.h>

#include "rt/analysis/inside_text.hpp"
#include "rt/base/text.hpp"

namespace rt::analysis {

namespace {

Finding refused(std::string cause, std::string hint) {
    return {.level = Level::fatal, .object = "/process/cwd", .cause = std::move(cause), .hint = std::move(hint)};
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

bool enters(const Visit& visit, const plan::FileUser& user, const plan::Rootfs& rootfs) {
    const InsideFile& file = visit.file;
    return visit.outcome == Outcome::found && S_ISDIR(file.status.st_mode) &&
           plan::may_access(file.status, file.access_list, user, rootfs.mappings, plan::execute_right);
}

std::optional<Finding> why_not_made(const Inside& inside, const Visit& missing, const std::string& path,
                                    const plan::Rootfs& rootfs) {
    const InsideFile& file = missing.file;
    if (const std::string link = dangling_link(inside, path); !link.empty())
        return refused(concat("'", link, "' is a symbolic link that leads to nothing"),
                       "make the directory that it leads to");
    // Everything is read-only by then that ever will be.
    const bool read_only = file.read_only_at_end || (rootfs.readonly && file.on_host.starts_with(rootfs.path));
    const std::string why = read_only ? "it is read-only" : why_nothing_is_made_in(file, rootfs);
    if (why.empty()) return std::nullopt;
    return refused(concat("'", path, "' is missing, and cannot be made in '", file.inside, "': ", why),
                   file.on_host.empty() ? "" : concat("make it before: mkdir -p ", file.on_host, "/", missing.rest));
}

Finding why_not_entered(const Visit& visit, const std::string& path, const plan::FileUser& user) {
    if (std::optional<Refusal> refusal = refusal_of(visit, path, user))
        return refused(std::move(refusal->cause), std::move(refusal->hint));
    if (!S_ISDIR(visit.file.status.st_mode)) return refused(concat("'", path, "' is no directory"), "");
    return refused(concat("'", path, "' may not be entered by ", describe(user), ": ", describe(visit.file)),
                   let_in(visit.file, "o+x"));
}

}  // namespace

std::optional<Finding> check_working_directory(const Inside& inside, const plan::Process& process,
                                               const plan::Rootfs& rootfs) {
    const plan::FileUser& builder = rootfs.users.front();
    const plan::FileUser& user = rootfs.users.back();
    const Visit by_builder = inside.visit(process.cwd, &builder);
    if (by_builder.outcome == Outcome::unknown || enters(by_builder, builder, rootfs)) return std::nullopt;
    if (by_builder.outcome == Outcome::missing) return why_not_made(inside, by_builder, process.cwd, rootfs);
    const Visit by_user = inside.visit(process.cwd, &user);
    if (by_user.outcome == Outcome::unknown || enters(by_user, user, rootfs)) return std::nullopt;
    return why_not_entered(by_user, process.cwd, user);
}

}  // namespace rt::analysis
