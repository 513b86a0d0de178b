#include <nlohmann/json.hpp>

#include "rt/cli/command.hpp"
#include "rt/cli/help.hpp"
#include "rt/cli/output.hpp"
#include "rt/container/commands.hpp"

namespace rt::cli {

namespace {

using nlohmann::ordered_json;

// The order is part of the interface: some callers compare the text.
ordered_json state_object(const container::View& view) {
    ordered_json object{{"ociVersion", view.record.oci_version},
                        {"id", view.record.id},
                        {"pid", view.pid()},
                        {"status", state::name_of(view.status)},
                        {"bundle", view.record.bundle},
                        {"rootfs", view.record.rootfs},
                        {"created", view.record.created},
                        {"owner", user_name(view.record.owner)}};
    if (!view.annotations.empty()) object["annotations"] = view.annotations;
    return object;
}

std::string dump(const ordered_json& value, int indent) {
    return value.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string list_table(const std::vector<container::View>& views) {
    std::vector<std::vector<std::string>> rows{{"ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"}};
    for (const container::View& view : views) {
        rows.push_back({view.record.id, std::to_string(view.pid()), std::string(state::name_of(view.status)),
                        view.record.bundle, view.record.created, user_name(view.record.owner)});
    }
    return table_text(rows);
}

}  // namespace

int state(const container::Roots& roots, const Arguments& arguments) {
    print(dump(state_object(container::view(roots, arguments.words[0])), 2));
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
        ordered_json array = ordered_json::array();
        for (const container::View& view : views) array.push_back(state_object(view));
        print(dump(array, -1));
    } else {
        print(list_table(views));
    }
    return 0;
}

}  // namespace rt::cli
