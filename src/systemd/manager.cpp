#include "rt/systemd/manager.hpp"

#include <unistd.h>

#include <algorithm>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/systemd/wire.hpp"

namespace rt::systemd {

namespace {

constexpr const char* systemd_name = "org.freedesktop.systemd1";
constexpr const char* systemd_path = "/org/freedesktop/systemd1";
constexpr const char* manager_interface = "org.freedesktop.systemd1.Manager";
constexpr const char* properties_interface = "org.freedesktop.DBus.Properties";
constexpr const char* bus_name = "org.freedesktop.DBus";
constexpr const char* bus_path = "/org/freedesktop/DBus";
constexpr const char* unit_exists = "org.freedesktop.systemd1.UnitExists";
constexpr const char* starting = "start the unit";
constexpr const char* no_such_unit = "org.freedesktop.systemd1.NoSuchUnit";

// The body of an error begins with its text, when it has one.
std::string text_of(const Message& error) {
    std::string text = error.error_name;
    if (error.signature.starts_with('s')) text += concat(": ", Reader(error.body).string());
    return printable(clipped(text, 1000));
}

std::string hint_for(const std::string& error) {
    if (error == "org.freedesktop.DBus.Error.AccessDenied" ||
        error == "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired") {
        return "only root may have units of the system made: run rt as root, or as a user in a session of systemd";
    }
    if (error == "org.freedesktop.DBus.Error.ServiceUnknown" || error == "org.freedesktop.DBus.Error.NameHasNoOwner") {
        return "systemd is not on this bus; leave --systemd-cgroup out, or give --cgroup-manager cgroupfs";
    }
    if (error == "org.freedesktop.DBus.Error.PropertyReadOnly" || error == "org.freedesktop.DBus.Error.InvalidArgs") {
        return "see the annotations org.systemd.property.* and /linux/resources; this systemd may be too old for one "
               "of them";
    }
    return {};
}

std::string scope_body(const plan::Scope& scope, pid_t pid) {
    Writer body;
    body.string(scope.unit);
    body.string("replace");
    body.array(8, [&] {
        for (const plan::UnitProperty& property : scope.properties) write_property(body, property);
        body.begin_struct();
        body.string("PIDs");
        body.signature("au");
        body.array(4, [&] { body.uint32(static_cast<std::uint32_t>(pid)); });
    });
    body.array(8, [] {});  // units besides it: none
    return body.data();
}

Job job_in(const Message& answer) {
    if (answer.signature != "o") refuse_malformed("the answer names no job");
    return {.path = Reader(answer.body).object_path(), .sender = answer.sender};
}

// "252.22-1~deb12u1", "v255.4": the first number in it.
unsigned version_of(const std::string& text) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto first = std::ranges::find_if(text, is_digit);
    const auto last = std::find_if_not(first, text.end(), is_digit);
    return parse_number<unsigned>(std::string(first, last)).value_or(0);
}

}  // namespace

Manager Manager::connect(std::optional<uid_t> user, Wait wait) {
    const BusEnvironment environment = bus_environment();
    const std::vector<Address> addresses = user ? user_addresses(environment, *user) : system_addresses(environment);
    return {Connection::open(addresses, std::move(wait), usual_patience), user.has_value()};
}

Message Manager::call(std::string member, std::string signature, std::string body) {
    return connection_.call({.path = systemd_path,
                             .interface = manager_interface,
                             .member = std::move(member),
                             .destination = systemd_name,
                             .signature = std::move(signature),
                             .body = std::move(body)});
}

Message Manager::call_bus(std::string member, std::string text) {
    return connection_.call({.path = bus_path,
                             .interface = bus_name,
                             .member = std::move(member),
                             .destination = bus_name,
                             .signature = "s",
                             .body = std::move(text)});
}

Message Manager::require(Message answer, const std::string& doing, const std::string& unit) {
    if (answer.type != MessageType::error) return answer;
    fail(doing, unit, concat("systemd answers ", text_of(answer)), hint_for(answer.error_name));
}

