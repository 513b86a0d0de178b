#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rt::spec {

/// One program to run at a moment of the life cycle (config.md "POSIX-platform Hooks").
struct Hook {
    std::string path;                             ///< absolute
    std::vector<std::string> args;                ///< argv as given, argv[0] too; empty when not given
    std::optional<std::vector<std::string>> env;  ///< absent is not the same as empty: see the plan
    std::optional<std::uint32_t> timeout;         ///< seconds, above 0; absent: no limit
};

/// The hooks by kind, each in listed order.
struct Hooks {
    std::vector<Hook> prestart;  ///< deprecated by the spec, and in use everywhere
    std::vector<Hook> create_runtime;
    std::vector<Hook> create_container;
    std::vector<Hook> start_container;
    std::vector<Hook> poststart;
    std::vector<Hook> poststop;
};

}  // namespace rt::spec
