#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/base/text.hpp"
#include "rt/cli/command.hpp"
#include "rt/cli/help.hpp"
#include "rt/cli/output.hpp"
#include "rt/container/commands.hpp"

namespace rt::cli {

namespace {

plan::ContainerState state_of(const container::View& view) {
    return {.oci_version = view.record.oci_version,
            .id = view.record.id,
            .status = view.status,
            .pid = view.pid(),
            .bundle = view.record.bundle,
            .rootfs = view.record.rootfs,
            .created = view.record.created,
            .owner = user_name(view.record.owner),
            .annotations = annotations(view)};
}

// A container that is damaged does not hide the others.
std::string list_json(const std::vector<container::View>& views) {
    std::vector<std::string> states;
    for (const container::View& view : views) {
        try {
            states.push_back(to_json(state_of(view)));
        } catch (const Error& error) {
            log::warning(error.what());
        }
    }
    return concat("[", join(states, ","), "]\n");
}

std::string list_table(const std::vector<container::View>& views) {
    std::vector<std::vector<std::string>> rows{{"ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"}};
    for (const container::View& view : views) {
        rows.push_back({view.record.id, std::to_string(view.pid()), std::string(name_of(view.status)),
                        view.record.bundle, view.record.created, user_name(view.record.owner)});
    }
    return table_text(rows);
}

}  // namespace

int state(const container::Roots& roots, const Arguments& arguments) {
    print(to_json(state_of(container::view(roots, arguments.words[0])), 2) + "\n");
    return 0;
}

int list(const container::Roots& roots, const Arguments& arguments) {
    const Format format = format_of(arguments.value("format", "table"));
    const std::vector<container::View> views = container::list(roots);
    if (arguments.has("quiet")) {
        std::string ids;
        for (const container::View& view : views) ids += view.record.id + "\n";
        print(ids);
    } else if (format == Format::json) {
        print(list_json(views));
    } else {
        print(list_table(views));
    }
    return 0;
}

}  // namespace rt::cli
