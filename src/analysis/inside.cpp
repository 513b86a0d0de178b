#include "rt/analysis/inside.hpp"

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <deque>

#include "rt/base/text.hpp"
#include "rt/os/file.hpp"
#include "rt/os/mount.hpp"
#include "rt/plan/shown_owner.hpp"

namespace rt::analysis {

namespace {

constexpr int most_links = 40;  // as the kernel has it (path_resolution(7))

using Changes = std::vector<const plan::Mount*>;

void apply(InsideFile& file, const plan::Mount& mount) {
    const auto change = [&](const plan::MountAttributeChange& attributes) {
        if ((attributes.clear & MOUNT_ATTR_NOEXEC) != 0) file.no_exec = false;
        if ((attributes.clear & MOUNT_ATTR_RDONLY) != 0) file.read_only = false;
        if ((attributes.set & MOUNT_ATTR_NOEXEC) != 0) file.no_exec = true;
        if ((attributes.set & MOUNT_ATTR_RDONLY) != 0 && !mount.read_only_at_end) file.read_only = true;
    };
    change(mount.recursive_attributes);
    change(mount.attributes);  // later, as the bind is made: what is said of the mount itself holds there
    file.read_only_at_end = file.read_only_at_end || mount.read_only_at_end;
}

void set_mount_flags(InsideFile& file, const Changes& changes) {
    struct statvfs flags{};
    if (file.fd && ::fstatvfs(file.fd.get(), &flags) == 0) {
        file.read_only = (flags.f_flag & ST_RDONLY) != 0;
        file.no_exec = (flags.f_flag & ST_NOEXEC) != 0;
    }
    for (const plan::Mount* mount : changes) apply(file, *mount);
}

const plan::MountIdMapping* mapping_in(const std::optional<plan::MountIdMapping>& mapping) {
    return mapping ? &*mapping : nullptr;
}

// An access list names ids of the disk, as the file has its owner.
void map_entry(plan::AccessEntry& entry, const plan::MountIdMapping& mapping) {
    constexpr std::uint32_t no_id = 4294967295U;
    if (entry.tag == plan::AccessEntry::Tag::user) entry.id = mapping.uids.to_host(entry.id).value_or(no_id);
    if (entry.tag == plan::AccessEntry::Tag::group) entry.id = mapping.gids.to_host(entry.id).value_or(no_id);
}

InsideFile file_of(os::UniqueFd fd, std::string inside, std::string on_host, const Changes& changes,
                   const plan::MountIdMapping* mapping) {
    InsideFile file{.fd = std::move(fd), .inside = std::move(inside), .on_host = std::move(on_host)};
    file.on_disk = os::status_of(file.fd.get(), file.on_host);
    file.id_mapping = mapping;
    file.status = plan::shown_status(file.on_disk, mapping);
    file.access_list = access_list_of(file.fd.get());
    if (mapping != nullptr) {
        for (plan::AccessEntry& entry : file.access_list) map_entry(entry, *mapping);
    }
    set_mount_flags(file, changes);
    return file;
}

InsideFile copy_of(const InsideFile& file) {
    return {.fd = file.fd ? os::duplicate(file.fd.get()) : os::UniqueFd(),
            .inside = file.inside,
            .on_host = file.on_host,
            .on_disk = file.on_disk,
            .id_mapping = file.id_mapping,
            .status = file.status,
            .mount = file.mount,
            .access_list = file.access_list,
            .read_only = file.read_only,
            .read_only_at_end = file.read_only_at_end,
            .no_exec = file.no_exec,
            .of_kernel = file.of_kernel,
            .masked = file.masked};
}

void set_mode_of_filesystem(struct stat& status, const plan::Mount& mount) {
    for (const plan::FilesystemOption& option : mount.data) {
        if (option.key != "mode" || !option.value) continue;
        mode_t mode = 0;
        std::from_chars(option.value->data(), option.value->data() + option.value->size(), mode, 8);
        status.st_mode = S_IFDIR | mode;
    }
}

// tmpfs(5): with a mode of its own, or that of the kernel.
struct stat status_of_empty_filesystem(const plan::Mount& mount, const plan::Rootfs& plan) {
    struct stat status{};
    status.st_mode = S_IFDIR | 01777;
    status.st_uid = plan.owner_uid;
    status.st_gid = plan.owner_gid;
    set_mode_of_filesystem(status, mount);
    return status;
}

std::string below(const std::string& directory, const std::string& name) {
    return concat(directory == "/" ? "" : directory, "/", name);
}

}  // namespace

std::vector<plan::AccessEntry> access_list_of(int fd) {
    std::string value(1024, '\0');
    const ssize_t length =
        ::getxattr(os::descriptor_path(fd).c_str(), "system.posix_acl_access", value.data(), value.size());
    if (length <= 0) return {};
    return plan::parse_access_list(std::string_view(value).substr(0, static_cast<std::size_t>(length)));
}

// One walk from the root of the container.
class InsideWalk {
public:
    InsideWalk(const Inside& inside, const plan::FileUser* user, bool follow_last)
        : inside_(inside), user_(user), follow_last_(follow_last) {}

