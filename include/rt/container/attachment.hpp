#pragma once

#include <string>
#include <utility>

#include "rt/os/procfs.hpp"
#include "rt/state/record.hpp"

namespace rt::container {

/// What a later command needs to find the rootfs `tree`, which is about to be attached in the mount namespace at that path.
/// \throws Error
state::Attachment describe_attachment(const std::string& namespace_path, int tree);

/// Takes the rootfs out of the mount namespace again, with all that is mounted on it. Nothing is done where the namespace or
/// the mount is gone. \throws Error: it may not be entered; something else covers the mount
void detach(const state::Attachment& attachment, const os::Procfs& procfs);

/// Detaches it at its end, unless released.
class Attached {
public:
    explicit Attached(state::Attachment attachment) : attachment_(std::move(attachment)) {}
    Attached(Attached&& other) noexcept
        : attachment_(std::move(other.attachment_)), held_(std::exchange(other.held_, false)) {}
    Attached& operator=(Attached&&) = delete;
    Attached(const Attached&) = delete;
    Attached& operator=(const Attached&) = delete;
    ~Attached();

    void release() noexcept { held_ = false; }

private:
    state::Attachment attachment_;
    bool held_ = true;
};

}  // namespace rt::container
