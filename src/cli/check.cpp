#include "rt/container/check.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "rt/base/text.hpp"
#include "rt/cli/cgroup_driver.hpp"
#include "rt/cli/command.hpp"
#include "rt/cli/help.hpp"

namespace rt::cli {

namespace {

using analysis::Finding;
using analysis::Findings;
using analysis::Level;

enum ExitStatus : int { nothing_found = 0, only_warnings = 1, will_not_start = 2 };

ExitStatus status_of(const Findings& findings) {
    const auto has = [&](Level level) { return std::ranges::find(findings, level, &Finding::level) != findings.end(); };
    return has(Level::fatal) ? will_not_start : has(Level::warning) ? only_warnings : nothing_found;
}

std::string json_of(const Findings& findings) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const Finding& finding : findings) {
        list.push_back({{"level", analysis::name_of(finding.level)},
                        {"object", finding.object},
                        {"cause", finding.cause},
                        {"hint", finding.hint}});
    }
    const nlohmann::ordered_json document{{"starts", status_of(findings) != will_not_start},
                                          {"findings", std::move(list)}};
    return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

// no-color.org: an empty value counts as none.
bool uses_color() {
    const char* no_color = ::getenv("NO_COLOR");
    return ::isatty(STDOUT_FILENO) == 1 && (no_color == nullptr || *no_color == '\0');
}

std::string heading(Level level) {
    std::string text = concat(analysis::name_of(level), ":");
    if (!uses_color()) return text;
    const char* color = level == Level::fatal ? "31" : level == Level::warning ? "33" : "36";
    return concat("\033[", color, "m", text, "\033[0m");
}

std::string text_of(const Findings& findings) {
    std::string text;
    for (const Finding& finding : findings) {
        text += concat(heading(finding.level), " ", printable(finding.object), ": ", printable(finding.cause), "\n");
        if (finding.hint.empty()) continue;
        for (const std::string& line : split(finding.hint, '\n')) text += concat("  ", printable(line), "\n");
    }
    switch (status_of(findings)) {
        case nothing_found: return text + "It starts: nothing was found that would stop it.\n";
        case only_warnings: return text + "It starts, with warnings.\n";
        case will_not_start: break;
    }
    return text + "It will not start.\n";
}

}  // namespace

int check(const container::Roots& roots, const Arguments& arguments) {
    const Findings findings = container::check(roots, {.id = "check",
                                                       .bundle = arguments.value("bundle", "."),
                                                       .config = arguments.value("config"),
                                                       .idmap_rootfs = arguments.has("idmap-rootfs"),
                                                       .cgroup_driver = cgroup_driver(arguments)});
    print(arguments.has("json") ? json_of(findings) : text_of(findings));
    return status_of(findings);
}

}  // namespace rt::cli
