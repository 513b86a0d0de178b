#!/usr/bin/env bash
# The effect of limits, every flag of update there and back, and what is refused and why: on whatever layout this machine has.
source "$(dirname "$0")/lib.bash"
id=$prefix-limits

# file_of CONTROLLER V1-FILE V2-FILE: path of the control file of the container; empty when no hierarchy has the controller.
file_of() {
    local root
    root=$(awk -v c="$1" '$3 == "cgroup" && ("," $4 ",") ~ "," c "," { print $2; exit }' /proc/mounts)
    if [[ -n $root ]]; then echo "$root/$id/$2" && return; fi
    root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
    if [[ -n $root ]] && grep -qw "$1" "$root/cgroup.controllers"; then echo "$root/$id/$3"; fi
}
is_v1() { [[ $(file_of "$1" v1 v2) == */v1 ]]; }
unset_here=()

# A field of config.json: create, and the file holds it. V1-FILE or V2-FILE "-": there is none.
field() {  # CONTROLLER V1-FILE V1-TEXT V2-FILE V2-TEXT FILTER
    local file text=$3
    file=$(file_of "$1" "$2" "$4")
    is_v1 "$1" || text=$5
    if [[ -z $file || $file == */- ]]; then unset_here+=("$1 $6"); return; fi
    rm -rf "${work:?}/field"
    new_bundle field ".linux.resources += $6" >/dev/null
    # What this kernel has no file for is refused with its name, not dropped.
    "$RT" --root "$state" create -b "$work/field" "$id" 2>"$work/err" </dev/null || true
    # Under the BFQ scheduler its own file comes first.
    [[ $2 != blkio.weight || ! -e ${file%/*}/blkio.bfq.weight ]] || file=${file%/*}/blkio.bfq.weight
    [[ $4 != io.bfq.weight || -e $file || ! -e ${file%/*}/io.weight ]] || { file=${file%/*}/io.weight text="default 4950"; }
    if [[ -e $file ]]; then
        checks=$((checks + 1))
        grep -qFx -e "$text" "$file" || fail "$6: '$text' is not in $file: $(<"$file")"
        expect_status 0 rt delete "$id"
    else
        expect_text "$6" "$(<"$work/err")" /linux/resources/
        "$RT" --root "$state" delete --force "$id"
        unset_here+=("$1 $6")
    fi
    expect_nothing_left "$id"
}
field memory memory.swappiness 40 - - '{memory:{swappiness:40}}'
field memory memory.oom_control "oom_kill_disable 1" - - '{memory:{limit:104857600,disableOOMKiller:true}}'
field memory memory.kmem.tcp.limit_in_bytes 8388608 - - '{memory:{kernelTCP:8388608}}'
field memory memory.limit_in_bytes 104857600 memory.max 104857600 '{memory:{limit:104857600,useHierarchy:true,checkBeforeUpdate:true}}'
field cpu cpu.rt_runtime_us 1000 - - '{cpu:{realtimeRuntime:1000}}'
field cpu cpu.rt_period_us 500000 - - '{cpu:{realtimePeriod:500000}}'
field cpu cpu.cfs_quota_us -1 cpu.max "max 100000" '{cpu:{quota:-1}}'
field blkio blkio.weight 500 - - '{blockIO:{weight:500}}'
field io - - io.bfq.weight "default 500" '{blockIO:{weight:500}}'
field net_cls net_cls.classid 1048577 - - '{network:{classID:1048577}}'
field net_prio net_prio.ifpriomap "lo 5" - - '{network:{priorities:[{name:"lo",priority:5}]}}'
field hugetlb hugetlb.2MB.limit_in_bytes 4194304 hugetlb.2MB.max 4194304 '{hugepageLimits:[{pageSize:"2MB",limit:4194304}]}'
is_v1 hugetlb || field hugetlb - - hugetlb.2MB.max 2097152 '{hugepageLimits:[{pageSize:"2MB",limit:4194304}],unified:{"hugetlb.2MB.max":"2097152"}}'
is_v1 memory || field memory - - memory.high 52428800 '{unified:{"memory.high":"52428800"}}'
disk=$(lsblk -dno MAJ:MIN,NAME 2>/dev/null | awk '$2 !~ /zram|loop|ram/ { print $1; exit }')
for key in "ReadBps read_bps rbps" "WriteBps write_bps wbps" "ReadIOPS read_iops riops" "WriteIOPS write_iops wiops"; do
    read -r name v1 v2 <<<"$key"
    device="{major:${disk%:*},minor:${disk#*:},rate:5000}"
    [[ -n $disk ]] || break
    field blkio "blkio.throttle.${v1}_device" "$disk 5000" - - "{blockIO:{throttle${name}Device:[$device]}}"
    line="$disk rbps=max wbps=max riops=max wiops=max"
    field io - - io.max "${line/$v2=max/$v2=5000}" "{blockIO:{throttle${name}Device:[$device]}}"
done
# A weight for one device, where a scheduler of that device takes one.
takes_weight() {  # CONTROLLER FILE
    local root
    root=$(file_of "$1" x x) && [[ -n $root ]] || return 1
    root=${root%/x}
    mkdir "$root-probe"
    local taken=0
    echo "$disk 500" 2>/dev/null >"$root-probe/$2" || taken=1
    rmdir "$root-probe"
    return $taken
}
weights='{blockIO:{weightDevice:[{major:'${disk%:*}',minor:'${disk#*:}',weight:500}]}}'
for entry in "blkio blkio.bfq.weight_device 500" "io io.bfq.weight 500" "io io.weight 4950"; do
    read -r controller file text <<<"$entry"
    [[ -n $disk ]] && takes_weight "$controller" "$file" || continue
    field "$controller" "$file" "$disk $text" "$file" "$disk $text" "$weights"
    weights=
    break
done
[[ -z $weights ]] || unset_here+=("blockIO.weightDevice")
((${#unset_here[@]} == 0)) || echo "not on this machine: ${unset_here[*]}"

refused() { expect_refused ".linux.resources += $1" "${@:2}"; }  # JQ-FILTER FRAGMENT...
refused '{blockIO:{weight:5}}' /linux/resources/blockIO/weight "between 10 and 1000"
refused '{blockIO:{weightDevice:[{major:8,minor:0}]}}' /linux/resources/blockIO/weightDevice/0
refused '{cpu:{quota:10000,burst:20000}}' /linux/resources/cpu/burst "above the quota"
refused '{unified:{"bogus.max":"1"}}' /linux/resources/unified "controller bogus is not available"
if [[ -n $(file_of memory a b) ]] && ! is_v1 memory; then
    refused '{memory:{swappiness:40}}' /linux/resources/memory/swappiness "cgroup v2 has no such value"
    refused '{memory:{disableOOMKiller:true}}' /linux/resources/memory/disableOOMKiller "cgroup v2 has no such value"
    refused '{memory:{kernelTCP:8388608}}' /linux/resources/memory/kernelTCP "cgroup v2 has no such value"
    refused '{cpu:{realtimeRuntime:1000}}' /linux/resources/cpu/realtimeRuntime "cgroup v2 has no such value"
    refused '{network:{classID:1}}' /linux/resources/network/classID "cgroup v2 has no such value"
    refused '{unified:{"memory.bogus":"1"}}' /linux/resources/unified/memory.bogus "this kernel has no 'memory.bogus'"
fi

# Effects: a hog is killed, and the status says by what; half of a CPU is throttled, as the kernel counts; a fork bomb ends.
script() { echo ".process.args=[\"sh\",\"-c\",$(jq -n --arg s "$1" '$s')]"; }
if [[ -n $(file_of memory a b) ]]; then
    # The program itself becomes the hog: it is the first process that the kernel ends.
    new_bundle hog '.linux.resources += {memory:{limit:33554432,swap:33554432}} | .process.args=["tail","-c","200000000","/dev/zero"]' >/dev/null
    expect_status 137 rt run --keep -b "$work/hog" "$id"
    kills=$(awk '$1 == "oom_kill" { print $2 }' "$(file_of memory memory.oom_control memory.events)")
    checks=$((checks + 1))
    ((kills > 0)) || fail "the kernel counts no kill: $kills"
    expect_status 0 rt delete "$id"
fi
if [[ -n $(file_of cpu a b) ]]; then
    # A tenth of a CPU: so much is there on a machine that is busy too.
    new_bundle busy ".linux.resources += {cpu:{quota:4000,period:40000}} | $(script 'while :; do :; done')" >/dev/null
    expect_status 0 rt run -d -b "$work/busy" "$id"
    counter() { awk -v key="$1" '$1 == key { print $2 }' "$(file_of cpu cpu.stat cpu.stat)"; }
    for _ in $(seq 300); do (($(counter nr_throttled) < 20)) || break; sleep 0.1; done
    expect_status 0 rt pause "$id"
    before=$(counter nr_periods) throttled=$(counter nr_throttled)  # the clock of the periods runs out only now
    expect_status 0 rt events --stats "$id"
    used=$(jq .data.cpu.usage.total <<<"$out")
    checks=$((checks + 4))
    # What the kernel hands out at once (5 ms for each CPU) comes to the quota of a period.
    (($(counter nr_throttled) >= 20)) || fail "$(counter nr_throttled) of $(counter nr_periods) periods throttled"
    ((used <= ($(counter nr_periods) + 2) * 12000000)) || fail "$used ns in $(counter nr_periods) periods, in each of which 4 ms may be used"
    shown=$(jq .data.cpu.throttling.periods <<<"$out")
    ((before <= shown && shown <= $(counter nr_periods))) || fail "events shows $shown periods, not $before to $(counter nr_periods)"
    shown=$(jq .data.cpu.throttling.throttledPeriods <<<"$out")
    ((throttled <= shown && shown <= $(counter nr_throttled))) || fail "events shows $shown throttled periods, not $throttled to $(counter nr_throttled)"
    expect_status 0 rt delete --force "$id"
fi
if [[ -n $(file_of pids a b) ]]; then
    new_bundle bomb ".linux.resources += {pids:{limit:16}} | $(script 'b() { b | b & }; b; sleep 1; echo still here')" >/dev/null
    "$RT" --root "$state" run -d -b "$work/bomb" "$id" >/dev/null 2>&1 </dev/null
    for _ in $(seq 200); do [[ $(awk '$1 == "max" { print $2 }' "$(file_of pids pids.events pids.events)") == 0 ]] || break; sleep 0.05; done
    checks=$((checks + 1))
    [[ $(<"$(file_of pids pids.current pids.current)") -le 16 ]] || fail "more processes than the limit"
    expect_status 0 rt delete --force "$id"
fi
new_bundle device ".linux.devices += [{path:\"/dev/some\",type:\"c\",major:1,minor:11}] | $(script ': </dev/null && : >/dev/some')" >/dev/null
expect_status 1 rt run -b "$work/device" "$id"
expect_text "a device without a rule" "$err" "/dev/some" "Operation not permitted"
change_config device '.linux.resources.devices += [{allow:true,type:"c",major:1,minor:11,access:"w"}]'
expect_status 0 rt run -b "$work/device" "$id"
expect_nothing_left "$id"

# update: each flag, read back, and back again.
new_bundle update '.linux.resources += {memory:{limit:209715200}} | .process.args=["sleep","1000"]' >/dev/null
if [[ -z $(file_of memory a b) || -z $(file_of cpu a b) ]]; then echo "not on this machine: memory or cpu"; finish; fi
expect_status 0 rt run -d -b "$work/update" "$id"
round() {  # FLAG NEW OLD CONTROLLER V1-FILE V1-TEXT V2-FILE V2-TEXT
    local file before text=$6
    file=$(file_of "$4" "$5" "$7")
    is_v1 "$4" || text=$8
    [[ -n $file && -e $file ]] || return 0
    before=$(head -n 1 "$file")
    expect_status 0 rt update "$1=$2" "$id"
    expect_equal "$1" "$(head -n 1 "$file")" "$text"
    expect_status 0 rt update "$id" "$1" "$3"
    expect_equal "$1 back" "$(head -n 1 "$file")" "$before"
}
flag() {  # FLAGS CONTROLLER V1-FILE V1-TEXT V2-FILE V2-TEXT
    local file text=$4
    file=$(file_of "$2" "$3" "$5")
    is_v1 "$2" || text=$6
    [[ -n $file && -e $file ]] || return 0
    # shellcheck disable=SC2086  # words
    expect_status 0 rt update $1 "$id"
    expect_equal "$1" "$(head -n 1 "$file")" "$text"
}
round --memory 100M 200M memory memory.limit_in_bytes 104857600 memory.max 104857600
flag "--memory-reservation 50M" memory memory.soft_limit_in_bytes 52428800 memory.low 52428800
flag "--memory-reservation -1" memory memory.soft_limit_in_bytes 9223372036854771712 memory.low max
round --memory-swap 300M -1 memory memory.memsw.limit_in_bytes 314572800 memory.swap.max 104857600
round --pids-limit 77 -1 pids pids.max 77 pids.max 77
round --cpu-share 2048 1024 cpu cpu.shares 2048 cpu.weight 174
round --cpu-period 50000 100000 cpu cpu.cfs_period_us 50000 cpu.max "max 50000"
round --cpu-quota 60000 -1 cpu cpu.cfs_quota_us 60000 cpu.max "60000 100000"
flag "--cpu-quota 60000 --cpu-burst 20000" cpu cpu.cfs_burst_us 20000 cpu.max.burst 20000
flag "--cpu-burst 0" cpu cpu.cfs_burst_us 0 cpu.max.burst 0
flag "--cpu-quota -1" cpu cpu.cfs_quota_us -1 cpu.max "max 100000"
round --cpu-idle 1 0 cpu cpu.idle 1 cpu.idle 1
round --cpuset-cpus 0 "$(cat "$(file_of cpuset cpuset.cpus cpuset.cpus.effective)")" cpuset cpuset.cpus 0 - -
round --cpuset-mems 0 0 cpuset cpuset.mems 0 - -  # on v2 it is empty before, which no option brings back
for weight in blkio.bfq.weight blkio.weight; do
    [[ -e $(file_of blkio "$weight" -) ]] && round --blkio-weight 300 "$(cat "$(file_of blkio "$weight" -)")" blkio "$weight" 300 - - && break
done
flag "--cpu-rt-runtime 1000" cpu cpu.rt_runtime_us 1000 - -
round --cpu-rt-period 500000 1000000 cpu cpu.rt_period_us 500000 - -
is_v1 cpu || for option in --cpu-rt-period --cpu-rt-runtime; do
    expect_status 1 rt update "$id" "$option" 500000
    expect_text "$option" "$err" /linux/resources/cpu/realtime "cgroup v2 has no such value"
done

# A11: below the usage it is refused, on v1 too, where the kernel would take back what it can.
jq -n '{memory:{limit:4096,checkBeforeUpdate:true}}' >"$work/low.json"
before=$(cat "$(file_of memory memory.limit_in_bytes memory.max)")
expect_status 1 rt update -r "$work/low.json" "$id"
expect_text "checkBeforeUpdate" "$err" "rejecting memory limit 4096" /linux/resources/memory/limit
expect_equal "the limit after it" "$(cat "$(file_of memory memory.limit_in_bytes memory.max)")" "$before"
expect_equal "the container" "$(rt state "$id" | jq -r .status)" running

# events: numbers of the kernel's files.
expect_status 0 rt pause "$id"
expect_status 0 rt events --stats "$id"
same() {  # MEMBER CONTROLLER V1-FILE V2-FILE
    local file
    file=$(file_of "$2" "$3" "$4")
    [[ -z $file || ! -e $file ]] || expect_equal "$1" "$(jq -r ".data.$1" <<<"$out")" "$(jq . "$file")"
}
same memory.usage.limit memory memory.limit_in_bytes memory.max
# The kernel gives back what it had charged ahead for each processor whenever it likes: a paused container's figure moves by pages too.
usage=$(file_of memory memory.usage_in_bytes memory.current)
if [[ -n $usage ]]; then
    checks=$((checks + 1))
    far=$(($(jq .data.memory.usage.usage <<<"$out") - $(cat "$usage")))
    ((${far#-} < 1 << 20)) || fail "memory.usage.usage is $far bytes from the kernel's"
fi
same pids.current pids pids.current pids.current
is_v1 cpu && same cpu.usage.total cpuacct cpuacct.usage -
same 'cpuset.mems[0]' cpuset cpuset.mems cpuset.mems.effective
if is_v1 memory; then
    same memory.usage.max memory memory.max_usage_in_bytes -
    same memory.swap.limit memory memory.memsw.limit_in_bytes -
    same memory.kernelTCP.usage memory memory.kmem.tcp.usage_in_bytes -
elif [[ -e $(file_of memory - memory.pressure) ]]; then
    expect_equal "psi" "$(jq -c '.data.cpu.psi | [keys[], (.some | keys_unsorted[])]' <<<"$out")" '["full","some","avg10","avg60","avg300","total"]'
fi
expect_status 0 rt delete --force "$id"
expect_nothing_left "$id"

# The commands that engines call often read one small file, and never config.json.
if command -v strace >/dev/null; then
    expect_status 0 rt run -d -b "$work/update" "$id"
    mv "$work/update/config.json" "$work/update/gone.json"
    for command in pause resume "ps --format json" state "kill --all" "delete --force"; do
        name=${command%% *}
        expect_status 0 strace -f -o "$work/trace" "$RT" --root "$state" $command "$id" $([[ $name != kill ]] || echo 0)
        checks=$((checks + 1))
        ! grep -q 'open.*config.json\|open.*mountinfo' "$work/trace" || fail "$name reads $(grep -m 1 'open.*config.json\|open.*mountinfo' "$work/trace")"
    done
    expect_nothing_left "$id"
fi
finish
