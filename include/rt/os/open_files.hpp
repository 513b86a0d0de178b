#pragma once

#include <sys/resource.h>

#include <utility>

namespace rt::os {

/// Raises the soft limit of open files of the calling process to the hard one as long as it lives.
class RaisedOpenFiles {
public:
    RaisedOpenFiles() noexcept;
    RaisedOpenFiles(RaisedOpenFiles&& other) noexcept
        : before_(other.before_), raised_(std::exchange(other.raised_, false)) {}
    RaisedOpenFiles& operator=(RaisedOpenFiles&&) = delete;
    RaisedOpenFiles(const RaisedOpenFiles&) = delete;
    RaisedOpenFiles& operator=(const RaisedOpenFiles&) = delete;
    ~RaisedOpenFiles();

    /// The soft limit of before: each program that is started meanwhile gets that back.
    rlim_t before() const noexcept { return before_; }

private:
    rlim_t before_ = RLIM_INFINITY;
    bool raised_ = false;
};

/// Gives the calling process that soft limit of open files, if the hard one allows it.
void set_open_files(rlim_t soft) noexcept;

}  // namespace rt::os
