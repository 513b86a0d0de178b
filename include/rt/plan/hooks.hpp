#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rt/spec/hooks.hpp"

namespace rt::plan {

/// The moments at which hooks run, in the order of the life cycle (config.md "POSIX-platform Hooks", Summary).
enum class HookKind : std::uint8_t {
    prestart,          ///< runtime: the container is made, its rootfs is not entered yet
    create_runtime,    ///< runtime: right after those
    create_container,  ///< init, in the container's namespaces, with the host's files in sight: right after those
    start_container,   ///< init, inside the container as its process: before that is executed
    poststart,         ///< runtime: the process runs
    poststop           ///< runtime: the container is gone
};

struct HookKindEntry {
    HookKind kind;
    std::string_view name;  ///< the spec's word
};

inline constexpr std::array<HookKindEntry, 6> hook_kinds{{
    {HookKind::prestart, "prestart"},
    {HookKind::create_runtime, "createRuntime"},
    {HookKind::create_container, "createContainer"},
    {HookKind::start_container, "startContainer"},
    {HookKind::poststart, "poststart"},
    {HookKind::poststop, "poststop"},
}};

constexpr std::string_view name_of(HookKind kind) { return hook_kinds[static_cast<std::size_t>(kind)].name; }

/// One program to run, with nothing left to decide.
struct Hook {
    std::string path;               ///< absolute
    std::vector<std::string> args;  ///< argv, argv[0] too: at least one
    /// The whole environment. Absent (startContainer only): that of the container's process.
    std::optional<std::vector<std::string>> env;
    std::optional<std::uint32_t> timeout;  ///< seconds, above 0
};

/// The hooks of each kind in listed order.
struct Hooks {
    std::array<std::vector<Hook>, hook_kinds.size()> lists;

    const std::vector<Hook>& of(HookKind kind) const noexcept { return lists[static_cast<std::size_t>(kind)]; }
    std::vector<Hook>& of(HookKind kind) noexcept { return lists[static_cast<std::size_t>(kind)]; }
    bool has(HookKind kind) const noexcept { return !of(kind).empty(); }
    /// Whether programs run while the rootfs is made and not entered yet.
    bool any_before_entering() const noexcept;
};

/// A hook of the host gets the environment that is listed and nothing else; without `args`, argv[0] is the path.
Hooks plan_hooks(const spec::Hooks& hooks);

}  // namespace rt::plan
