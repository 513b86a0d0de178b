#!/usr/bin/env bash
# rt explain: what a container has, compared with /proc and the files of its cgroup, and what is not as its config.json says.
source "$(dirname "$0")/lib.bash"

ask() { jq -rc "$1" <<<"$out"; }
places() { ask '[.differences[] | .place]'; }
id=$prefix-web
new_bundle web "$(userns 0:100000:1000 1000:200000:1) | del(.linux.namespaces[] | select(.type==\"network\")) |
    .mounts |= map(select(.type!=\"sysfs\" and .type!=\"cgroup\")) | .process.args=[\"sleep\",\"1000\"] |
    .process.user={uid:0,gid:0,additionalGids:[33],umask:23} | .process.oomScoreAdj=77 |
    .process.rlimits=[{type:\"RLIMIT_NOFILE\",soft:100,hard:200}] |
    .linux.seccomp={defaultAction:\"SCMP_ACT_ALLOW\",syscalls:[{names:[\"acct\"],action:\"SCMP_ACT_ERRNO\"}]} |
    .linux.maskedPaths=[\"/proc/keys\",\"/proc/none\"] | .linux.readonlyPaths=[\"/proc/sys\"]" >/dev/null

# Before start it is explained too; its program is not there yet.
expect_status 0 rt create -b "$work/web" "$id"
expect_status 0 rt explain --json "$id"
expect_equal "created" "$(ask '[.status,.differences]')" '["created",[]]'
expect_status 0 rt start "$id"
pid=$(rt state "$id" | jq .pid)
await() { for _ in $(seq 200); do "$@" && return; sleep 0.05; done; fail "never true: $*"; }
runs() { [[ $(tr '\0' ' ' <"/proc/$pid/cmdline") == sleep* ]]; }
await runs

expect_status 0 rt explain --json "$id"
expect_equal "nothing differs" "$(ask .differences)" '[]'
expect_equal "who" "$(ask '[.id,.status,.pid,.bundle]')" "[\"$id\",\"running\",$pid,\"$work/web\"]"
status() { awk -v name="$1:" '$1==name {print $2}' "/proc/$pid/status"; }
for pair in user:user pid:pid mount:mnt network:net ipc:ipc uts:uts cgroup:cgroup; do
    link=$(readlink "/proc/$pid/ns/${pair#*:}")
    expect_equal "namespace ${pair%:*}" "${pair#*:}:[$(ask ".namespaces[] | select(.type==\"${pair%:*}\") | .inode")]" "$link"
done
expect_equal "who owns them" "$(ask '.namespaces[] | select(.type=="pid") | .userNamespace')" \
    "$(ask '.namespaces[] | select(.type=="user") | .inode')"
for kind in uid gid; do
    expect_equal "$kind map" "$(ask ".${kind}Mappings[] | [.containerID,.hostID,.size] | join(\" \")" | sort)" \
        "$(awk '{print $1, $2, $3}' "/proc/$pid/${kind}_map" | sort)"
done
expect_equal "ids" "$(ask '.process | [.uid,.hostUid,.gid,.hostGid,.umask]')" '[0,100000,0,100000,23]'
expect_equal "groups" "$(ask '.process.groups')" '[{"gid":33,"hostGid":100033}]'
for pair in effective:CapEff permitted:CapPrm inheritable:CapInh bounding:CapBnd ambient:CapAmb; do
    bits=$((16#$(status "${pair#*:}")))
    count=0 rest=$bits
    while ((rest)); do count=$((count + (rest & 1))) rest=$((rest >> 1)); done
    expect_equal "${pair%:*}" "$(ask ".process.capabilities.${pair%:*} | length")" "$count"
done
expect_equal "names" "$(ask '.process.capabilities.bounding | sort')" \
    "$(jq -c '.process.capabilities.bounding | sort' "$work/web/config.json")"
expect_equal "no_new_privs" "$(ask .process.noNewPrivileges)" "$([[ $(status NoNewPrivs) == 1 ]] && echo true || echo false)"
expect_equal "seccomp" "$(ask '.process.seccomp')" "{\"mode\":\"filter\",\"filters\":$(status Seccomp_filters)}"
expect_equal "oom_score_adj" "$(ask .process.oomScoreAdj)" "$(<"/proc/$pid/oom_score_adj")"
expect_equal "open files" "$(ask '.process.rlimits[] | select(.type=="RLIMIT_NOFILE") | [.soft,.hard]')" '[100,200]'
expect_equal "how many limits" "$(ask '.process.rlimits | length')" "$(tail -n +2 "/proc/$pid/limits" | wc -l)"
expect_equal "mounts" "$(ask '.mounts[].destination')" "$(awk '{print $5}' "/proc/$pid/mountinfo")"
expect_equal "their options" "$(ask '.mounts[].options | join(",")')" "$(awk '{print $6}' "/proc/$pid/mountinfo")"

expect_status 0 rt explain "$id"
expect_text "the text" "$out" "$id is running: process $pid of the bundle $work/web" "0, on the host 100000" "33, on the host 100033" \
    "1 filter" "RLIMIT_NOFILE" "DIFFERENCES FROM CONFIG.JSON
none"

# What is changed in a running container is found: limits, mounts, attributes.
if expect_status 0 rt update --pids-limit 55 "$id"; then
    mkdir "$work/data"
    echo '[{"destination":"/mnt","type":"tmpfs","source":"tmpfs"}]' >"$work/more.json"
    expect_status 0 rt mounts add "$id" "$work/more.json"
    prlimit --pid "$pid" --nofile=50:60
    echo 78 >"/proc/$pid/oom_score_adj"
    nsenter -t "$pid" -m umount /proc/keys
    expect_status 0 rt explain --json "$id"
    expect_equal "pids" "$(ask .cgroup.pids.limit)" 55
    expect_equal "places" "$(places)" '["/process/oomScoreAdj","/process/rlimits/0","/linux/maskedPaths/0","/mounts"]'
    expect_equal "a mount" "$(ask '.differences[] | select(.place=="/mounts") | [.config,.actual]')" '[null,"tmpfs on /mnt"]'
    expect_status 0 rt explain "$id"
    expect_text "the differences" "$out" "RLIMIT_NOFILE 100 200" "RLIMIT_NOFILE 50 60" "in sight"
fi

# Without root: not the container of somebody else, but an own one.
as_user() { setpriv --reuid 12345 --regid 12345 --clear-groups "$work/rt" --root "$work/of-user" "$@"; }
cp "$RT" "$work/rt"
chmod 755 "$work/rt"
if setpriv --reuid 12345 --regid 12345 --clear-groups unshare --user true 2>/dev/null; then
    expect_status 1 setpriv --reuid 12345 --regid 12345 --clear-groups "$work/rt" --root "$state" explain "$id"
    expect_text "not allowed" "$err" "belongs to uid 0"
    install -d -o 12345 -g 12345 "$work/of-user"
    new_bundle own "$(userns 0:12345:1) | .process.args=[\"sleep\",\"1000\"] |
        .mounts |= map(select(.type!=\"cgroup\" and .type!=\"devpts\")) | del(.linux.resources)" >/dev/null
    expect_status 0 as_user run -d -b "$work/own" "$prefix-own"
    expect_status 0 as_user explain --json "$prefix-own"
    expect_equal "an own one" "$(ask '[.process.uid,.process.hostUid,.uidMappings[].size,.differences]')" '[0,12345,1,[]]'
    as_user delete --force "$prefix-own"
else
    echo "an ordinary user may not make user namespaces here"
fi
rt delete --force "$id"

# The default config, as it is, and with a limit that is changed later.
id=$prefix-plain
new_bundle plain '.process.args=["sleep","1000"] | .linux.resources.pids.limit=60 | .linux.resources.memory.limit=100000001' >/dev/null
expect_status 0 rt run -d -b "$work/plain" "$id"
expect_status 0 rt explain --json "$id"
expect_equal "as it is" "$(ask '[.differences,.uidMappings]')" '[[],[]]'
expect_equal "limits" "$(ask '[.cgroup.pids.limit,.cgroup.memory.limit]')" '[60,99999744]'
expect_status 0 rt update --pids-limit 61 --memory 200000000 "$id"
expect_status 0 rt explain --json "$id"
expect_equal "changed limits" "$(places | jq -c sort)" '["/linux/resources/memory/limit","/linux/resources/pids/limit"]'
rt kill "$id" KILL
stopped() { [[ $(rt state "$id" | jq -r .status) == stopped ]]; }
await stopped
expect_status 1 rt explain "$id"
expect_text "a stopped one" "$err" "does not run" "rt check -b $work/plain"
expect_status 1 rt explain "$prefix-none"
expect_text "no such container" "$err" "does not exist"
finish