std::string Manager::property(const std::string& name) {
    Writer body;
    body.string(manager_interface);
    body.string(name);
    const Message answer = require(connection_.call({.path = systemd_path,
                                                     .interface = properties_interface,
                                                     .member = "Get",
                                                     .destination = systemd_name,
                                                     .signature = "ss",
                                                     .body = body.data()}),
                                   "ask systemd for", name);
    Reader reader(answer.body);
    if (answer.signature != "v" || reader.signature() != "s") refuse_malformed(concat(name, " is no string"));
    return reader.string();
}

plan::SystemdManager Manager::facts() {
    require_same_pids();
    std::string control_group = property("ControlGroup");
    if (control_group == "/") control_group.clear();
    return {.of_user = of_user_, .control_group = std::move(control_group), .version = version_of(property("Version"))};
}

// Seen from another pid namespace, the pid that systemd is told would be somebody else's.
void Manager::require_same_pids() {
    if (connection_.is_direct()) return;
    Writer body;
    body.string(connection_.name());
    const Message answer = require(call_bus("GetConnectionUnixProcessID", body.data()), "ask the bus for", "our pid");
    const std::uint32_t pid = answer.signature == "u" ? Reader(answer.body).uint32() : 0;
    if (pid == static_cast<std::uint32_t>(::getpid())) return;
    fail("let systemd make", "the cgroup", concat("it knows this process as ", pid, ", not as ", ::getpid()),
         "rt runs in another pid namespace than systemd: give --cgroup-manager cgroupfs");
}

void Manager::ask_for_signals() {
    if (connection_.is_direct()) return;  // a manager sends them to everybody
    Writer body;
    body.string(concat("type='signal',sender='", systemd_name, "',path='", systemd_path, "',interface='",
                       manager_interface, "',member='JobRemoved'"));
    require(call_bus("AddMatch", body.data()), "ask the bus for", "signals of systemd");
}

std::string Manager::result_of(const Job& job) {
    const Clock::time_point end = connection_.deadline();
    for (;;) {
        const Message signal = connection_.next_signal(end);
        // Anybody may send a signal: only the one who has answered the call is believed.
        const bool concerned = signal.sender == job.sender && signal.interface == manager_interface &&
                               signal.member == "JobRemoved" && signal.signature == "uoss";
        if (!concerned) continue;
        Reader reader(signal.body);
        reader.uint32();
        if (reader.object_path() != job.path) continue;
        reader.string();
        return reader.string();
    }
}

Job Manager::start_scope(const plan::Scope& scope, pid_t pid) {
    ask_for_signals();
    const auto start = [&] { return call("StartTransientUnit", "ssa(sv)a(sa(sv))", scope_body(scope, pid)); };
    Message answer = start();
    if (answer.error_name == unit_exists) {
        forget_failed(scope.unit);
        answer = start();
    }
    if (answer.error_name == unit_exists) {
        fail(starting, scope.unit, "there is a unit of this name",
             concat("choose another name in /linux/cgroupsPath, or end it: systemctl stop ", scope.unit));
    }
    return job_in(require(std::move(answer), starting, scope.unit));
}

void Manager::await_start(const Job& job, const std::string& unit) {
    const std::string result = result_of(job);
    if (result == "done") return;
    fail(starting, unit, concat("the result of systemd's job is '", printable(result), "'"),
         concat("the log of systemd may tell more: journalctl -b UNIT=", unit));
}

void Manager::set_properties(const std::string& unit, const std::vector<plan::UnitProperty>& properties) {
    Writer body;
    body.string(unit);
    body.boolean(true);
    write_properties(body, properties);
    require(call("SetUnitProperties", "sba(sv)", body.data()), "change properties of the unit", unit);
}

void Manager::stop(const std::string& unit) {
    ask_for_signals();
    Writer body;
    body.string(unit);
    body.string("replace");
    Message answer = call("StopUnit", "ss", body.data());
    if (answer.type == MessageType::error && answer.error_name == no_such_unit) return;
    result_of(job_in(require(std::move(answer), "stop the unit", unit)));
    forget_failed(unit);
}

// An error means that there is no such unit, or that it has not failed.
void Manager::forget_failed(const std::string& unit) {
    Writer body;
    body.string(unit);
    call("ResetFailedUnit", "s", body.data());
}

}  // namespace rt::systemd
