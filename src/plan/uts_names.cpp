#include "rt/plan/uts_names.hpp"

#include "rt/base/error.hpp"
#include "rt/base/json_pointer.hpp"
#include "rt/base/text.hpp"
#include "rt/plan/sysctl.hpp"

namespace rt::plan {

namespace {

constexpr std::size_t longest_name = 64;  // sethostname(2): __NEW_UTS_LEN

// One name with every place of the config that may set it.
struct Name {
    const char* what;
    const char* member;     // of the config
    const char* parameter;  // path below /proc/sys
};
constexpr Name host_name{.what = "host name", .member = "/hostname", .parameter = "kernel/hostname"};
constexpr Name domain_name{.what = "domain name", .member = "/domainname", .parameter = "kernel/domainname"};

void check(const std::string& text, const Name& name, const std::string& where, const Namespaces& namespaces) {
    if (!namespaces.has(NamespaceType::uts)) {
        const MissingNamespace missing = namespaces.missing(NamespaceType::uts);
        fail("use the value at", where,
             concat(missing.reason, ", so this would change the ", name.what, " of the host"),
             concat(missing.hint, "; or remove ", where));
    }
    if (text.size() > longest_name) {
        fail("use the value at", where,
             concat("it is ", text.size(), " bytes long, and a ", name.what, " has at most ", longest_name));
    }
}

std::optional<std::string> plan_name(const std::optional<std::string>& member, const Name& name,
                                     const spec::Linux& linux_section, const Namespaces& namespaces) {
    std::optional<std::string> chosen = member;
    std::string chosen_at = name.member;
    if (chosen) check(*chosen, name, chosen_at, namespaces);
    for (const auto& [parameter, value] : linux_section.sysctl) {
        if (sysctl_path(parameter) != name.parameter) continue;
        const std::string where = (JsonPointer("/linux/sysctl") / parameter).text();
        check(value, name, where, namespaces);
        if (chosen && *chosen != value) {
            fail("use the value at", where,
                 concat("it is '", printable(value), "', and ", chosen_at, " says '", printable(*chosen), "'"),
                 concat("remove one of the two: they set the same ", name.what));
        }
        chosen = value;
        chosen_at = where;
    }
    return chosen;
}

}  // namespace

UtsNames plan_uts_names(const spec::Spec& spec, const Namespaces& namespaces) {
    return {.host = plan_name(spec.hostname, host_name, spec.linux, namespaces),
            .domain = plan_name(spec.domainname, domain_name, spec.linux, namespaces)};
}

}  // namespace rt::plan
