#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "rt/analysis/config_mappings.hpp"
#include "rt/analysis/scan_report.hpp"
#include "rt/analysis/scan_trees.hpp"
#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/cli/command.hpp"
#include "rt/cli/help.hpp"
#include "rt/cli/output.hpp"
#include "rt/os/file.hpp"
#include "rt/spec/reader.hpp"

namespace rt::cli {

namespace {

// A line on standard error that is written over and wiped out at the end; on a terminal only.
class ProgressBar {
public:
    void show(const std::string& name, const analysis::ScanProgress& progress) {
        if (!terminal_) return;
        constexpr std::size_t width = 30;
        const std::size_t done = progress.known == 0 ? 0 : progress.directories * width / progress.known;
        write(concat("\r[", std::string(done, '#'), std::string(width - done, '.'), "] ", name, ": ", progress.entries,
                     " files\x1b[K"));
        shown_ = true;
    }
    ProgressBar() = default;
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;
    ~ProgressBar() {
        if (shown_) write("\r\x1b[K");
    }

private:
    // What is lost of it is no loss.
    static void write(const std::string& text) {
        [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    }

    bool terminal_ = ::isatty(STDERR_FILENO) == 1;
    bool shown_ = false;
};

std::string absolute(const std::string& bundle) {
    std::error_code error;
    const std::filesystem::path path = std::filesystem::canonical(bundle, error);
    if (error) throw_errno("open the bundle", bundle, error.value(), "", "give its directory with --bundle");
    return path.string();
}

std::vector<analysis::ScannedTree> scan_all(std::vector<analysis::ScanTree> trees) {
    ProgressBar bar;
    std::vector<analysis::ScannedTree> scanned;
    for (analysis::ScanTree& tree : trees) {
        analysis::ScanResult result =
            analysis::scan(tree, [&](const analysis::ScanProgress& progress) { bar.show(tree.name, progress); });
        scanned.push_back({.tree = std::move(tree), .result = std::move(result)});
    }
    return scanned;
}

std::string indented(const std::string& text, const std::string& indent) {
    std::string lines;
    for (const std::string& line : split(trim(text), '\n')) lines += concat(indent, line, "\n");
    return lines;
}

std::string text_of(const analysis::ScannedTree& scanned) {
    std::string text = headline(scanned) + "\n";
    if (scanned.result.top.total().found == 0) return text;
    text += indented(table_text(culprit_rows(scanned)), "  ");
    const std::string owners = owners_line(scanned);
    if (!owners.empty()) text += concat("  ", owners, "\n");
    for (const analysis::Fix& fix : fixes(scanned)) text += concat("  fix (", fix.kind, "): ", fix.text, "\n");
    return text;
}

}  // namespace

int scan(const container::Roots& /*roots*/, const Arguments& arguments) {
    const std::string bundle = absolute(arguments.value("bundle", "."));
    const std::string path = concat(bundle, "/config.json");
    const spec::Spec spec = spec::read(os::read_file(AT_FDCWD, path), path);
    const analysis::ProcessMappings mappings = analysis::mappings_of_config(spec.linux);
    const bool json = arguments.has("json");
    if (mappings.own && !json) {
        print("the bundle has no user namespace: every id is itself, and no file shows as nobody\n");
        return 0;
    }
    std::vector<analysis::ScanTree> trees;
    if (!mappings.own) trees = analysis::trees_of(spec, bundle, mappings, arguments.has("idmap-rootfs"));
    const std::vector<analysis::ScannedTree> scanned = scan_all(std::move(trees));
    if (json) {
        print(analysis::scan_json(scanned));
    } else {
        std::string text;
        for (const analysis::ScannedTree& tree : scanned) text += text_of(tree);
        print(text);
    }
    return std::ranges::any_of(scanned, &analysis::ScannedTree::has_findings) ? 1 : 0;
}

}  // namespace rt::cli
