#!/usr/bin/env bash
# Limits as the kernel's files have them, on whatever layout this machine has; pause, resume and update.
source "$(dirname "$0")/lib.bash"

# file_of CONTROLLER V1-FILE V2-FILE: path of the control file of container $id; empty when no hierarchy has the controller.
file_of() {
    local controller=$1 root
    root=$(awk -v c="$controller" '$3 == "cgroup" && ("," $4 ",") ~ "," c "," { print $2; exit }' /proc/mounts)
    if [[ -n $root ]]; then echo "$root/$id/$2" && return; fi
    root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
    if [[ -n $root ]] && grep -qw "$controller" "$root/cgroup.controllers"; then echo "$root/$id/$3"; fi
}

# limit CONTROLLER V1-FILE V1-VALUE V2-FILE V2-VALUE JQ-FILTER: the file holds the value while the container exists.
skipped=()
limit() {
    local controller=$1 file wanted=$3
    id=$prefix-limit
    file=$(file_of "$controller" "$2" "$4")
    if [[ -z $file ]]; then skipped+=("$controller"); return; fi
    [[ $file == *"/$4" && $2 != "$4" ]] && wanted=$5
    rm -rf "${work:?}/limit"
    new_bundle limit ".linux.resources += $6" >/dev/null
    expect_status 0 rt create -b "$work/limit" "$id"
    if [[ -e $file ]]; then
        expect_equal "$6 in $file" "$(head -n 1 "$file" 2>/dev/null)" "$wanted"
    else
        skipped+=("$file")
    fi
    expect_status 0 rt delete "$id"
    expect_nothing_left "$id"
}

# What the kernel rounds is given as whole pages.
limit memory memory.limit_in_bytes 104857600 memory.max 104857600 '{memory:{limit:104857600}}'
limit memory memory.soft_limit_in_bytes 52428800 memory.low 52428800 '{memory:{reservation:52428800}}'
limit memory memory.memsw.limit_in_bytes 209715200 memory.swap.max 104857600 '{memory:{limit:104857600,swap:209715200}}'
limit pids pids.max 50 pids.max 50 '{pids:{limit:50}}'
limit pids pids.max max pids.max max '{pids:{limit:-1}}'
limit pids pids.max 1 pids.max 1 '{pids:{limit:0}}'
limit cpu cpu.shares 512 cpu.weight 59 '{cpu:{shares:512}}'
limit cpu cpu.cfs_quota_us 50000 cpu.max "50000 200000" '{cpu:{quota:50000,period:200000}}'
limit cpu cpu.cfs_period_us 200000 cpu.max "max 200000" '{cpu:{period:200000}}'
limit cpu cpu.cfs_burst_us 1000 cpu.max.burst 1000 '{cpu:{quota:50000,burst:1000}}'
limit cpu cpu.idle 1 cpu.idle 1 '{cpu:{idle:1}}'
limit cpuset cpuset.cpus 0 cpuset.cpus 0 '{cpu:{cpus:"0"}}'
limit cpuset cpuset.mems 0 cpuset.mems 0 '{cpu:{mems:"0"}}'
limit hugetlb hugetlb.2MB.limit_in_bytes 4194304 hugetlb.2MB.max 4194304 '{hugepageLimits:[{pageSize:"2MB",limit:4194304}]}'
limit hugetlb hugetlb.2MB.rsvd.limit_in_bytes 4194304 hugetlb.2MB.rsvd.max 4194304 '{hugepageLimits:[{pageSize:"2MB",limit:4194304}]}'
disk=$(cat /sys/block/vda/dev 2>/dev/null || cat /sys/block/sda/dev 2>/dev/null || true)
if [[ -n $disk ]]; then
    device="{major:${disk%:*},minor:${disk#*:}"
    limit blkio blkio.throttle.read_bps_device "$disk 1000000" none none "{blockIO:{throttleReadBpsDevice:[$device,rate:1000000}]}}"
    limit io none none io.max "$disk rbps=1000000 wbps=max riops=max wiops=50" "{blockIO:{throttleReadBpsDevice:[$device,rate:1000000}],throttleWriteIOPSDevice:[$device,rate:50}]}}"
