#include "rt/container/roots.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "rt/base/error.hpp"

namespace rt::container {

namespace {

constexpr const char* system_root = "/run/rt";

// An engine of an ordinary user calls rt as uid 0 of a user namespace: then /run is not its to write.
bool called_rootless() { return ::geteuid() != 0 || ::getenv("_CONTAINERS_USERNS_CONFIGURED") != nullptr; }

}  // namespace

Roots choose_roots(const std::string& given, Rootless rootless) {
    if (!given.empty()) return {.own = std::filesystem::absolute(given).lexically_normal().string(), .given = true};
    const char* runtime_dir = ::getenv("XDG_RUNTIME_DIR");
    const bool have_runtime_dir = runtime_dir != nullptr && runtime_dir[0] == '/';
    if (rootless == Rootless::no || (rootless == Rootless::by_caller && !called_rootless()))
        return {.own = system_root};
    if (have_runtime_dir) return {.own = std::string(runtime_dir) + "/rt", .also_shown = {system_root}};
    // Nothing of its own, but what root started can still be shown.
    return {.own = "", .also_shown = {system_root}};
}

}  // namespace rt::container
