#include "rt/container/explain.hpp"

#include "rt/base/text.hpp"
#include "rt/cli/command.hpp"
#include "rt/cli/help.hpp"
#include "rt/cli/output.hpp"

namespace rt::cli {

namespace {

std::string text_of(const analysis::Explanation& container) {
    std::string text = concat(container.id, " is ", plan::name_of(container.status), ": process ", container.pid,
                              " of the bundle ", printable(container.bundle), "\n");
    for (const analysis::ExplanationSection& section : analysis::explanation_sections(container))
        text += concat("\n", section.title, "\n", table_text(section.rows));
    return text;
}

}  // namespace

int explain(const container::Roots& roots, const Arguments& arguments) {
    const analysis::Explanation container = container::explain(roots, arguments.words[0]);
    print(arguments.has("json") ? analysis::explanation_json(container) : text_of(container));
    return 0;
}

}  // namespace rt::cli
