#include <array>

#include "rt/analysis/process_ids.hpp"
#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/cli/command.hpp"
#include "rt/cli/help.hpp"
#include "rt/cli/output.hpp"
#include "rt/cli/process_table.hpp"
#include "rt/container/commands.hpp"
#include "rt/os/command.hpp"
#include "rt/os/command_line.hpp"

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

// `reference`: the process whose user and pid namespace are those of the container. One that has ended is left out.
std::vector<analysis::ProcessOnBothSides> on_both_sides(const std::vector<pid_t>& pids, pid_t reference) {
    const os::Procfs procfs = os::Procfs::open();
    const auto ids_of = [&](pid_t pid) {
        return analysis::parse_process_ids(procfs.try_read(concat(pid, "/status")).value_or(""));
    };
    const std::optional<analysis::ProcessIds> first = ids_of(reference);
    if (!first) return {};
    const analysis::ProcessMappings mappings = analysis::read_process_mappings(procfs, reference);
    std::vector<analysis::ProcessOnBothSides> processes;
    for (const pid_t pid : pids) {
        const std::optional<analysis::ProcessIds> ids = ids_of(pid);
        if (!ids) continue;
        processes.push_back(analysis::on_both_sides(*ids, mappings, first->pids.size() - 1));
        processes.back().command = os::command_line(procfs, pid, procfs.try_read(concat(pid, "/stat")).value_or(""));
    }
    return processes;
}

}  // namespace

int ps(const container::Roots& roots, const Arguments& arguments) {
    const Format format = format_of(arguments.value("format", "table"));
    const container::View view = container::view(roots, arguments.words[0]);
    const std::vector<pid_t> pids = container::processes(view);
    if (arguments.has("userns")) {
        if (arguments.words.size() > 1)
            fail("use both", "--userns and options of ps(1)", "the table has its own columns", "leave one of them out");
        const pid_t reference = view.pid() != 0 || pids.empty() ? view.pid() : pids.front();
        const std::vector<analysis::ProcessOnBothSides> processes = on_both_sides(pids, reference);
        print(format == Format::json ? analysis::process_json(processes)
                                     : table_text(analysis::process_rows(processes)));
        return 0;
    }
    print(format == Format::json ? json_array(pids)
                                 : table(pids, {arguments.words.begin() + 1, arguments.words.end()}));
    return 0;
}

}  // namespace rt::cli
