#pragma once

#include "rt/plan/mounts.hpp"

namespace rt::rootfs {

/// Fills the new tmpfs `to` with what the directory `from` holds: the option tmpcopyup. Owners, modes, times, symbolic links,
/// hard links, holes, special files and extended attributes are kept as far as the tmpfs and the user namespace allow:
/// - an owner that the user namespace does not have becomes root, and the file loses its set-id bits;
/// - device nodes that may not be made are left out, and so are the files of other mounts below `from`;
/// - what is in `to` already stays.
/// No symbolic link is followed, in either of the two. \throws Error: no space, or a file that may not be read
void copy_up(int from, int to, const plan::Mount& mount);

}  // namespace rt::rootfs
