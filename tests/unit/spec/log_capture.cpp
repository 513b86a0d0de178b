#include "log_capture.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <array>

#include "catch.hpp"
#include "rt/base/log.hpp"

namespace rt::test {

LogCapture::LogCapture() : fd_(::memfd_create("log", MFD_CLOEXEC)) {
    REQUIRE(fd_ >= 0);
    log::configure({.file_fd = fd_, .level = log::Level::debug});
}

LogCapture::~LogCapture() {
    log::configure({});
    ::close(fd_);
}

std::string LogCapture::text() const {
    std::string text;
    std::array<char, 4096> buffer;
    while (true) {
        const ssize_t count = ::pread(fd_, buffer.data(), buffer.size(), static_cast<off_t>(text.size()));
        if (count <= 0) return text;
        text.append(buffer.data(), static_cast<std::size_t>(count));
    }
}

}  // namespace rt::test
