#include "rt/cli/completion.hpp"

#include <algorithm>

#include "rt/base/error.hpp"
#include "rt/base/signal_names.hpp"
#include "rt/base/text.hpp"
#include "rt/cli/command.hpp"
#include "rt/cli/help.hpp"

namespace rt::cli {

namespace {

void add_word(std::string& words, std::string_view word) { words += concat(words.empty() ? "" : " ", word); }

// What may stand in a place of the command line, by how the help calls it: words, or one of the kinds that the scripts know.
std::string kind_of(std::string_view value) {
    if (value == "DIR") return "@directory";
    if (value == "FILE" || value == "SOCKET") return "@file";
    if (value.starts_with("CONTAINER-ID")) return "@id";
    std::string words;
    if (value.starts_with("SIGNAL")) {
        for (const SignalName& signal : signal_names) add_word(words, signal.name);
    } else if (value.find('|') != std::string_view::npos) {
        words = value;
        std::ranges::replace(words, '|', ' ');
    }
    return words;
}

// The words of a command as the help has them, "CONTAINER-ID [SIGNAL]", by their place from 0 on; what may stand there.
std::vector<std::string> kinds_of_words(const Command& command) {
    std::vector<std::string> kinds;
    for (std::string_view rest = command.words; !rest.empty();) {
        const std::size_t end = std::min(rest.find(' '), rest.size());
        const bool repeated = rest.substr(0, end).ends_with("...");
        std::string word(rest.substr(0, end));
        std::erase_if(word, [](char c) { return c == '[' || c == ']' || c == '.'; });
        kinds.push_back(concat(kind_of(word), repeated ? "..." : ""));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return kinds;
}

std::string names_of_commands() {
    std::string names;
    for (const Command& command : commands()) add_word(names, command.name);
    return names;
}

std::string options_case(std::string_view command, std::span<const Option> options) {
    std::string words;
    for (const Option& option : options) add_word(words, concat("--", option.name));
    if (!command.empty()) add_word(words, "--help");
    return concat("        '", command, "') echo '", words, "' ;;\n");
}

// Options without a value are not in it.
std::string values_cases(std::string_view command, std::span<const Option> options) {
    std::string cases;
    for (const Option& option : options) {
        if (option.value.empty()) continue;
        std::string pattern = concat("'", command, " --", option.name, "'");
        if (option.letter != 0) pattern += concat("|'", command, " -", option.letter, "'");
        cases += concat("        ", pattern, ") echo '", kind_of(option.value), "' ;;\n");
    }
    return cases;
}

std::string words_cases(const Command& command) {
    std::string cases;
    const std::vector<std::string> kinds = kinds_of_words(command);
    for (std::size_t place = 0; place < kinds.size(); ++place) {
        std::string kind = kinds[place];
        const bool repeated = kind.ends_with("...");
        if (repeated) kind.resize(kind.size() - 3);
        cases +=
            concat("        '", command.name, " '", repeated ? "*" : std::to_string(place), ") echo '", kind, "' ;;\n");
    }
    return cases;
}

std::string function(std::string_view name, std::string_view subject, std::string_view cases,
                     std::string_view otherwise) {
    return concat(name, "() {\n    case \"", subject, "\" in\n", cases, "        *) ", otherwise, " ;;\n    esac\n}\n");
}

// An option takes the word after it as its value; '=' is a word of its own to bash.
constexpr std::string_view bash_body = R"bash(_rt_complete() {
    local word=${COMP_WORDS[COMP_CWORD]} command= option= root= place=0 kind= i=1
    while ((i < COMP_CWORD)); do
        local earlier=${COMP_WORDS[i]}
        i=$((i + 1))
        if [[ $earlier == = ]]; then continue; fi
        if [[ -n $option ]]; then
            if [[ $option == --root ]]; then root=$earlier; fi
            option=
        elif [[ $earlier == -* ]]; then
            if _rt_value "$command $earlier" >/dev/null; then option=$earlier; fi
        elif [[ -z $command ]]; then command=$earlier
        else place=$((place + 1))
        fi
    done
    if [[ $word == = ]]; then word=; fi
    if [[ -n $option ]]; then kind=$(_rt_value "$command $option")
    elif [[ $word == -* ]]; then kind=$(_rt_options "$command")
    elif [[ -z $command ]]; then kind=$_rt_commands
    else kind=$(_rt_word "$command $place")
    fi
    case $kind in
        @directory) COMPREPLY=($(compgen -d -- "$word")) ;;
        @file) COMPREPLY=($(compgen -f -- "$word")) ;;
        @id) COMPREPLY=($(compgen -W "$(rt ${root:+--root "$root"} list --quiet 2>/dev/null)" -- "$word")) ;;
        *) COMPREPLY=($(compgen -W "$kind" -- "$word")) ;;
    esac
}
complete -F _rt_complete rt
)bash";

