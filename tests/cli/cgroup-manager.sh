#!/usr/bin/env bash
# Who makes the cgroup: nobody, on request; and what is no answer to that.
source "$(dirname "$0")/lib.bash"
id=$prefix-manager
own() { sort /proc/self/cgroup; }

# The container stays where the caller is, and limits are refused: nothing would keep them.
new_bundle plain '.process.args=["cat","/proc/self/cgroup"] | .linux.namespaces |= map(select(.type != "cgroup"))' >/dev/null
expect_status 0 rt --cgroup-manager disabled run -b "$work/plain" "$id"
expect_equal "its cgroups" "$(sort <<<"$out")" "$(own)"
expect_text "device rules" "$err" "--cgroup-manager disabled" "no device rules are set"
expect_nothing_left "$id"
change_config plain ".linux.cgroupsPath=\"/$id/group\" | .process.args=[\"sleep\",\"1000\"]"
expect_status 0 rt --cgroup-manager=disabled run -d -b "$work/plain" "$id"
expect_equal "recorded" "$(jq -c '[.cgroups, .madeCgroups]' "$state/$id/state.json")" "[[],[]]"
expect_nothing_left() { [[ ! -e $state/$1 ]] || fail "state directory of $1 is left"; }
expect_equal "cgroups" "$(find /sys/fs/cgroup -maxdepth 3 -name "$id*")" ""
pid=$(rt state "$id" | jq .pid)
expect_equal "ps" "$(rt ps -f json "$id")" "[$pid]"
expect_status 1 rt pause "$id"
expect_text "pause" "$err" "no cgroup with a freezer"
expect_status 1 rt update --pids-limit 10 "$id"
expect_text "update" "$err" /linux/resources/pids/limit "no cgroup with the controller pids"
expect_status 1 rt kill --all "$id" KILL
expect_text "kill --all" "$err" "it has no cgroup of its own"
expect_status 0 rt delete --force "$id"
expect_equal "the process" "$(grep -qs sleep "/proc/$pid/cmdline" || echo gone)" gone
if grep -qw pids /proc/cgroups; then
    change_config plain '.linux.resources.pids={limit:10}'
    expect_status 125 rt --cgroup-manager disabled run -b "$work/plain" "$id"
    expect_text "a limit" "$err" /linux/resources/pids/limit "--cgroup-manager disabled" "remove the limit"
fi
# With a user namespace the container's root is nobody to the host's devices.
new_bundle mapped "$(userns 0:100000:65536)" >/dev/null
expect_status 0 rt --cgroup-manager disabled run -b "$work/mapped" "$id"
expect_equal "warnings of device rules" "$(grep -c "device rules" <<<"$err")" 0

# Words that are no manager.
for word in "" cgroup CGROUPFS systemd,cgroupfs "systemd "; do
    expect_status 1 rt --cgroup-manager "$word" create -b "$work/mapped" "$id"
    expect_text "'$word'" "$err" "--cgroup-manager" cgroupfs systemd disabled
done
expect_status 1 rt --cgroup-manager
expect_text "no word" "$err" "cgroup-manager"
expect_equal "nothing was made" "$(ls "$state")" ""
# cgroupfs is what there is without the option.
expect_status 0 rt --cgroup-manager cgroupfs run -b "$work/mapped" "$id"
finish
