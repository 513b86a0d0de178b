#include "rt/analysis/scan.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>

#include "rt/base/errno_text.hpp"
#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/os/directory_entries.hpp"
#include "rt/os/file.hpp"

namespace rt::analysis {

namespace {

// Where owners are those of processes, or nobody's.
constexpr std::array<std::uint64_t, 11> kernel_filesystems{
    PROC_SUPER_MAGIC, SYSFS_MAGIC,      CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, DEVPTS_SUPER_MAGIC, DEBUGFS_MAGIC,
    TRACEFS_MAGIC,    SECURITYFS_MAGIC, BPF_FS_MAGIC,       PSTOREFS_MAGIC,      NSFS_MAGIC};

bool is_of_kernel(int fd) {
    struct statfs filesystem{};
    return ::fstatfs(fd, &filesystem) == 0 &&
           std::ranges::find(kernel_filesystems, static_cast<std::uint64_t>(filesystem.f_type)) !=
               kernel_filesystems.end();
}

bool try_statx(int dir, const char* name, int flags, struct statx& status) {
    constexpr unsigned wanted = STATX_TYPE | STATX_MODE | STATX_UID | STATX_GID | STATX_MNT_ID;
    return ::statx(dir, name, flags | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC, wanted, &status) == 0;
}

std::optional<std::uint32_t> read_capability_root(const std::string& path, const struct statx& status) {
    constexpr unsigned executable = S_IXUSR | S_IXGRP | S_IXOTH;
    if (!S_ISREG(status.stx_mode) || (status.stx_mode & executable) == 0) return std::nullopt;
    std::array<char, 64> value{};
    const ssize_t length = ::lgetxattr(path.c_str(), "security.capability", value.data(), value.size());
    if (length <= 0) return std::nullopt;
    return capability_root({value.data(), static_cast<std::size_t>(length)});
}

class Walk {
public:
    Walk(const ScanTree& tree, int root, ScanResult& result) : tree_(tree), root_(root), result_(result) {
        plain_.container = tree.ids.container;
    }

    void run(const std::function<void(const ScanProgress&)>& show) {
        pending_ = {&result_.top};
        known_ = 1;
        std::vector<std::jthread> threads;
        start(threads);
        std::unique_lock lock(mutex_);
        constexpr std::chrono::milliseconds between_shows{200};
        while (!changed_.wait_for(lock, between_shows, [this] { return finished(); }))
            show({.entries = entries_, .directories = known_ - pending_.size() - active_, .known = known_});
        lock.unlock();
        threads.clear();
        if (failure_) std::rethrow_exception(failure_);
    }

    /// What the top itself is.
    void judge_top(const struct statx& status, const std::string& path) {
        result_.top.own.add(verdict_of(status, read_capability_root(path, status), true, result_.owners));
    }

private:
    bool finished() const { return failure_ || (pending_.empty() && active_ == 0); }

    // Fewer than wanted will do.
    void start(std::vector<std::jthread>& threads) {
        const unsigned wanted = std::clamp(std::thread::hardware_concurrency(), 2U, 16U);
        try {
            while (threads.size() < wanted) threads.emplace_back([this] { work(); });
        } catch (const std::system_error& error) {
            if (threads.empty()) throw_errno("start a thread", "", error.code().value());
        }
    }

    void work() {
        UnmappedOwners owners;
        std::unique_lock lock(mutex_);
        for (;;) {
            changed_.wait(lock, [this] { return finished() || !pending_.empty(); });
            if (finished()) break;
            ScannedDirectory* directory = pending_.back();
            pending_.pop_back();
            ++active_;
            lock.unlock();
            try {
                read(*directory, owners);
                lock.lock();
            } catch (...) {
                lock.lock();
                failure_ = std::current_exception();
            }
            for (const auto& child : directory->children) pending_.push_back(child.get());
            known_ += directory->children.size();
            --active_;
            changed_.notify_all();
        }
        for (const auto& [owner, count] : owners) result_.owners[owner] += count;
    }

