#pragma once

#include <chrono>
#include <set>
#include <string>
#include <vector>

namespace crash {

struct Answer {
    int status = 0;  ///< exit status, or 128 and the signal
    bool hung = false;
    std::string text;  ///< standard output and error
};

/// A file in memory for what a command says.
class Said {
public:
    Said();
    Said(const Said&) = delete;
    Said& operator=(const Said&) = delete;
    ~Said();
    int fd() const noexcept { return fd_; }
    std::string text() const;

private:
    int fd_;
};

/// Becomes the command, with no signal blocked; status 127 when it cannot.
[[noreturn]] void execute(const std::vector<std::string>& command);

/// Runs a command to its end. Processes that it leaves behind become children of the caller.
Answer run(const std::vector<std::string>& command, std::chrono::seconds patience);

/// Whatever a container could leave on the machine: files below `directory`, cgroups whose name begins with `prefix`,
/// mounts. Each as a line.
std::set<std::string> look_at_host(const std::string& directory, const std::string& prefix);

/// Reaps what has ended, waits until no more than `expected` live, and returns those that still do when there are more. The
/// caller is their subreaper (prctl(2)).
std::vector<std::string> children_left(std::chrono::milliseconds patience, std::size_t expected = 0);

/// What the limits that tests change are, in all cgroups whose name begins with `prefix`.
std::vector<std::string> limits_of(const std::string& prefix);

/// Ends all children, and removes cgroups whose name begins with `prefix`.
void clean_up(const std::string& prefix);

}  // namespace crash
