# Cross-building on Debian and Ubuntu:
#   dpkg --add-architecture arm64 && apt-get update
#   apt-get install g++-aarch64-linux-gnu qemu-user-static libseccomp-dev:arm64 libcap-ng-dev:arm64
# Where these two cannot be installed, RT_AARCH64_ROOT names a directory that their packages were unpacked in (dpkg-deb -x).
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
# Programs are this machine's; libraries must be of the other architecture; headers in /usr/include and what is headers only are the
# same for all.
set(CMAKE_FIND_ROOT_PATH $ENV{RT_AARCH64_ROOT} /usr/aarch64-linux-gnu /)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_IGNORE_PATH /usr/lib/x86_64-linux-gnu /lib/x86_64-linux-gnu)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static;-L;/usr/aarch64-linux-gnu)
