#include "rt/plan/rdt.hpp"

#include <linux/limits.h>

#include <algorithm>
#include <array>

#include "rt/base/error.hpp"
#include "rt/base/json_pointer.hpp"
#include "rt/base/text.hpp"

namespace rt::plan {

namespace {

JsonPointer rdt_object() { return JsonPointer("/linux/intelRdt"); }
constexpr std::string_view default_class = "/";

// What the kernel itself has in the root of resctrl: none of them is a class.
constexpr std::array<std::string_view, 5> taken_names{".", "..", "info", "mon_groups", "mon_data"};

[[noreturn]] void refuse_at(const JsonPointer& where, const std::string& value, const std::string& reason,
                            const std::string& hint = {}) {
    fail(concat("use '", printable(value), "' at"), where.text(), reason, hint);
}

void check_name(const std::string& name, const JsonPointer& where) {
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
    if (name.find('/') != std::string::npos) {
        refuse_at(where, name, "the name of a class of service holds no slash", "\"/\" alone is the default class");
    }
    if (std::ranges::find(taken_names, name) != taken_names.end()) {
        refuse_at(where, name, "this name cannot be that of a class of service", "choose another closID");
    }
    if (std::ranges::any_of(name, is_control)) refuse_at(where, name, "it holds a control character");
    if (name.size() > NAME_MAX) refuse_at(where, name, concat("it is longer than ", NAME_MAX, " bytes"));
}

// "L3:0=7f0;1=1f": the kernel would say no more than EINVAL, and only after the class was made.
void check_line(const std::string& line, const JsonPointer& where) {
    const std::size_t colon = line.find(':');
    bool right = colon != std::string::npos && !trim(line.substr(0, colon)).empty();
    const std::vector<std::string> domains = right ? split(line.substr(colon + 1), ';') : std::vector<std::string>{};
    right = right && !domains.empty() && std::ranges::all_of(domains, [](const std::string& domain) {
                const std::size_t equals = domain.find('=');
                return equals != std::string::npos && parse_number<unsigned>(trim(domain.substr(0, equals))) &&
                       !trim(domain.substr(equals + 1)).empty();
            });
    if (!right) refuse_at(where, line, "it is no line of a schemata file", "write one like \"L3:0=7f0;1=1f\"");
}

// The order that config-linux.md demands: the schemata come last, since a later line wins.
std::vector<std::string> schemata_of(const spec::IntelRdt& rdt) {
    std::vector<std::string> lines;
    const auto add = [&lines](const std::string& line, const JsonPointer& where) {
        check_line(line, where);
        lines.push_back(line);
    };
    if (!rdt.l3_cache_schema.empty()) add(rdt.l3_cache_schema, rdt_object() / "l3CacheSchema");
    if (!rdt.mem_bw_schema.empty()) add(rdt.mem_bw_schema, rdt_object() / "memBwSchema");
    for (std::size_t i = 0; i < rdt.schemata.size(); ++i) add(rdt.schemata[i], rdt_object() / "schemata" / i);
    return lines;
}

}  // namespace

std::optional<Rdt> plan_rdt(const spec::Linux& linux, const std::string& id, const std::optional<std::string>& root) {
    if (!linux.intel_rdt) return std::nullopt;
    const spec::IntelRdt& wanted = *linux.intel_rdt;
    if (!root) {
        fail("use the value at", rdt_object().text(), "no resctrl file system is mounted",
             "where the processor has RDT: mount -t resctrl resctrl /sys/fs/resctrl");
    }
    Rdt plan{.root = *root, .name = wanted.clos_id.empty() ? id : wanted.clos_id, .schemata = schemata_of(wanted)};
    if (plan.name == default_class) {
        plan.name.clear();
    } else {
        check_name(plan.name, wanted.clos_id.empty() ? rdt_object() : rdt_object() / "closID");
    }
    if (!wanted.clos_id.empty()) {
        plan.kind = plan.schemata.empty() || plan.name.empty() ? RdtClass::existing : RdtClass::shared;
    }
    if (wanted.enable_monitoring) plan.monitoring_group = id;
    return plan;
}

}  // namespace rt::plan