    Visit run(const std::string& path) {
        put_first(path);
        if (!go_to_root()) return end(Outcome::unknown);
        while (!rest_.empty()) {
            if (!known_) return end(Outcome::unknown);
            if (!S_ISDIR(here_.status.st_mode)) return end(Outcome::not_a_directory);
            if (!may_search()) return end(Outcome::refused);
            if (const std::optional<Outcome> outcome = step()) return end(*outcome);
        }
        return end(Outcome::found);
    }

private:
    void put_first(const std::string& path) {
        const std::vector<std::string> parts = split(path, '/');
        for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
            if (!part->empty() && *part != ".") rest_.push_front(*part);
        }
    }

    bool go_to_root() {
        os::UniqueFd root = os::try_open_at(inside_.root_.get(), ".", O_PATH | O_DIRECTORY);
        if (!root) return false;
        layer_ = nullptr;
        known_ = true;
        here_ = file_of(std::move(root), "/", inside_.plan_.path, {}, mapping_in(inside_.plan_.id_mapping));
        cover("/");
        return true;
    }

    // What is mounted there, if anything, is what one comes to.
    void cover(const std::string& place) {
        const Inside::Layer* layer = inside_.layer_at(place);
        if (layer == nullptr) return;
        here_ = copy_of(layer->top);
        here_.inside = place;
        known_ = layer->known;
        layer_ = layer;
    }

    bool may_search() const {
        return user_ == nullptr ||
               plan::may_access(here_.status, here_.access_list, *user_, inside_.plan_.mappings, plan::execute_right);
    }

    std::optional<Outcome> step() {
        const std::string name = std::move(rest_.front());
        rest_.pop_front();
        if (name == "..") {
            const std::string parent = here_.inside.substr(0, here_.inside.rfind('/'));
            put_first(parent);
            return go_to_root() ? std::nullopt : std::optional(Outcome::unknown);
        }
        const std::string place = below(here_.inside, name);
        if (inside_.layer_at(place) != nullptr) {
            cover(place);
            return std::nullopt;
        }
        return open(name, place);
    }

    std::optional<Outcome> open(const std::string& name, const std::string& place) {
        os::UniqueFd next =
            here_.fd ? os::try_open_at(here_.fd.get(), name, O_PATH | O_NOFOLLOW) : (errno = ENOENT, os::UniqueFd());
        if (!next) {
            const int code = errno;
            rest_.push_front(name);
            return code == ENOENT ? Outcome::missing : Outcome::unknown;
        }
        if (S_ISLNK(os::status_of(next.get(), name).st_mode) && (!rest_.empty() || follow_last_)) return follow(next);
        const plan::MountIdMapping* mapping = mapping_of(next.get());
        const Changes none;
        here_ = file_of(std::move(next), place, below(here_.on_host, name), layer_ == nullptr ? none : layer_->changes,
                        mapping);
        return std::nullopt;
    }

    // Of what is in the rootfs, too, when it is bound in another place. Without "recursive" the mounts below have none.
    const plan::MountIdMapping* mapping_of(int file) const {
        const plan::Mount* mount = layer_ == nullptr ? nullptr : layer_->changes.front();
        const bool in_rootfs = mount == nullptr || mount->kind == plan::MountKind::bind_in_rootfs;
        const auto* mapping = mapping_in(in_rootfs ? inside_.plan_.id_mapping : mount->id_mapping);
        if (mapping == nullptr || mapping->recursive) return mapping;
        const std::optional<std::uint64_t> here = here_.fd ? os::try_mount_id(here_.fd.get()) : std::nullopt;
        return os::try_mount_id(file) == here ? here_.id_mapping : nullptr;
    }

    std::optional<Outcome> follow(const os::UniqueFd& link) {
        if (++links_ > most_links) return Outcome::too_many_links;
        const std::optional<std::string> target = os::try_read_link(link.get(), "");
        if (!target) return Outcome::unknown;
        put_first(*target);
        if (!target->empty() && target->front() == '/' && !go_to_root()) return Outcome::unknown;
        return std::nullopt;
    }

    // What a proc or sysfs has, but for its processes, that of the caller has too.
    bool kernel_lacks(const std::vector<std::string>& rest) const {
        if (layer_ == nullptr || layer_->changes.empty()) return false;
        const std::string& type = layer_->changes.front()->type;
        const std::string& first = rest.front();
        const bool of_a_process = parse_number<std::uint32_t>(first) || first == "self" || first == "thread-self";
        const char* callers = type == "proc" ? "/proc/" : type == "sysfs" ? "/sys/" : nullptr;
        if (callers == nullptr || (type == "proc" && of_a_process)) return false;
        return !os::try_status_at(AT_FDCWD, callers + first) && errno == ENOENT;
    }

