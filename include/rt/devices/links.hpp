#pragma once

namespace rt::devices {

/// Makes the links of /dev in the directory `dev`; `root` is the container's root directory. \throws Error
void make_links(int root, int dev);

}  // namespace rt::devices
