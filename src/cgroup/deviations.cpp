#include "rt/cgroup/deviations.hpp"

#include <fcntl.h>

#include <algorithm>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/cgroup/setting_file.hpp"
#include "rt/os/file.hpp"
#include "rt/plan/number_list.hpp"

namespace rt::cgroup {

namespace {

// v1 shows no limit of memory as the last whole page below 2^63.
constexpr std::uint64_t no_limit_of_memory = (std::uint64_t{1} << 63U) - (std::uint64_t{1} << 20U);

bool is_no_limit(const std::string& word) {
    if (word == "max" || word == "-1") return true;
    return parse_number<std::uint64_t>(word).value_or(0) >= no_limit_of_memory;
}

// Sizes are kept in whole pages, of which a machine has one of these.
bool same_size(const std::string& actual, const std::string& written) {
    const auto kept = parse_number<std::uint64_t>(actual);
    const auto given = parse_number<std::uint64_t>(written);
    if (!kept || !given) return false;
    const auto rounds_to = [&](std::uint64_t page) { return *given >= page && *kept == *given - *given % page; };
    return rounds_to(4096) || rounds_to(16384) || rounds_to(65536);
}

bool same_list(const std::string& actual, const std::string& written) {
    constexpr unsigned most = 1U << 16U;
    try {
        return plan::read_number_list(actual, most, {}) == plan::read_number_list(written, most, {});
    } catch (const Error&) {
        return false;
    }
}

bool same_word(const std::string& name, const std::string& actual, const std::string& written) {
    if (actual == written || (is_no_limit(actual) && is_no_limit(written))) return true;
    if (name.starts_with("memory.")) return same_size(actual, written);
    return name.starts_with("cpuset.") && same_list(actual, written);
}

}  // namespace

bool says_what_was_written(const std::string& name, const std::string& content, const std::string& written) {
    std::vector<std::string> actual = split(trim(value_to_restore(name, content, written)), ' ');
    const std::vector<std::string> wanted = split(trim(written), ' ');
    // "50000 100000": quota and period; a single word is the quota.
    if (wanted.size() == 1 && !actual.empty()) {
        // "default 100" of the weights.
        if (actual[0] == "default" && actual.size() > 1) actual.erase(actual.begin());
        return same_word(name, actual[0], wanted[0]);
    }
    return std::ranges::all_of(wanted, [&](const std::string& word) {
        return std::ranges::any_of(actual, [&](const std::string& other) { return same_word(name, other, word); });
    });
}

std::vector<Deviation> deviations(const plan::CgroupResources& resources,
                                  const std::vector<plan::CgroupDirectory>& directories) {
    std::vector<Deviation> found;
    for (const SettingFile& file : find_files(resources, directories)) {
        const std::string path = concat(file.directory, "/", file.name);
        const std::optional<std::string> content = os::try_read_file(AT_FDCWD, path);
        if (!content) continue;  // written only (devices.allow), or with its cgroup
        const std::string written =
            file.setting->keeps_quota ? concat(content->substr(0, content->find(' ')), " ", file.value) : file.value;
        if (says_what_was_written(file.name, *content, written)) continue;
        found.push_back({.place = file.setting->place,
                         .file = path,
                         .planned = written,
                         .actual = std::string(trim(value_to_restore(file.name, *content, written)))});
    }
    return found;
}

}  // namespace rt::cgroup
