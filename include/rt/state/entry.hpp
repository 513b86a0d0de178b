#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rt/os/fd.hpp"
#include "rt/state/record.hpp"

namespace rt::state {

/// The state directory of one container, `<root>/<id>`, held under its lock: two commands on one id are serialised.
///   state.json    0644  Record: what ps, list and state show to anyone
///   private.json  0600  PrivateRecord
///   config.json   0600  what the container was made of, as it was then
///   start         0600  the socket that init of a created container waits on
///   lock          0600
class Entry {
public:
    /// Takes the id: makes the root (0755) when it is missing, the directory (0755) and its lock. The directory is
    /// removed again by the destructor unless keep() is called.
    /// \throws Error: the id is in use; the root belongs to somebody else or is a symbolic link
    static Entry take(const std::string& root, const std::string& id);

    /// Opens an existing one and waits for its lock; empty when there is none.
    /// \throws Error: the directory belongs to somebody else
    static std::optional<Entry> try_open(const std::string& root, const std::string& id);

    Entry(Entry&& other) noexcept;
    Entry& operator=(Entry&&) = delete;
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    ~Entry();

    int dir() const noexcept { return dir_.get(); }
    const std::string& id() const noexcept { return id_; }
    /// The directory that the entries lie in.
    std::string root() const { return path_.substr(0, path_.size() - id_.size() - 1); }

    /// Writes the file at once: a reader sees the old or the new one. \throws Error
    void write(const Record& record) const;
    void write(const PrivateRecord& record) const;

    /// Keeps the text of the config.json for exec: what happens to the file later has no effect on the container (runtime.md
    /// "Lifecycle"). \throws Error
    void write_config(std::string_view text) const;

    /// What state.json says; empty when it was not written yet. \throws Error: damaged
    std::optional<Record> try_read() const;
    /// What private.json says. \throws Error: damaged
    std::optional<PrivateRecord> try_read_private() const;

    /// The text that write_config() kept. \throws Error
    std::string read_config() const;

    /// From now on the destructor leaves the directory.
    void keep() noexcept { made_ = false; }
    /// Lets other commands in; the directory stays.
    void unlock() noexcept;
    /// Waits for the lock once more. \return whether the container is still there. \throws Error
    bool try_lock_again();
    /// Removes the directory and all in it. \throws Error
    void remove();

private:
    bool try_take();
    Entry(os::UniqueFd root, os::UniqueFd dir, os::UniqueFd lock, std::string path, std::string id);

    os::UniqueFd root_;
    os::UniqueFd dir_;
    os::UniqueFd lock_;
    std::string path_;
    std::string id_;
    bool made_ = false;
};

}  // namespace rt::state