    Visit end(Outcome outcome) {
        const std::vector<std::string> rest(rest_.begin(), rest_.end());
        if (outcome == Outcome::found && !known_) outcome = Outcome::unknown;
        if (outcome == Outcome::unknown && !rest.empty() && kernel_lacks(rest)) {
            here_.of_kernel = true;
            outcome = Outcome::missing;
        }
        here_.mount = layer_ == nullptr || layer_->changes.empty() ? nullptr : layer_->changes.front();
        return {.outcome = outcome, .file = std::move(here_), .rest = join(rest, "/")};
    }

    const Inside& inside_;
    const plan::FileUser* user_;
    bool follow_last_;
    std::deque<std::string> rest_;
    InsideFile here_;
    const Inside::Layer* layer_ = nullptr;  // which one here_ is in; none: the rootfs
    bool known_ = true;
    int links_ = 0;
};

Inside::Inside(os::UniqueFd root, const plan::Rootfs& plan) : root_(std::move(root)), plan_(plan) {}

const Inside::Layer* Inside::layer_at(const std::string& place) const {
    const auto found = std::ranges::find(layers_, place, &Layer::place);
    return found == layers_.end() ? nullptr : &*found;
}

Visit Inside::visit(const std::string& path, const plan::FileUser* user, bool follow_last) const {
    return InsideWalk(*this, user, follow_last).run(path);
}

void Inside::add(std::size_t index, const Visit& place) {
    const plan::Mount& mount = plan_.mounts[index];
    const bool placed = place.outcome == Outcome::found || place.outcome == Outcome::missing;
    if (!placed) return;
    std::string where = place.file.inside;
    if (!place.rest.empty()) where = below(where, place.rest);
    if (mount.kind == plan::MountKind::remount) return change(mount, where);
    Layer& layer = put_layer(where);
    layer.changes.push_back(&mount);
    if (mount.kind == plan::MountKind::bind) {
        const int flags = O_PATH | (mount.source_nofollow ? O_NOFOLLOW : 0);
        if (os::UniqueFd source = os::try_open_at(AT_FDCWD, mount.source, flags)) {
            layer.top = file_of(std::move(source), where, mount.source, layer.changes, mapping_in(mount.id_mapping));
            layer.known = !mount.copy_symlink || !S_ISLNK(layer.top.status.st_mode);
        }
    } else if (mount.kind == plan::MountKind::bind_in_rootfs) {
        Visit source = visit(mount.source, nullptr, !mount.source_nofollow);
        layer.known = source.outcome == Outcome::found;
        layer.top = std::move(source.file);
    } else if (mount.copy_up) {
        layer.known = place.outcome == Outcome::found;
        layer.top = copy_of(place.file);
        set_mode_of_filesystem(layer.top.status, mount);
        set_mode_of_filesystem(layer.top.on_disk, mount);
        apply(layer.top, mount);
    } else if (mount.type == "tmpfs") {
        layer.known = true;
        layer.top.on_disk = status_of_empty_filesystem(mount, plan_);
        layer.top.status = layer.top.on_disk;
        apply(layer.top, mount);
    }
}

void Inside::add_first(std::size_t count) {
    for (std::size_t index = 0; index < count; ++index) {
        const plan::Mount& mount = plan_.mounts[index];
        add(index, visit(mount.destination, nullptr, !mount.destination_nofollow));
    }
}

Inside::Layer& Inside::put_layer(const std::string& place) {
    std::erase_if(layers_, [&](const Layer& layer) {
        return layer.place == place || layer.place.starts_with(place == "/" ? place : place + "/");
    });
    return layers_.emplace_back(Layer{.place = place, .top = {}, .known = false, .changes = {}});
}

void Inside::mask(const std::string& path) {
    const Visit there = visit(path, nullptr);
    if (there.outcome != Outcome::found) return;
    Layer& layer = put_layer(there.file.inside);
    layer.known = true;
    layer.top.masked = true;
    layer.top.read_only = true;
    layer.top.status.st_mode = S_ISDIR(there.file.status.st_mode) ? S_IFDIR | 0755U : S_IFCHR | 0666U;
    layer.top.on_disk = layer.top.status;
}

void Inside::change(const plan::Mount& remount, const std::string& place) {
    const auto layer = std::ranges::find(layers_, place, &Layer::place);
    if (layer == layers_.end()) return;
    layer->changes.push_back(&remount);
    apply(layer->top, remount);
}

Visit visit_source(const plan::Rootfs& plan, std::size_t index) {
    Inside inside(os::open_at(AT_FDCWD, plan.path, O_PATH | O_DIRECTORY), plan);
    inside.add_first(index);
    const plan::Mount& mount = plan.mounts[index];
    return inside.visit(mount.source, nullptr, !mount.source_nofollow);
}

}  // namespace rt::analysis
