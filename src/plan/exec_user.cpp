#include "rt/plan/exec_user.hpp"

#include <algorithm>
#include <cctype>
#include <limits>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/plan/accounts.hpp"

namespace rt::plan {

namespace {

constexpr const char* form_hint = "write USER or USER:GROUP, each a number or a name: 1000, 1000:100, www-data";

// No name begins like this (useradd(8)), so a slip in a number is never looked up as one.
bool means_number(std::string_view word) noexcept {
    return std::isalpha(static_cast<unsigned char>(word[0])) == 0 && word[0] != '_';
}

std::uint32_t read_id(const std::string& word, const char* kind) {
    constexpr std::uint32_t no_id = std::numeric_limits<std::uint32_t>::max();  // (uid_t)-1: no change (setresuid(2))
    const std::optional<std::uint32_t> id = parse_number<std::uint32_t>(word);
    if (id && *id != no_id) return *id;
    fail(concat("use the ", kind), printable(word), "it is no number from 0 to 4294967294", form_hint);
}

const std::string& require_file(const std::optional<std::string>& file, const char* path, const std::string& name) {
    if (file) return *file;
    fail("find the name", printable(name), concat("the container has no file ", path, " that can be read"),
         "give the number");
}

std::uint32_t gid_of(const std::string& word, const UserFiles& files) {
    if (means_number(word)) return read_id(word, "gid");
    const std::optional<std::uint32_t> gid = find_group(require_file(files.group, "/etc/group", word), word);
    if (gid) return *gid;
    fail("find the group", printable(word), "unable to find group in the /etc/group of the container",
         "give one that is listed there, or the number");
}

Account account_of(const std::string& name, const UserFiles& files) {
    std::optional<Account> account = find_account(require_file(files.passwd, "/etc/passwd", name), name);
    if (account) return *std::move(account);
    fail("find the user", printable(name), "unable to find user in the /etc/passwd of the container",
         "give one that is listed there, or the number");
}

void choose_account(const std::string& name, const UserFiles& files, spec::User& user) {
    const Account account = account_of(name, files);
    user.uid = account.uid;
    user.gid = account.gid;
    user.additional_gids = files.group ? groups_of(*files.group, name) : std::vector<std::uint32_t>{};
}

void choose(const std::string& words, const UserFiles& files, spec::User& user) {
    const std::size_t colon = words.find(':');
    const std::string name = words.substr(0, colon);
    const std::string group = colon == std::string::npos ? "" : words.substr(colon + 1);
    if (name.empty() || (colon != std::string::npos && group.empty())) {
        fail("use the user", printable(words), "a part of it is empty", form_hint);
    }
    if (means_number(name)) {
        user.uid = read_id(name, "uid");
    } else {
        choose_account(name, files, user);
    }
    if (!group.empty()) user.gid = gid_of(group, files);
}

}  // namespace

bool uses_names(const UserWords& words) noexcept {
    const auto is_name = [](std::string_view word) { return !word.empty() && !means_number(word); };
    const std::string_view user = words.user ? std::string_view(*words.user) : std::string_view();
    const std::size_t colon = user.find(':');
    return is_name(user.substr(0, colon)) || (colon != std::string_view::npos && is_name(user.substr(colon + 1))) ||
           std::ranges::any_of(words.groups, is_name);
}

void choose_user(const UserWords& words, const UserFiles& files, spec::User& user) {
    if (words.user) choose(*words.user, files, user);
    for (const std::string& group : words.groups) {
        if (group.empty()) fail("use the group", "", "it is empty", form_hint);
        user.additional_gids.push_back(gid_of(group, files));
    }
}

}  // namespace rt::plan
