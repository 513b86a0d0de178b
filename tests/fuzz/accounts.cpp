// passwd, group and subuid files, and users by name and number.
#include "rt/plan/accounts.hpp"

#include "rt/base/text.hpp"
#include "rt/host/subordinate_ids.hpp"
#include "rt/plan/exec_user.hpp"
#include "target.hpp"

using namespace rt;

namespace {

void check_subordinate_ids(std::string_view text) {
    std::vector<host::UselessLine> useless;
    const std::vector<host::SubordinateRange> ranges = host::parse_subordinate_ranges(text, &useless);
    std::string written;
    for (const host::SubordinateRange& range : ranges) {
        fuzz::require(range.count > 0 && range.end() <= 4294967295U, "a range has ids that there are");
        written += concat(range.owner, ":", range.first, ":", range.count, "\n");
        host::ranges_of(ranges, range.owner, range.first);
    }
    const std::vector<host::SubordinateRange> again = host::parse_subordinate_ranges(written);
    fuzz::require(again.size() == ranges.size(), "ranges are read as they are written");
    for (std::size_t i = 0; i < again.size(); ++i)
        fuzz::require(again[i].owner == ranges[i].owner && again[i].end() == ranges[i].end(), "each as it was");
}

// The word is the first line, the files are the rest.
void check_user(std::string_view text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string word(text.substr(0, end));
    const std::string file(text.substr(end));
    constexpr std::uint32_t before = 12345;
    spec::User user{.uid = before, .gid = before};
    const plan::UserWords words{.user = word, .groups = {word.substr(0, word.find(':'))}};
    const bool named = plan::uses_names(words);
    if (!fuzz::accepted([&] { plan::choose_user(words, {.passwd = file, .group = file}, user); })) return;
    fuzz::require(user.uid != 4294967295U && user.gid != 4294967295U, "a user has an id");
    // CVE-2026-30892: nobody becomes root whom neither a number nor a file makes it.
    const bool rooted = named || parse_number<std::uint32_t>(word.substr(0, word.find(':'))) == 0U;
    fuzz::require(user.uid != 0 || rooted, "root is asked for");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    for (const plan::NamedId& user : plan::names_of_users(text)) {
        const auto found = plan::find_account(text, user.name);
        fuzz::require(found && found->name == user.name, "a user that is listed is found");
        plan::groups_of(text, user.name);
        if (size > 4000) break;  // each look-up reads all of it
    }
    for (const plan::NamedId& group : plan::names_of_groups(text)) {
        fuzz::require(plan::find_group(text, group.name).has_value(), "a group that is listed is found");
        if (size > 4000) break;
    }
    check_subordinate_ids(text);
    check_user(text);
    return 0;
}
