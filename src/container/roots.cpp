#include "rt/container/roots.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "rt/base/error.hpp"
#include "rt/host/user_namespace.hpp"

namespace rt::container {

namespace {

constexpr const char* system_root = "/run/rt";

// An engine of an ordinary user calls rt as uid 0 of a user namespace: then /run is not its to write. Of what else could tell,
// Podman gives one command more than another.
bool called_rootless(bool have_runtime_dir) {
    if (::geteuid() != 0) return true;
    return have_runtime_dir && !host::is_initial_user_namespace(AT_FDCWD, "/proc/self/ns/user");
}

}  // namespace

Roots choose_roots(const std::string& given, Rootless rootless) {
    if (!given.empty()) return {.own = std::filesystem::absolute(given).lexically_normal().string(), .given = true};
    const char* runtime_dir = ::getenv("XDG_RUNTIME_DIR");
    const bool have_runtime_dir = runtime_dir != nullptr && runtime_dir[0] == '/';
    if (rootless == Rootless::no || (rootless == Rootless::by_caller && !called_rootless(have_runtime_dir)))
        return {.own = system_root};
    if (have_runtime_dir) return {.own = std::string(runtime_dir) + "/rt", .also_shown = {system_root}};
    // Nothing of its own, but what root started can still be shown.
    return {.own = "", .also_shown = {system_root}};
}

void require_root(const Roots& roots) {
    if (!roots.own.empty()) return;
    fail("choose", "the state directory", "neither XDG_RUNTIME_DIR nor --root is set", "give one with --root");
}

}  // namespace rt::container
