#pragma once

#include <utility>
#include <vector>

namespace rt::os {

/// Owns a file descriptor and closes it.
class UniqueFd {
public:
    UniqueFd() noexcept = default;
    explicit UniqueFd(int fd) noexcept : fd_(fd) {}
    UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
    UniqueFd& operator=(UniqueFd&& other) noexcept {
        reset(other.release());
        return *this;
    }
    UniqueFd(const UniqueFd&) = delete;
    UniqueFd& operator=(const UniqueFd&) = delete;
    ~UniqueFd() { reset(); }

    int get() const noexcept { return fd_; }
    explicit operator bool() const noexcept { return fd_ >= 0; }
    /// Hands the descriptor over: the caller closes it.
    int release() noexcept { return std::exchange(fd_, -1); }
    /// Closes what is held and takes `fd` instead; errno is kept.
    void reset(int fd = -1) noexcept;

private:
    int fd_ = -1;
};

/// A second descriptor of the same open file, close-on-exec. \throws Error (dup(2))
UniqueFd duplicate(int fd);

/// Clears or sets close-on-exec. \throws Error (fcntl(2))
void set_close_on_exec(int fd, bool on);

/// Closes every descriptor from 3 on but those in `keep` (negative ones are skipped) and the file of a trace. \throws Error (close_range(2))
void close_all_but(std::vector<int> keep);

/// Closes `count` descriptors from `first` on. \throws Error (close_range(2))
void close_some(unsigned first, unsigned count);

/// Gives every descriptor from `first` on the close-on-exec flag. \throws Error (close_range(2))
void close_on_exec_from(unsigned first);

}  // namespace rt::os
