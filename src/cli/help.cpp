#include "rt/cli/help.hpp"

#include <seccomp.h>
#include <unistd.h>

#include <algorithm>

#include "rt/base/text.hpp"
#include "rt/os/file.hpp"
#include "rt/spec/version.hpp"
#include "rt/version.hpp"

namespace rt::cli {

namespace {

std::string option_form(const Option& option) {
    std::string form = option.letter != 0 ? concat("-", option.letter, ", ") : "    ";
    form += concat("--", option.name);
    if (!option.value.empty()) form += concat(" ", option.value);
    return form;
}

std::string option_lines(std::span<const Option> options) {
    std::size_t width = 0;
    for (const Option& option : options) width = std::max(width, option_form(option).size());
    std::string text;
    for (const Option& option : options) {
        const std::string form = option_form(option);
        text += concat("  ", form, std::string(width - form.size() + 2, ' '), option.help, "\n");
    }
    return text;
}

}  // namespace

std::string help_text() {
    std::string text =
        "rt runs containers from OCI bundles, and is made for user namespaces.\n"
        "\n"
        "Usage: rt [OPTION...] COMMAND [ARGUMENT...]\n"
        "\n"
        "Commands:\n";
    std::size_t width = 0;
    for (const Command& command : commands()) width = std::max(width, command.name.size());
    for (const Command& command : commands()) {
        text += concat("  ", command.name, std::string(width - command.name.size() + 2, ' '), command.summary, "\n");
    }
    text += concat("\nOptions:\n", option_lines(global_options()));
    text += "\nrt COMMAND --help shows the options of a command; the manual is rt(8).\n";
    return text;
}

std::string help_text(const Command& command) {
    std::string text = concat("Usage: rt ", command.name);
    if (!command.options.empty()) text += " [OPTION...]";
    if (!command.words.empty()) text += concat(" ", command.words);
    text += concat("\n\n", command.summary, "\n");
    if (!command.options.empty()) text += concat("\nOptions:\n", option_lines(command.options));
    return text;
}

std::string libseccomp_version() {
    const scmp_version* seccomp = seccomp_version();
    return concat(seccomp->major, ".", seccomp->minor, ".", seccomp->micro);
}

std::string version_text() {
    return concat("rt version ", version, "\ncommit: ", commit, "\nspec: ", spec::oci_version,
                  "\nlibseccomp: ", libseccomp_version(),
                  "\n+USERNS +CGROUP1 +CGROUP2 +SYSTEMD +SECCOMP +APPARMOR +SELINUX +RDT\n");
}

void print(const std::string& text) { os::write_all(STDOUT_FILENO, text, "standard output"); }

}  // namespace rt::cli
