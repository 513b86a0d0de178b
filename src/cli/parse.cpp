#include "rt/cli/parse.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

namespace rt::cli {

namespace {

constexpr Option help_option{"help", 'h', "", ""};

std::string usage_hint(const Command* command) {
    return command != nullptr ? concat("rt ", command->name, " --help shows how it is used")
                              : "rt --help shows the commands";
}

[[noreturn]] void refuse(const std::string& word, std::string reason, const Command* command,
                         const std::string& meant = {}) {
    fail("understand", printable(word), std::move(reason),
         meant.empty() ? usage_hint(command) : concat("did you mean '", meant, "'? ", usage_hint(command)));
}

// Edit distance (Levenshtein).
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replaced}));
        }
    }
    return row.back();
}

// Reads the options of one command (or the global ones) off the words.
class OptionReader {
public:
    OptionReader(const std::vector<std::string>& words, std::span<const Option> options, const Command* command)
        : words_(words), options_(options), command_(command) {}

    // Takes words from `next` on. Stops at a word that is no option when `stop_at_word`; returns where it stopped.
    std::size_t read(std::size_t next, Arguments& arguments, bool stop_at_word) {
        next_ = next;
        while (next_ < words_.size()) {
            const std::string& word = words_[next_];
            if (word == "--") {
                ++next_;
                if (command_ != nullptr && command_->program_after_dashes) return take_rest(arguments.program);
                return take_rest(arguments.words);
            }
            const bool is_option = word.size() > 1 && word[0] == '-';
            if (!is_option && stop_at_word) return next_;
            if (!is_option) {
                arguments.words.push_back(word);
                ++next_;
                if (command_ != nullptr && command_->rest_is_free) return take_free_words(arguments);
                if (command_ != nullptr && command_->program_follows && arguments.words.size() > 1) {
                    return take_rest(arguments.words);
                }
                continue;
            }
            ++next_;
            word[1] == '-' ? read_long(word, arguments) : read_short(word, arguments);
        }
        return next_;
    }

private:
    const Option* find(std::string_view name, char letter) const {
        for (const Option& option : options_) {
            if (option.name == name || (letter != 0 && option.letter == letter)) return &option;
        }
        return name == help_option.name || letter == help_option.letter ? &help_option : nullptr;
    }

    std::size_t take_rest(std::vector<std::string>& taken) {
        taken.insert(taken.end(), words_.begin() + static_cast<std::ptrdiff_t>(next_), words_.end());
        return next_ = words_.size();
    }

    // `rt ps ID -f json`, `rt ps ID --userns`: ours; everything else after the id is for ps(1).
    std::size_t take_free_words(Arguments& arguments) {
        while (next_ < words_.size()) {
            const std::string& word = words_[next_++];
            const bool ours = (word == "-f" || word == "--format") && next_ < words_.size() &&
                              (words_[next_] == "json" || words_[next_] == "table");
            if (ours) {
                add(arguments, "format", words_[next_++]);
            } else if (word.starts_with("--format=") || word == "--userns" || word == "--help") {
                read_long(word, arguments);
            } else if (word != "--") {
                arguments.words.push_back(word);
            }
        }
        return next_;
    }

    static void add(Arguments& arguments, std::string_view option, std::string value) {
        arguments.options[std::string(option)].push_back(std::move(value));
    }

    std::string take_value(const std::string& word) {
        if (next_ < words_.size()) return words_[next_++];
        refuse(word, "the option needs a value", command_);
    }

    void read_long(const std::string& word, Arguments& arguments) {
        const std::size_t equals = word.find('=');
        const std::string name = word.substr(2, equals == std::string::npos ? equals : equals - 2);
        const Option* option = find(name, 0);
        if (option == nullptr) {
            std::vector<std::string_view> names;
            for (const Option& known : options_) names.push_back(known.name);
            const std::string meant = nearest(name, names);
            refuse(word, "there is no such option", command_, meant.empty() ? meant : "--" + meant);
        }
        const bool takes_value = !option->value.empty();
        if (!takes_value && equals != std::string::npos) refuse(word, "the option takes no value", command_);
        std::string value = !takes_value                  ? ""
                            : equals != std::string::npos ? word.substr(equals + 1)
                                                          : take_value(word);
        add(arguments, option->name, std::move(value));
    }

    void read_short(const std::string& word, Arguments& arguments) {
        for (std::size_t i = 1; i < word.size(); ++i) {
            const Option* option = find("", word[i]);
            if (option == nullptr) refuse(word, concat("there is no option -", word[i]), command_);
            if (option->value.empty()) {
                add(arguments, option->name, "");
                continue;
            }
            std::string value = word.substr(i + 1);
            if (value.starts_with("=")) value.erase(0, 1);
            add(arguments, option->name, value.empty() ? take_value(word) : value);
            return;
        }
    }

    const std::vector<std::string>& words_;
    std::span<const Option> options_;
    const Command* command_;
    std::size_t next_ = 0;
};

// Commands of other runtimes: engines look for them, and their users should not think that they have misspelt one.
constexpr std::array not_there{"checkpoint", "restore"};

const Command& find_command(const std::string& word) {
    if (std::ranges::find(not_there, word) != not_there.end()) {
        refuse(word, "rt cannot checkpoint or restore a container", nullptr);
    }
    std::vector<std::string_view> names;
    for (const Command& command : commands()) {
        if (command.name == word) return command;
        names.push_back(command.name);
    }
    refuse(word, "there is no such command", nullptr, nearest(word, names));
}

void check_number_of_words(const Command& command, const Arguments& arguments) {
    if (arguments.words.size() < command.min_words) {
        fail("run", concat("rt ", command.name), concat("it needs ", command.words), usage_hint(&command));
    }
    if (arguments.words.size() > command.max_words) {
        refuse(arguments.words[command.max_words],
               command.words.empty() ? concat("rt ", command.name, " takes no such argument")
                                     : concat("rt ", command.name, " takes ", command.words, " only"),
               &command);
    }
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string_view>& names) {
    std::string_view best;
    std::size_t best_distance = word.size() <= 3 ? 2 : 3;  // further away is another word
    for (const std::string_view name : names) {
        const std::size_t now = distance(word, name);
        if (now >= best_distance) continue;
        best = name;
        best_distance = now;
    }
    return std::string(best);
}

void parse(const std::vector<std::string>& words, CommandLine& line) {
    const std::size_t at = OptionReader(words, global_options(), nullptr).read(0, line.global, true);
    if (at >= words.size()) return;
    line.command = &find_command(words[at]);
    line.arguments.global = line.global.options;
    OptionReader(words, line.command->options, line.command).read(at + 1, line.arguments, false);
    if (!line.arguments.has("help")) check_number_of_words(*line.command, line.arguments);
}

}  // namespace rt::cli
