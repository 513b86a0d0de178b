#include "rt/os/open_files.hpp"

namespace rt::os {

RaisedOpenFiles::RaisedOpenFiles() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
    before_ = limit.rlim_cur;
    if (limit.rlim_cur == limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    raised_ = ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

RaisedOpenFiles::~RaisedOpenFiles() {
    if (raised_) set_open_files(before_);
}

void set_open_files(rlim_t soft) noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) < 0 || soft > limit.rlim_max || soft == limit.rlim_cur) return;
    limit.rlim_cur = soft;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace rt::os
