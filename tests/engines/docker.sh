#!/usr/bin/env bash
# Docker with rt as its runtime, called as people call it.
source "$(dirname "$0")/lib.bash"
needs dockerd docker containerd containerd-shim-runc-v2 iptables jq script
source "$SOURCE_DIR/tests/engines/docker.bash"
for file in process isolation storage resources network daemon; do source "$SOURCE_DIR/tests/engines/docker/$file.bash"; done

# All that there are here, of those that this version of Docker knows: the daemon asks for them whether there are or not.
all_capabilities() { printf '%016x\n' $((0x$(sed -n 's/^CapBnd:\t//p' /proc/self/status) & 0x3fffffffff)); }

start_docker
import_image
run_cases
