#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rt/base/json_pointer.hpp"
#include "rt/spec/linux.hpp"

namespace rt::plan {

/// A set of id mappings that the kernel will take (user_namespaces(7), "Defining user and group ID mappings"): made only
/// by validate(), so whoever holds one need not check it again.
class IdMappings {
public:
    /// No mapping at all.
    IdMappings() = default;

    /// \throws Error naming the entry, both ranges in words and a hint: size 0, a range past 4294967294 (4294967295 means
    /// "no id"), ranges that overlap inside or outside, more than 340 entries, a text of one page or more.
    static IdMappings validate(std::vector<spec::IdMapping> entries, const JsonPointer& where);

    const std::vector<spec::IdMapping>& entries() const noexcept { return entries_; }
    bool empty() const noexcept { return entries_.empty(); }

    /// The host's id of an id of the container; empty when it is not mapped.
    std::optional<std::uint32_t> to_host(std::uint32_t container_id) const noexcept;
    /// The container's id of an id of the host; empty when it is not mapped.
    std::optional<std::uint32_t> to_container(std::uint32_t host_id) const noexcept;

    /// What /proc/PID/uid_map takes, one line per entry, as given.
    std::string to_proc_text() const;
    /// For messages: "0-65535" or "0, 1000-1999": the ids of the container that exist.
    std::string container_ranges() const;

    /// The same mapping, with that id of the host, if it is mapped, in an entry of its own.
    IdMappings with_host_id_alone(std::uint32_t host_id) const;

    /// Whether both map the same ids to the same ids, however they are cut into entries.
    bool same_mapping_as(const IdMappings& other) const;

private:
    explicit IdMappings(std::vector<spec::IdMapping> entries) : entries_(std::move(entries)) {}

    std::vector<spec::IdMapping> entries_;
};

/// The text of /proc/PID/uid_map or gid_map as entries; empty when it is not of that form.
std::optional<std::vector<spec::IdMapping>> parse_proc_mappings(std::string_view text);

}  // namespace rt::plan
