#include <array>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/cli/command.hpp"
#include "rt/cli/help.hpp"
#include "rt/cli/output.hpp"
#include "rt/cli/process_table.hpp"
#include "rt/container/commands.hpp"
#include "rt/os/command.hpp"

namespace rt::cli {

namespace {

std::string json_array(const std::vector<pid_t>& pids) {
    std::vector<std::string> numbers;
    for (const pid_t pid : pids) numbers.push_back(std::to_string(pid));
    return concat("[", join(numbers, ","), "]\n");
}

std::string table(const std::vector<pid_t>& pids, std::vector<std::string> options) {
    const bool options_given = !options.empty();
    if (!options_given) options = {"-ef"};
    constexpr std::array places{"/usr/bin/ps", "/bin/ps"};
    for (const char* ps : places) {
        const std::optional<os::CommandOutput> output = os::try_run(ps, options);
        if (!output) continue;
        if (output->status.shell_status() == 0) return filter_ps_output(output->text, pids);
        // busybox has a ps(1) of its own, which knows neither -e nor -f.
        if (!options_given) break;
        fail("show the processes", "", concat(ps, " ended with status ", output->status.shell_status()),
             "what follows the container id are options of ps(1)");
    }
    if (options_given)
        fail("show the processes", "", "ps(1) is not installed, and the options are its", "leave them out");
    return process_table(pids);
}

}  // namespace

int ps(const container::Roots& roots, const Arguments& arguments) {
    const Format format = format_of(arguments.value("format", "table"));
    const std::vector<pid_t> pids = container::processes(container::view(roots, arguments.words[0]));
    print(format == Format::json ? json_array(pids)
                                 : table(pids, {arguments.words.begin() + 1, arguments.words.end()}));
    return 0;
}

}  // namespace rt::cli
