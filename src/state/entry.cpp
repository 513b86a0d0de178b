#include "rt/state/entry.hpp"

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"
#include "rt/os/umask.hpp"
#include "rt/state/container_id.hpp"
#include "rt/state/files.hpp"
#include "rt/state/root.hpp"

namespace rt::state {

namespace {

constexpr const char* lock_file = "lock";

void wait_for_lock(int lock, const std::string& path) {
    while (::flock(lock, LOCK_EX) < 0) {
        if (errno != EINTR) throw_errno("lock", path);
    }
}

// Empty: the directory has been removed.
os::UniqueFd try_take_lock(int dir, const std::string& path) {
    os::UniqueFd lock = os::try_open_at(dir, lock_file, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
    if (!lock && errno == ENOENT) return lock;
    if (!lock) throw_errno("open", concat(path, "/", lock_file));
    wait_for_lock(lock.get(), path);
    return lock;
}

bool is_gone(int fd, const std::string& path) { return os::status_of(fd, path).st_nlink == 0; }

// A full disk still has room for what is as long as what is there, and a change of the status is.
bool try_overwrite(int dir, const char* file, std::string_view data) {
    const os::UniqueFd fd = os::try_open_at(dir, file, O_WRONLY | O_NOFOLLOW);
    const auto status = os::try_status_at(dir, file, AT_SYMLINK_NOFOLLOW);
    if (!fd || !status || status->st_size != static_cast<off_t>(data.size())) return false;
    return ::pwrite(fd.get(), data.data(), data.size(), 0) == static_cast<ssize_t>(data.size());
}

}  // namespace

Entry::Entry(os::UniqueFd root, os::UniqueFd dir, os::UniqueFd lock, std::string path, std::string id)
    : root_(std::move(root)),
      dir_(std::move(dir)),
      lock_(std::move(lock)),
      path_(std::move(path)),
      id_(std::move(id)) {}

Entry::Entry(Entry&& other) noexcept
    : root_(std::move(other.root_)),
      dir_(std::move(other.dir_)),
      lock_(std::move(other.lock_)),
      path_(std::move(other.path_)),
      id_(std::move(other.id_)),
      made_(std::exchange(other.made_, false)) {}

Entry::~Entry() {
    if (!made_) return;
    const int code = os::remove_tree(root_.get(), id_);
    if (code != 0) log::debug(concat("cannot remove the state directory ", path_, ": errno ", code));
}

void Entry::unlock() noexcept {
    // Explicitly: a child that was cloned meanwhile holds the same lock by its copy of the descriptor (flock(2)).
    if (lock_) ::flock(lock_.get(), LOCK_UN);
}

bool Entry::try_lock_again() {
    wait_for_lock(lock_.get(), path_);
    return !is_gone(lock_.get(), path_);
}

Entry Entry::take(const std::string& root, const std::string& id) {
    check_container_id(id);
    const std::string path = concat(root, "/", id);
    const os::UmaskScope umask(022);
    Entry entry(make_root(root), {}, {}, path, id);
    constexpr int most_tries = 16;
    for (int tries = 0;; ++tries) {
        if (entry.try_take()) return entry;
        if (tries == most_tries) fail("take the state directory", path, "it vanishes again and again");
    }
}

bool Entry::try_take() {
    if (::mkdirat(root_.get(), id_.c_str(), 0755) < 0) {
        if (errno != EEXIST) throw_errno("make the state directory", path_);
        fail("create the container", id_, "container with given ID already exists",
             concat("choose another id, or remove it: rt delete ", id_));
    }
    made_ = true;
    dir_ = try_open_directory(root_.get(), id_);
    if (!dir_ && errno != ENOENT) throw_errno("open the state directory", path_);
    if (dir_) lock_ = try_take_lock(dir_.get(), path_);
    // Before it was locked, delete --force may have taken it for what a killed create has left.
    made_ = lock_ && !is_gone(lock_.get(), path_);
    return made_;
}

std::optional<Entry> Entry::try_open(const std::string& root, const std::string& id) {
    check_container_id(id);
    os::UniqueFd root_fd = try_open_directory(AT_FDCWD, root);
    if (!root_fd && errno == ENOENT) return std::nullopt;
    if (!root_fd) throw_errno("open the state directory", root);
    require_own(root_fd.get(), root);
    const std::string path = concat(root, "/", id);
    os::UniqueFd dir = try_open_directory(root_fd.get(), id);
    if (!dir && errno == ENOENT) return std::nullopt;
    if (!dir) throw_errno("open the state directory", path);
    require_own(dir.get(), path);
    os::UniqueFd lock = try_take_lock(dir.get(), path);
    // Whoever held the lock before may have deleted the container in the meantime.
    if (!lock || is_gone(lock.get(), path)) return std::nullopt;
    return Entry(std::move(root_fd), std::move(dir), std::move(lock), path, id);
}

void Entry::write(const Record& record) const {
    const std::string text = to_json(record);
    try {
        os::replace_file(dir(), record_file, text, 0644);
    } catch (const Error& error) {
        const int code = error.failure().code;
        if ((code != ENOSPC && code != EDQUOT) || !try_overwrite(dir(), record_file, text)) throw;
    }
}

void Entry::write(const PrivateRecord& record) const { os::replace_file(dir(), private_file, to_json(record), 0600); }

void Entry::write_config(std::string_view text) const {
    const os::UniqueFd file = os::open_at(dir(), config_file, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);
    os::write_all(file.get(), text, concat(path_, "/", config_file));
}

std::string Entry::read_config() const {
    const std::string path = concat(path_, "/", config_file);
    std::optional<std::string> text = try_read_text(dir(), config_file, path, longest_config);
    if (!text) throw_errno("open", path);
    return *std::move(text);
}

std::optional<Record> Entry::try_read() const {
    return try_read_record_at(dir(), record_file, concat(path_, "/", record_file), id_);
}

std::optional<PrivateRecord> Entry::try_read_private() const {
    return try_read_private_record_at(dir(), private_file, concat(path_, "/", private_file));
}

void Entry::remove() {
    made_ = false;
    // The lock last: who makes it anew in the directory then finds no record to act upon.
    for (const char* file : {config_file, private_file, record_file, lock_file}) ::unlinkat(dir(), file, 0);
    if (::unlinkat(root_.get(), id_.c_str(), AT_REMOVEDIR) == 0) return;
    // Who had opened the directory before makes the lock anew: a create that goes on, if there is a record then.
    if (const os::UniqueFd lock = os::try_open_at(dir(), lock_file, O_RDWR | O_NOFOLLOW)) {
        wait_for_lock(lock.get(), path_);
        if (os::try_status_at(dir(), record_file, AT_SYMLINK_NOFOLLOW)) return;
    }
    const int code = os::remove_tree(root_.get(), id_);
    if (code != 0) throw_errno("remove the state directory", path_, code);
}

}  // namespace rt::state
