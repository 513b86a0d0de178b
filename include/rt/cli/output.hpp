#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace rt::cli {

enum class Format : bool { table, json };

/// The value of --format. \throws Error for another word
Format format_of(const std::string& word);

/// The name of a user of the host, by /etc/passwd as it is at the first call; the number when it has none. (Not by getpwuid(3):
/// a static program has no name service switch.)
const std::string& user_name(uid_t uid);

/// Rows with the columns aligned, the last one ragged, at least one space between two.
std::string table_text(const std::vector<std::vector<std::string>>& rows);

}  // namespace rt::cli