// Read by zsh itself when it is needed first (then it is the function _rt), or sourced by the user.
constexpr std::string_view zsh_head = R"zsh(#compdef rt
autoload -Uz compinit bashcompinit
(( $+functions[compdef] )) || compinit
(( $+functions[complete] )) || bashcompinit
)zsh";
constexpr std::string_view zsh_tail = R"zsh(if [[ $funcstack[1] == _rt ]]; then _bash_complete -F _rt_complete; fi
)zsh";

std::string quoted_for_fish(std::string_view text) {
    std::string quoted = "'";
    for (const char c : text) quoted += c == '\'' || c == '\\' ? concat("\\", c) : std::string(1, c);
    return quoted + "'";
}

std::string fish_candidates(const std::string& kind) {
    if (kind == "@file") return " -F";
    if (kind == "@directory") return " -f -a '(__fish_complete_directories)'";
    if (kind == "@id") return " -f -a '(rt list --quiet 2>/dev/null)'";
    return kind.empty() ? " -f" : concat(" -f -a ", quoted_for_fish(kind));
}

std::string fish_options(std::string_view condition, std::span<const Option> options) {
    std::string lines;
    for (const Option& option : options) {
        lines += concat("complete -c rt -n '", condition, "' -l ", option.name);
        if (option.letter != 0) lines += concat(" -s ", option.letter);
        if (!option.value.empty()) lines += concat(" -r", fish_candidates(kind_of(option.value)));
        lines += concat(" -d ", quoted_for_fish(option.help), "\n");
    }
    return lines;
}

}  // namespace

std::string bash_completion() {
    std::string options = options_case("", global_options());
    std::string values = values_cases("", global_options());
    std::string words;
    for (const Command& command : commands()) {
        options += options_case(command.name, command.options);
        values += values_cases(command.name, command.options);
        words += words_cases(command);
    }
    return concat("# bash completion for rt\n_rt_commands='", names_of_commands(), "'\n",
                  function("_rt_options", "$1", options, ":"), function("_rt_value", "$1", values, "return 1"),
                  function("_rt_word", "$1", words, ":"), bash_body);
}

std::string zsh_completion() { return concat(zsh_head, bash_completion(), zsh_tail); }

std::string fish_completion() {
    std::string script = "# fish completion for rt\ncomplete -c rt -f\n";
    constexpr std::string_view before = "__fish_use_subcommand";
    script += fish_options(before, global_options());
    for (const Command& command : commands()) {
        script +=
            concat("complete -c rt -n ", before, " -a ", command.name, " -d ", quoted_for_fish(command.summary), "\n");
        const std::string after = concat("__fish_seen_subcommand_from ", command.name);
        script += fish_options(after, command.options);
        for (std::string kind : kinds_of_words(command)) {
            if (kind.ends_with("...")) kind.resize(kind.size() - 3);
            script += concat("complete -c rt -n '", after, "'", fish_candidates(kind), "\n");
        }
    }
    return script;
}

int completion(const container::Roots& /*roots*/, const Arguments& arguments) {
    const std::string& shell = arguments.words[0];
    if (shell == "bash") {
        print(bash_completion());
    } else if (shell == "zsh") {
        print(zsh_completion());
    } else if (shell == "fish") {
        print(fish_completion());
    } else {
        fail("complete for the shell", printable(shell), "it is none of bash, zsh, fish");
    }
    return 0;
}

}  // namespace rt::cli
