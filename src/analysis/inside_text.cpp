#include "rt/analysis/inside_text.hpp"

#include "rt/base/text.hpp"
#include "rt/plan/shown_owner.hpp"

namespace rt::analysis {

namespace {

std::string way_in(const InsideFile& file) {
    return file.on_host.empty() ? "" : concat(" (on the host ", file.on_host, ")");
}

}  // namespace

std::string describe(const InsideFile& file) { return plan::describe_owner(file.on_disk, file.id_mapping); }

std::string describe(const plan::FileUser& user) { return concat("host uid ", user.uid, " (", user.who, ")"); }

std::string why_nothing_is_made_in(const InsideFile& directory, const plan::Rootfs& rootfs) {
    if (directory.of_kernel) return "the kernel alone makes files there";
    if (directory.read_only) return "its mount is read-only";
    const plan::FileUser& builder = rootfs.users.front();
    const bool may = plan::may_access(directory.status, directory.access_list, builder, rootfs.mappings,
                                      plan::write_right | plan::execute_right);
    return may ? "" : concat(describe(directory), "; for ", describe(builder));
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
            if (file.masked)
                return Refusal{.cause = concat("'", file.inside, "' is hidden by /linux/maskedPaths"),
                               .hint = "leave it out there"};
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

}  // namespace rt::analysis