    FileVerdict verdict_of(const struct statx& status, std::optional<std::uint32_t> capability, bool id_mapped,
                           UnmappedOwners& owners) const {
        const FileOwner file{
            .mode = status.stx_mode, .uid = status.stx_uid, .gid = status.stx_gid, .capability_root = capability};
        const FileVerdict verdict = judge(file, id_mapped ? tree_.ids : plain_);
        if (verdict.uid_unmapped) ++owners[{IdKind::uid, file.uid}];
        if (verdict.gid_unmapped) ++owners[{IdKind::gid, file.gid}];
        return verdict;
    }

    void read(ScannedDirectory& directory, UnmappedOwners& owners) {
        const std::string path = directory.path();
        const os::UniqueFd fd =
            os::try_open_beneath(root_, path.empty() ? "." : path.substr(1), O_RDONLY | O_DIRECTORY);
        if (!fd) {
            if (errno != ENOENT) note_unreadable(path);
            return;
        }
        if (directory.is_mount_point && is_of_kernel(fd.get())) return;
        const std::string prefix = os::descriptor_path(fd.get()) + "/";
        std::size_t seen = 0;
        const int code = os::for_each_entry(fd.get(), [&](const char* name, unsigned char /*type*/) {
            struct statx status{};
            if (try_statx(fd.get(), name, 0, status)) take(directory, name, status, prefix, owners);
            ++seen;
        });
        if (code != 0) note_unreadable(path);
        entries_ += seen;
    }

    void take(ScannedDirectory& directory, const char* name, const struct statx& status, const std::string& prefix,
              UnmappedOwners& owners) {
        const bool crosses = status.stx_mnt_id != directory.mount;
        if (crosses && !tree_.with_mounts_below) return;  // the container sees what lies under the mount
        const bool below = directory.mounted_below || crosses;
        const bool id_mapped = !below || (tree_.ids.mount && tree_.ids.mount->recursive);
        const std::optional<std::uint32_t> capability = read_capability_root(prefix + name, status);
        const FileVerdict verdict = verdict_of(status, capability, id_mapped, owners);
        if (!S_ISDIR(status.stx_mode)) {
            directory.own.add(verdict);
            return;
        }
        directory.children.push_back(std::make_unique<ScannedDirectory>());
        ScannedDirectory& child = *directory.children.back();
        child.name = name;
        child.parent = &directory;
        child.mount = status.stx_mnt_id;
        child.mounted_below = below;
        child.is_mount_point = crosses;
        child.own.add(verdict);
    }

    void note_unreadable(const std::string& path) {
        const std::lock_guard lock(mutex_);
        if (result_.unreadable++ == 0) result_.first_unreadable = path.empty() ? "/" : path;
    }

    const ScanTree& tree_;
    TreeIds plain_;  // of mounts below, where the mapping of the mount does not reach
    int root_;
    ScanResult& result_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<ScannedDirectory*> pending_;
    std::size_t active_ = 0;
    std::size_t known_ = 0;
    std::atomic<std::size_t> entries_ = 0;
    std::exception_ptr failure_;
};

}  // namespace

ScanResult scan(const ScanTree& tree, const std::function<void(const ScanProgress&)>& show) {
    ScanResult result;
    const os::UniqueFd top = os::try_open_at(AT_FDCWD, tree.path, O_PATH);
    struct statx status{};
    if (!top || !try_statx(top.get(), "", AT_EMPTY_PATH, status)) {
        result.skipped = concat("it cannot be opened: ", errno_text(errno));
        return result;
    }
    if (is_of_kernel(top.get())) {
        result.skipped = "it is a file system of the kernel, whose owners are not on a disk";
        return result;
    }
    Walk walk(tree, top.get(), result);
    walk.judge_top(status, tree.path);
    result.top.mount = status.stx_mnt_id;
    if (S_ISDIR(status.stx_mode)) walk.run(show);
    return result;
}

}  // namespace rt::analysis
