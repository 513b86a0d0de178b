#pragma once

#include <string>

namespace rt::privileges {

/// Gives the calling process a session keyring of its own with that name, instead of its parent's (session-keyring(7)). It
/// belongs to the ids that the process has now; whoever inherits it possesses it, and may use it as any other user too. A
/// process of the same user may join it by its name (keyctl(2), KEYCTL_JOIN_SESSION_KEYRING). A kernel without keys is no
/// error. \throws Error: the quota of keys is used up, keyctl(2) is forbidden
void join_own_session_keyring(const std::string& name);

}  // namespace rt::privileges
