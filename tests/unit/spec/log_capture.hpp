// What is written to the log while it lives.
#pragma once

#include <string>

namespace rt::test {

class LogCapture {
public:
    LogCapture();
    ~LogCapture();
    LogCapture(const LogCapture&) = delete;
    LogCapture& operator=(const LogCapture&) = delete;

    std::string text() const;

private:
    int fd_;
};

}  // namespace rt::test
