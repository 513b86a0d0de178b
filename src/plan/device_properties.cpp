#include "rt/base/text.hpp"
#include "rt/plan/scope.hpp"

namespace rt::plan {

namespace {

// "c 1:3 rwm" -> "/dev/char/1:3", "c 136:* rwm" -> "char-136", "b *:* m" -> "block-*" (systemd.resource-control(5); numbers
// since systemd 240). A minor number of every major has no form.
std::optional<std::pair<std::string, std::string>> device_allowance(const std::string& line) {
    const std::vector<std::string> words = split(line, ' ');
    const std::size_t colon = words[1].find(':');
    const std::string major = words[1].substr(0, colon);
    const std::string minor = words[1].substr(colon + 1);
    const std::string kind = words[0] == "b" ? "block" : "char";
    if (minor == "*") return std::pair(concat(kind, "-", major), words[2]);
    if (major == "*") return std::nullopt;
    return std::pair(concat("/dev/", kind, "/", words[1]), words[2]);
}

}  // namespace

// On v1 systemd writes the rules that it knows again whenever it reloads. On v2 it leaves the program of rt alone.
std::vector<UnitProperty> device_properties(const DeviceList& list, std::vector<std::string>& warnings) {
    constexpr const char* lost = "systemctl daemon-reload takes it back";
    if (list.allow) {
        if (!list.exceptions.empty()) {
            warnings.push_back(
                concat("systemd has no words for device rules that deny some and allow all others: ", lost));
        }
        return {{"DevicePolicy", std::string("auto")}, {"DeviceAllow", StringPairs{}}};
    }
    StringPairs allowed;
    for (const std::string& line : list.exceptions) {
        if (auto allowance = device_allowance(line)) {
            allowed.push_back(*std::move(allowance));
        } else {
            warnings.push_back(concat("systemd has no words for the device rule '", line, "': ", lost));
        }
    }
    // An empty list takes away what the unit had (systemd.resource-control(5)).
    return {
        {"DevicePolicy", std::string("strict")}, {"DeviceAllow", StringPairs{}}, {"DeviceAllow", std::move(allowed)}};
}

}  // namespace rt::plan
