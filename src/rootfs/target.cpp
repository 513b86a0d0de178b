#include "rt/rootfs/target.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <deque>
#include <vector>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"
#include "rt/os/mount.hpp"
#include "rt/rootfs/reach.hpp"

namespace rt::rootfs {

namespace {

constexpr int most_links = 40;  // as the kernel has it (path_resolution(7))

// One walk from the root of the container to a target, which makes what is missing.
class Walk {
public:
    Walk(int root, const std::string& path, const plan::Rootfs& plan, LastLink last_link)
        : root_(root), path_(path), plan_(plan), last_link_(last_link) {
        put_first(path);
    }

    os::UniqueFd run(TargetType type) {
        go_to_root();
        while (!rest_.empty()) {
            const std::string name = std::move(rest_.front());
            rest_.pop_front();
            if (name == "..") {
                leave();
            } else if ((rest_.empty() && last_link_ == LastLink::cover) || !follow(name)) {
                enter(name, rest_.empty() ? type : TargetType::directory);
            }
        }
        return std::move(here_);
    }

private:
    void put_first(const std::string& path) {
        const std::vector<std::string> parts = split(path, '/');
        for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
            if (!part->empty() && *part != ".") rest_.push_front(*part);
        }
    }

    std::string here_text() const { return concat("/", join(names_, "/")); }

    void go_to_root() {
        names_.clear();
        here_ = os::open_in_root(root_, "/", O_PATH | O_DIRECTORY);
    }

    // By name from the root, not by "..": a directory that was moved meanwhile could lead out.
    void leave() {
        if (!names_.empty()) names_.pop_back();
        here_ = os::open_in_root(root_, here_text(), O_PATH | O_DIRECTORY);
    }

    bool follow(const std::string& name) {
        const std::optional<std::string> target = os::try_read_link(here_.get(), name);
        if (!target) return false;
        if (++links_ > most_links) throw_errno("follow the symbolic links of", path_, ELOOP);
        put_first(*target);
        if (!target->empty() && target->front() == '/') go_to_root();
        return true;
    }

    void enter(const std::string& name, TargetType type) {
        const int flags = O_PATH | O_NOFOLLOW | (rest_.empty() ? 0 : O_DIRECTORY);
        os::UniqueFd next = os::try_open_at(here_.get(), name, flags);
        if (!next && errno == ENOENT) {
            make(name, type);
            next = os::try_open_at(here_.get(), name, flags);
        }
        if (!next) throw_errno("open in the rootfs", concat(here_text(), names_.empty() ? "" : "/", name));
        const bool link = S_ISLNK(os::status_of(next.get(), name).st_mode);
        if (link && (!rest_.empty() || last_link_ == LastLink::follow)) {
            throw_errno("open in the rootfs", path_, ELOOP,
                        concat(name, " became a symbolic link while it was looked at"));
        }
        names_.push_back(name);
        here_ = std::move(next);
    }

    void make(const std::string& name, TargetType type) {
        // EEXIST: somebody else was faster; what it is shows when it is opened.
        if (type == TargetType::directory) {
            if (::mkdirat(here_.get(), name.c_str(), 0755) == 0 || errno == EEXIST) return;
        } else {
            if (os::try_open_at(here_.get(), name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0644) || errno == EEXIST)
                return;
        }
        refuse(name, type, errno);
    }

    [[noreturn]] void refuse(const std::string& name, TargetType type, int code) const {
        const std::string inside = here_text();
        std::string missing = concat(names_.empty() ? "" : inside, "/", name);
        for (const std::string& part : rest_) missing += concat("/", part);
        std::string reason = concat("it is missing, and may not be made in '", inside, "' (",
                                    mode_and_owner(os::status_of(here_.get(), inside), plan_.mappings), ")");
        if (code == EACCES || code == EPERM)
            reason += concat(" by host uid ", plan_.owner_uid, " (root of the container)");
        throw_errno("make the mount point", missing, code, std::move(reason),
                    hint_for(missing, type == TargetType::file && rest_.empty()));
    }

    std::string hint_for(const std::string& missing, bool file) const {
        if (os::try_mount_id(here_.get()) != os::try_mount_id(root_)) {
            return concat("'", here_text(),
                          "' is not in the rootfs but in a mount before this one: make it there, for a bind "
                          "mount in its source");
        }
        return concat("make it in the rootfs before: ", file ? "touch " : "mkdir -p ", plan_.path, missing);
    }

    int root_;
    const std::string& path_;
    const plan::Rootfs& plan_;
    LastLink last_link_;
    std::deque<std::string> rest_;
    std::vector<std::string> names_;  // where the walk is, without symbolic links
    os::UniqueFd here_;
    int links_ = 0;
};

}  // namespace

Target open_or_make_target(int root, const std::string& path, TargetType type, const plan::Rootfs& plan,
                           LastLink last_link) {
    os::UniqueFd there = os::try_open_in_root(root, path, O_PATH | (last_link == LastLink::cover ? O_NOFOLLOW : 0));
    if (there) return {.fd = std::move(there), .existed = true};
    const int code = errno;
    if (code == EACCES) {
        throw_errno("open in the rootfs", path, code,
                    explain_refused_directory(root, path, plan.mappings).value_or(std::string()),
                    concat("host uid ", plan.owner_uid, " (root of the container) must be allowed to search it"));
    }
    if (code != ENOENT) throw_errno("open in the rootfs", path, code);
    return {.fd = Walk(root, path, plan, last_link).run(type), .existed = false};
}

}  // namespace rt::rootfs
