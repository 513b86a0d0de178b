#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/cli/command.hpp"
#include "rt/cli/json_file.hpp"
#include "rt/container/commands.hpp"
#include "rt/spec/sections.hpp"

namespace rt::cli {

namespace {

std::vector<spec::Mount> mounts_from(const std::string& file) {
    const spec::Document document = read_json_file(file);
    return during(concat("read '", name_of_file(file), "'"), [&] { return spec::read_mounts(document.root()); });
}

}  // namespace

int mounts(const container::Roots& roots, const Arguments& arguments) {
    const std::string& word = arguments.words[0];
    if (word != "add" && word != "remove") fail("understand", printable(word), "it is neither add nor remove");
    const auto change = word == "add" ? container::add_mounts : container::remove_mounts;
    change(roots, arguments.words[1], [&arguments] { return mounts_from(arguments.words[2]); });
    return 0;
}

}  // namespace rt::cli
