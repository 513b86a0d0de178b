// The command line: one word on each line.
#include "rt/base/text.hpp"
#include "rt/cli/parse.hpp"
#include "target.hpp"

using namespace rt;

namespace {

const cli::Option* option_named(std::span<const cli::Option> options, std::string_view name) {
    for (const cli::Option& option : options) {
        if (option.name == name) return &option;
    }
    return nullptr;
}

void check_options(const cli::Arguments& arguments, std::span<const cli::Option> known) {
    for (const auto& [name, values] : arguments.options) {
        const cli::Option* option = option_named(known, name);
        fuzz::require(option != nullptr || name == "help", "an option is in the table");
        fuzz::require(!values.empty(), "an option that is given has a value");
        if (option == nullptr || option->value.empty()) fuzz::require(values.front().empty(), "a flag has none");
    }
}

// The same in the one form of --name=value.
std::vector<std::string> written(const cli::Arguments& arguments, std::span<const cli::Option> known) {
    std::vector<std::string> words;
    for (const auto& [name, values] : arguments.options) {
        const cli::Option* option = option_named(known, name);
        for (const std::string& value : values)
            words.push_back(option == nullptr || option->value.empty() ? concat("--", name)
                                                                       : concat("--", name, "=", value));
    }
    return words;
}

void check(const cli::CommandLine& line) {
    check_options(line.global, cli::global_options());
    if (line.command == nullptr) return;
    const cli::Command& command = *line.command;
    check_options(line.arguments, command.options);
    const std::size_t count = line.arguments.words.size();
    fuzz::require(line.arguments.has("help") || (count >= command.min_words && count <= command.max_words),
                  "a command has as many words as it takes");
    if (command.rest_is_free || command.program_follows || command.program_after_dashes) return;
    std::vector<std::string> words = written(line.global, cli::global_options());
    words.emplace_back(command.name);
    for (std::string& word : written(line.arguments, command.options)) words.push_back(std::move(word));
    words.emplace_back("--");
    words.insert(words.end(), line.arguments.words.begin(), line.arguments.words.end());
    cli::CommandLine again;
    cli::parse(words, again);
    fuzz::require(again.command == line.command && again.arguments.options == line.arguments.options &&
                      again.arguments.words == line.arguments.words && again.global.options == line.global.options,
                  "a command line means the same in another form");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::vector<std::string> words = split({reinterpret_cast<const char*>(data), size}, '\n');
    cli::CommandLine line;
    fuzz::accepted([&] {
        cli::parse(words, line);
        check(line);
    });
    return 0;
}
