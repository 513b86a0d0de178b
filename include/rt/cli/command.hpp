#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rt/container/roots.hpp"

namespace rt::cli {

/// One option of a command: data for the parser, --help, and the man page check.
struct Option {
    std::string_view name;   ///< without dashes
    char letter = 0;         ///< 0: it has no short form
    std::string_view value;  ///< how the value is called in the help; empty: a flag without value
    std::string_view help;
};

/// What the command line says, sorted: options by their long name, and the other words in order.
struct Arguments {
    std::map<std::string, std::vector<std::string>, std::less<>> options;  ///< each value that was given
    std::vector<std::string> words;
    std::vector<std::string> program;  ///< what follows `--`, where the command says that it is a program
    /// Those that stood before the command.
    std::map<std::string, std::vector<std::string>, std::less<>> global;

    bool has(std::string_view option) const { return options.contains(option); }
    /// The value of the option, or `otherwise` when it is not given.
    /// When it is given several times, the last one.
    std::string value(std::string_view option, const std::string& otherwise = {}) const;
    /// All values of an option that may be given several times.
    std::vector<std::string> values(std::string_view option) const;
};

/// A subcommand is data.
struct Command {
    std::string_view name;
    std::string_view words;    ///< as in the help: "CONTAINER-ID [SIGNAL]"
    std::string_view summary;  ///< one sentence
    std::span<const Option> options;
    std::size_t min_words = 0;
    std::size_t max_words = 0;
    bool rest_is_free = false;          ///< everything after the first word belongs to another program (ps)
    bool program_follows = false;       ///< everything from the second word on is a program and its arguments
    bool program_after_dashes = false;  ///< what follows `--` is one, and no other word is
    int failure_status = 1;             ///< exit status when rt itself fails
    int (*run)(const container::Roots& roots, const Arguments& arguments) = nullptr;
};

/// All commands, in the order of the help.
std::span<const Command> commands() noexcept;

/// The options that stand before the command.
std::span<const Option> global_options() noexcept;

// One function for each row of the table. Each returns the exit status and throws Error.
int run(const container::Roots& roots, const Arguments& arguments);
int create(const container::Roots& roots, const Arguments& arguments);
int start(const container::Roots& roots, const Arguments& arguments);
int exec(const container::Roots& roots, const Arguments& arguments);
int state(const container::Roots& roots, const Arguments& arguments);
int kill(const container::Roots& roots, const Arguments& arguments);
int pause(const container::Roots& roots, const Arguments& arguments);
int resume(const container::Roots& roots, const Arguments& arguments);
int events(const container::Roots& roots, const Arguments& arguments);
int update(const container::Roots& roots, const Arguments& arguments);
int mounts(const container::Roots& roots, const Arguments& arguments);
int remove(const container::Roots& roots, const Arguments& arguments);
int list(const container::Roots& roots, const Arguments& arguments);
int ns(const container::Roots& roots, const Arguments& arguments);
int map(const container::Roots& roots, const Arguments& arguments);
int scan(const container::Roots& roots, const Arguments& arguments);
int ps(const container::Roots& roots, const Arguments& arguments);
int explain(const container::Roots& roots, const Arguments& arguments);
int check(const container::Roots& roots, const Arguments& arguments);
int spec(const container::Roots& roots, const Arguments& arguments);
int features(const container::Roots& roots, const Arguments& arguments);
int completion(const container::Roots& roots, const Arguments& arguments);

}  // namespace rt::cli