fi
((${#skipped[@]} == 0)) || echo "not on this machine: ${skipped[*]}"

# Limits have an effect.
id=$prefix-effect
if [[ -n $(file_of pids pids.max pids.max) ]]; then
    new_bundle fork '.linux.resources += {pids:{limit:5}} | .process.args=["sh","-c","for i in 1 2 3 4 5 6 7 8 9; do sleep 1 & done; wait"]' >/dev/null
    expect_status 2 rt run -b "$work/fork" "$id"
    expect_text "fork bomb" "$err" "can't fork"
    expect_nothing_left "$id"
fi

# A user namespace changes nothing about limits.
if [[ -n $(file_of pids pids.max pids.max) ]]; then
    new_bundle mapped "$(userns 0:100000:65536) | .linux.resources += {pids:{limit:33}}" >/dev/null
    expect_status 0 rt create -b "$work/mapped" "$id"
    expect_equal "pids of a mapped container" "$(cat "$(file_of pids pids.max pids.max)")" 33
    expect_equal "owner of its file" "$(stat -c %u "$(file_of pids pids.max pids.max)")" 0
    expect_status 0 rt delete "$id"
fi

# What cannot be set is refused with the place, and nothing is left.
refused() { expect_refused ".linux.resources += $1" "${@:2}"; }  # JQ-FILTER FRAGMENT...
refused '{memory:{limit:1000000,swap:1000}}' /linux/resources/memory/swap "below the limit"
refused '{unified:{"bogus.max":"1"}}' /linux/resources/unified/bogus.max "controller bogus is not available"
refused '{unified:{"../x.max":"1"}}' "/linux/resources/unified/..~1x.max"
refused '{hugepageLimits:[{pageSize:"3MB",limit:1}]}' /linux/resources/hugepageLimits/0
refused '{hugepageLimits:[{pageSize:"64kB",limit:1}]}' /linux/resources/hugepageLimits/0/pageSize
refused '{cpu:{quota:1000,burst:2000}}' /linux/resources/cpu/burst
refused '{memory:{limit:"1"}}' /linux/resources/memory/limit "whole number"
[[ -z $(file_of cpuset cpuset.cpus cpuset.cpus) ]] || refused '{cpu:{cpus:"4000"}}' /linux/resources/cpu/cpus cpuset.cpus
refused '{rdma:{mlx0:{}}}' /linux/resources/rdma/mlx0

# pause and resume
id=$prefix-pause
new_bundle pause '.process.args=["sh","-c","while :; do :; done"]' >/dev/null
status_of() { rt state "$1" | jq -r .status; }
ticks() { cut -d' ' -f14 "/proc/$1/stat"; }
expect_status 1 rt pause "$id"
expect_text "unknown" "$err" "container does not exist"
expect_status 0 rt run -d -b "$work/pause" "$id"
pid=$(rt state "$id" | jq .pid)
expect_status 1 rt resume "$id"
expect_text "resume of a running one" "$err" "container not paused"
expect_status 0 rt pause "$id"
expect_equal "status" "$(status_of "$id")" paused
before=$(ticks "$pid")
sleep 0.2
expect_equal "CPU time of a paused container" "$(ticks "$pid")" "$before"
expect_status 0 rt pause "$id"
expect_status 1 rt start "$id"
expect_status 1 rt delete "$id"
expect_text "delete of a paused one" "$err" "that is not stopped: paused"
expect_equal "list" "$(rt list | awk -v id="$id" '$1 == id { print $3 }')" paused
expect_equal "ps while paused" "$(rt ps --format json "$id")" "[$pid]"
expect_status 0 rt resume "$id"
expect_equal "status" "$(status_of "$id")" running
expect_status 0 rt pause "$id"
expect_status 0 rt kill "$id" KILL
for _ in $(seq 50); do [[ $(status_of "$id") == stopped ]] && break || sleep 0.1; done
expect_equal "killed while paused" "$(status_of "$id")" stopped
expect_status 1 rt pause "$id"
expect_text "pause of a stopped one" "$err" "container not running"
expect_status 0 rt delete "$id"
expect_status 0 rt run -d -b "$work/pause" "$id"
expect_status 0 rt pause "$id"
expect_status 0 rt delete --force "$id"
expect_nothing_left "$id"

# update
id=$prefix-update
memory=$(file_of memory memory.limit_in_bytes memory.max)
pids=$(file_of pids pids.max pids.max)
if [[ -n $memory && -n $pids ]]; then
    new_bundle update '.linux.resources += {memory:{limit:104857600},pids:{limit:20}} | .process.args=["sleep","100"]' >/dev/null
    expect_status 0 rt run -d -b "$work/update" "$id"
    expect_status 0 rt update "$id" --memory 50M --pids-limit=30
    expect_equal memory "$(cat "$memory")" 52428800
    expect_equal pids "$(cat "$pids")" 30
    expect_status 0 rt update --memory=60m "$id"
    expect_equal memory "$(cat "$memory")" 62914560
    expect_equal "pids, not given" "$(cat "$pids")" 30
    expect_status 0 bash -c "echo '{\"pids\":{\"limit\":40},\"memory\":{\"limit\":0},\"cpu\":{\"shares\":0},\"devices\":[{\"allow\":false,\"access\":\"rwm\"}]}' | '$RT' --root '$state' update -r - '$id'"
    expect_equal "pids from standard input" "$(cat "$pids")" 40
    expect_equal "0 is unchanged" "$(cat "$memory")" 62914560
    # All or nothing: the cpuset is refused after the others were written.
    expect_status 1 rt update "$id" --pids-limit 41 --memory 70M --cpuset-cpus 4000
    expect_text "refused" "$err" /linux/resources/cpu/cpus
    expect_equal "pids after a refusal" "$(cat "$pids")" 40
    expect_equal "memory after a refusal" "$(cat "$memory")" 62914560
    expect_status 1 rt update "$id" --memory 12Q
    expect_text "bad number" "$err" --memory 12Q
    expect_status 1 rt update "$id" --memory 9999999999G
    expect_status 1 rt update "$id" -r "$work/none.json"
    expect_status 0 rt pause "$id"
    expect_status 0 rt update "$id" --pids-limit 42
    expect_equal "still paused" "$(status_of "$id")" paused
    expect_equal "pids" "$(cat "$pids")" 42
    expect_status 0 rt delete --force "$id"
    expect_nothing_left "$id"
fi
expect_status 1 rt update "$prefix-none" --memory 50M
expect_text "unknown" "$err" "container does not exist"

finish
