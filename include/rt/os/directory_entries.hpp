#pragma once

#include <functional>

namespace rt::os {

/// Calls `take` with the name of each entry of the directory but "." and "..", and its type (DT_*, DT_UNKNOWN where the file system
/// does not tell), as getdents64(2) gives them: without the buffers of readdir(3), for directories by the thousand.
/// Returns 0 or errno.
int for_each_entry(int dir, const std::function<void(const char* name, unsigned char type)>& take);

}  // namespace rt::os
