#include "rt/plan/container_state.hpp"

#include <array>
#include <nlohmann/json.hpp>

namespace rt::plan {

namespace {

constexpr std::array<std::string_view, 5> status_names{"creating", "created", "running", "paused", "stopped"};

}  // namespace

std::string_view name_of(Status status) noexcept { return status_names[static_cast<std::size_t>(status)]; }

std::string to_json(const ContainerState& state, int indent) {
    nlohmann::ordered_json object{{"ociVersion", state.oci_version},
                                  {"id", state.id},
                                  {"pid", state.pid},
                                  {"status", name_of(state.status)},
                                  {"bundle", state.bundle}};
    if (!state.rootfs.empty()) object["rootfs"] = state.rootfs;
    if (!state.created.empty()) object["created"] = state.created;
    if (!state.owner.empty()) object["owner"] = state.owner;
    if (!state.annotations.empty()) object["annotations"] = state.annotations;
    return object.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace rt::plan
