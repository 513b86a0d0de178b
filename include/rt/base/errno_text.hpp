#pragma once

#include <string>

namespace rt {

/// The text of an errno in lower case ("no such file or directory"): engines match these words
/// to derive their exit status, and match them in lower case only.
std::string errno_text(int code);

/// The symbolic name of an errno ("ENOENT"), or "errno 123" for one that has none (errno(3)).
std::string errno_name(int code);

}  // namespace rt
