#include "rt/plan/container_state.hpp"

#include <array>
#include <nlohmann/json.hpp>

namespace rt::plan {

namespace {

constexpr std::array<std::string_view, 5> status_names{"creating", "created", "running", "paused", "stopped"};

nlohmann::ordered_json object_of(const ContainerState& state) {
    nlohmann::ordered_json object{{"ociVersion", state.oci_version},
                                  {"id", state.id},
                                  {"pid", state.pid},
                                  {"status", name_of(state.status)},
                                  {"bundle", state.bundle}};
    if (!state.rootfs.empty()) object["rootfs"] = state.rootfs;
    if (!state.created.empty()) object["created"] = state.created;
    if (!state.owner.empty()) object["owner"] = state.owner;
    if (!state.annotations.empty()) object["annotations"] = state.annotations;
    return object;
}

std::string text_of(const nlohmann::ordered_json& object, int indent) {
    return object.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::string_view name_of(Status status) noexcept { return status_names[static_cast<std::size_t>(status)]; }

std::string to_json(const ContainerState& state, int indent) { return text_of(object_of(state), indent); }

std::string to_json(const ContainerProcessState& process) {
    nlohmann::ordered_json object{
        {"ociVersion", process.state.oci_version}, {"fds", process.fds}, {"pid", process.pid}};
    if (!process.metadata.empty()) object["metadata"] = process.metadata;
    object["state"] = object_of(process.state);
    return text_of(object, -1);
}

std::string agent_text(const std::string& metadata, pid_t pid, ContainerState state) {
    return to_json(
        ContainerProcessState{.fds = {"seccompFd"}, .pid = pid, .metadata = metadata, .state = std::move(state)});
}

}  // namespace rt::plan
