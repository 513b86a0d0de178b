#!/usr/bin/env bash
# The guest is what it should be, and a container in it has what no build machine has: full cgroup v2, OOM, AppArmor.
source "$(dirname "$0")/../cli/lib.bash"

expect_equal "process 1" "$(cat /proc/1/comm)" systemd
expect_equal "systemd" "$(systemctl is-system-running)" running
expect_equal "file system of /sys/fs/cgroup" "$(stat -fc %T /sys/fs/cgroup)" cgroup2fs

# Limits, by every controller that takes some.
id=$prefix-limits
cgroup=/sys/fs/cgroup/$id
new_bundle limits '.linux.resources={memory:{limit:67108864,swap:67108864},pids:{limit:50},cpu:{shares:512,quota:50000,period:200000}}' >/dev/null
expect_status 0 rt create -b "$work/limits" "$id"
expect_equal "limits" "$(cd "$cgroup" && cat memory.max memory.swap.max pids.max cpu.weight cpu.max)" $'67108864\n0\n50\n59\n50000 200000'
expect_status 0 rt delete "$id"
expect_nothing_left "$id"

# The kernel ends what takes more memory than it may.
change_config limits '.process.args=["tail","/dev/zero"]'
expect_status 137 rt run -b "$work/limits" "$id"
expect_nothing_left "$id"

# A profile of AppArmor is enforced.
profile=$prefix-profile
printf 'abi <abi/3.0>,\nprofile %s flags=(attach_disconnected) {\n  file,\n  deny /etc/group r,\n}\n' "$profile" >"$work/profile"
expect_status 0 apparmor_parser -r "$work/profile"
change_config limits ".process.apparmorProfile=\"$profile\" | .process.args=[\"sh\",\"-c\",\"cat /proc/self/attr/current; cat /etc/group\"]"
expect_status 1 rt run -b "$work/limits" "$id"
expect_text "profile" "$out" "$profile (enforce)"
expect_text "profile" "$err" "/etc/group" "Permission denied"
expect_nothing_left "$id"
finish
