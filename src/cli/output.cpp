#include "rt/cli/output.hpp"

#include <fcntl.h>

#include <algorithm>
#include <map>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"
#include "rt/plan/accounts.hpp"

namespace rt::cli {

Format format_of(const std::string& word) {
    if (word == "table") return Format::table;
    if (word == "json") return Format::json;
    fail("use the format", printable(word), "there is no such format", "the formats are table and json");
}

const std::string& user_name(uid_t uid) {
    static const std::string accounts = os::try_read_file(AT_FDCWD, "/etc/passwd").value_or("");
    static std::map<uid_t, std::string> names;
    const auto [entry, is_new] = names.try_emplace(uid);
    if (is_new) {
        const auto account = plan::find_account(accounts, uid);
        entry->second = account ? account->name : std::to_string(uid);
    }
    return entry->second;
}

std::string table_text(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    std::string text;
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            text += row[i];
            text += i + 1 < row.size() ? std::string(widths[i] - row[i].size() + 2, ' ') : "\n";
        }
    }
    return text;
}

}  // namespace rt::cli
