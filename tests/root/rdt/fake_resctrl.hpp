// A resctrl file system for machines without RDT: a FUSE server that keeps the rules of Documentation/filesystems/resctrl.rst
// which matter to a runtime. Two L3 caches with masks of 11 bits, memory bandwidth in steps of 10 percent.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "root/private_mounts.hpp"
#include "rt/os/fd.hpp"

namespace rt::test {

struct RdtHardware {
    unsigned classes = 4;             // as num_closids has it: with the default class
    unsigned monitoring_groups = 16;  // as num_rmids has it; each class takes one too
    bool monitoring = true;
};

// Mounted until the end of the scope, in mounts of its own.
class FakeResctrl {
public:
    explicit FakeResctrl(const RdtHardware& hardware = {});
    FakeResctrl(const FakeResctrl&) = delete;
    FakeResctrl& operator=(const FakeResctrl&) = delete;
    ~FakeResctrl();

    const std::string& root() const noexcept { return root_; }
    bool has(const std::string& path) const;
    std::string text_of(const std::string& path) const;
    // What was made, written to schemata, and removed since it was mounted, in order.
    std::vector<std::string> log() const;

private:
    PrivateMounts mounts_;
    std::string root_;
    pid_t server_ = -1;
};

}  // namespace rt::test
