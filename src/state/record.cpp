#include "rt/state/record.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <limits>
#include <type_traits>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

namespace rt::state {

namespace {

using nlohmann::ordered_json;

[[noreturn]] void damaged(const std::string& name, const std::string& reason) {
    fail("read the state file", name, concat("it is damaged: ", reason),
         "rt delete --force removes what is left of the container");
}

ordered_json parse(std::string_view text, const std::string& name) {
    ordered_json object = ordered_json::parse(text, nullptr, false);
    if (!object.is_object()) damaged(name, "it is not a JSON object");
    return object;
}

// Strict in type: a value that is absent or of another type means that somebody else wrote the file.
template <class Value>
Value member(const ordered_json& object, const char* key, const std::string& name) {
    const auto found = object.find(key);
    if (found == object.end()) damaged(name, concat("no '", key, "'"));
    const bool right = [&] {
        if constexpr (std::is_same_v<Value, std::string>) return found->is_string();
        return found->is_number_unsigned();
    }();
    if (!right) damaged(name, concat("'", key, "' is of the wrong type"));
    if constexpr (std::is_integral_v<Value>) {
        if (found->template get<std::uint64_t>() > std::numeric_limits<Value>::max())
            damaged(name, concat("'", key, "' is out of range"));
    }
    return found->template get<Value>();
}

std::vector<std::string> texts(const ordered_json& object, std::string_view key, const std::string& name) {
    std::vector<std::string> result;
    const auto found = object.find(key);
    if (found == object.end() || !found->is_array()) damaged(name, concat("no list '", key, "'"));
    for (const auto& entry : *found) {
        if (!entry.is_string()) damaged(name, concat("an entry of '", key, "' is no string"));
        result.push_back(entry.get<std::string>());
    }
    return result;
}

Status status_of(const std::string& word, const std::string& name) {
    for (const Status status : {Status::creating, Status::created, Status::running, Status::stopped}) {
        if (name_of(status) == word) return status;
    }
    damaged(name, concat("unknown status '", printable(word), "'"));
}

std::string dump(const ordered_json& object) {
    return object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

constexpr std::array kept_hooks{plan::HookKind::start_container, plan::HookKind::poststart, plan::HookKind::poststop};

// In the words of config.json; a hook without "env" has that of the container's process.
ordered_json json_of(const plan::Hooks& hooks) {
    ordered_json object = ordered_json::object();
    for (const plan::HookKind kind : kept_hooks) {
        for (const plan::Hook& hook : hooks.of(kind)) {
            ordered_json entry{{"path", hook.path}, {"args", hook.args}};
            if (hook.env) entry["env"] = *hook.env;
            if (hook.timeout) entry["timeout"] = *hook.timeout;
            object[name_of(kind)].push_back(std::move(entry));
        }
    }
    return object;
}

plan::Hook read_hook(const ordered_json& object, const std::string& name) {
    if (!object.is_object()) damaged(name, "a hook is no object");
    plan::Hook hook{.path = member<std::string>(object, "path", name), .args = texts(object, "args", name)};
    if (hook.path.empty() || hook.path[0] != '/') damaged(name, "the path of a hook is not absolute");
    if (hook.args.empty()) damaged(name, "a hook without arguments");
    if (object.contains("env")) hook.env = texts(object, "env", name);
    if (object.contains("timeout")) hook.timeout = member<std::uint32_t>(object, "timeout", name);
    return hook;
}

plan::Hooks read_hooks(const ordered_json& object, const std::string& name) {
    const auto found = object.find("hooks");
    if (found == object.end() || !found->is_object()) damaged(name, "no 'hooks'");
    plan::Hooks hooks;
    for (const plan::HookKind kind : kept_hooks) {
        const auto list = found->find(name_of(kind));
        if (list == found->end()) continue;
        if (!list->is_array()) damaged(name, concat("no list '", name_of(kind), "'"));
        for (const ordered_json& entry : *list) {
            hooks.of(kind).push_back(read_hook(entry, name));
            if (!hooks.of(kind).back().env && kind != plan::HookKind::start_container) damaged(name, "no 'env'");
        }
    }
    return hooks;
}

ordered_json json_of(const Attachment& attachment) {
    return {{"namespacePath", attachment.namespace_path},
            {"mountNamespace", attachment.mount_namespace},
            {"mount", attachment.mount},
            {"device", attachment.device},
            {"inode", attachment.inode}};
}

Attachment read_attachment(const ordered_json& object, const std::string& name) {
    if (!object.is_object()) damaged(name, "'attachment' is no object");
    return {.namespace_path = member<std::string>(object, "namespacePath", name),
            .mount_namespace = member<std::uint64_t>(object, "mountNamespace", name),
            .mount = member<std::uint64_t>(object, "mount", name),
            .device = member<std::uint64_t>(object, "device", name),
            .inode = member<std::uint64_t>(object, "inode", name)};
}

ordered_json json_of(const RecordedUnit& unit) {
    ordered_json object{{"name", unit.name}};
    if (unit.user) object["user"] = *unit.user;
    return object;
}

// Whoever can write the name here could have a unit of somebody else stopped: it must be that of a scope.
std::optional<RecordedUnit> read_unit(const ordered_json& object, const std::string& name) {
    const auto found = object.find("unit");
    if (found == object.end()) return std::nullopt;
    if (!found->is_object()) damaged(name, "'unit' is no object");
    RecordedUnit unit{.name = member<std::string>(*found, "name", name)};
    if (!unit.name.ends_with(".scope")) damaged(name, "the name of its unit is not that of a scope");
    if (found->contains("user")) unit.user = member<uid_t>(*found, "user", name);
    return unit;
}

}  // namespace

std::string to_json(const Record& record) {
    ordered_json object{{"ociVersion", record.oci_version},
                        {"id", record.id},
                        {"bundle", record.bundle},
                        {"rootfs", record.rootfs},
                        {"created", record.created},
                        {"owner", record.owner},
                        {"bootId", record.boot_id},
                        {"status", name_of(record.status)},
                        {"pid", static_cast<unsigned>(record.pid)},
                        {"startTime", record.start_time},
                        {"pidNamespace", record.pid_namespace},
                        {"cgroups", record.cgroups},
                        {"madeCgroups", record.made_cgroups},
                        {"madeRdtGroups", record.made_rdt_groups}};
    if (record.attachment) object["attachment"] = json_of(*record.attachment);
    if (record.unit) object["unit"] = json_of(*record.unit);
    return dump(object);
}

std::string to_json(const PrivateRecord& record) {
    return dump({{"annotations", record.annotations},
                 {"hooks", json_of(record.hooks)},
                 {"sessionKeyring", record.session_keyring}});
}

Record read_record(std::string_view text, const std::string& name) {
    const ordered_json object = parse(text, name);
    Record record;
    record.oci_version = member<std::string>(object, "ociVersion", name);
    record.id = member<std::string>(object, "id", name);
    record.bundle = member<std::string>(object, "bundle", name);
    record.rootfs = member<std::string>(object, "rootfs", name);
    record.created = member<std::string>(object, "created", name);
    record.owner = member<uid_t>(object, "owner", name);
    record.boot_id = member<std::string>(object, "bootId", name);
    record.status = status_of(member<std::string>(object, "status", name), name);
    constexpr std::uint64_t most_pid = 4194304;  // PID_MAX_LIMIT of the kernel
    const auto pid = member<std::uint64_t>(object, "pid", name);
    if (pid > most_pid) damaged(name, "'pid' is out of range");
    record.pid = static_cast<pid_t>(pid);
    record.start_time = member<std::uint64_t>(object, "startTime", name);
    record.pid_namespace = member<std::uint64_t>(object, "pidNamespace", name);
    record.cgroups = texts(object, "cgroups", name);
    record.made_cgroups = texts(object, "madeCgroups", name);
    record.made_rdt_groups = texts(object, "madeRdtGroups", name);
    if (object.contains("attachment")) record.attachment = read_attachment(object["attachment"], name);
    record.unit = read_unit(object, name);
    return record;
}

PrivateRecord read_private_record(std::string_view text, const std::string& name) {
    const ordered_json object = parse(text, name);
    PrivateRecord record;
    const auto found = object.find("annotations");
    if (found == object.end() || !found->is_object()) damaged(name, "no 'annotations'");
    for (const auto& [key, value] : found->items()) {
        if (!value.is_string()) damaged(name, "an annotation is no string");
        record.annotations[key] = value.get<std::string>();
    }
    record.hooks = read_hooks(object, name);
    record.session_keyring = member<std::string>(object, "sessionKeyring", name);
    return record;
}

}  // namespace rt::state
