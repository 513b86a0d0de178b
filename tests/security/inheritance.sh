#!/usr/bin/env bash
# Whatever the caller of rt is like, the program of the container, that of exec and the hooks have what the config says, and
# nothing else: descriptors, working directory, umask, signals, keys, capabilities, ... (S10, S12; CVE-2024-21626).
source "$(dirname "$0")/lib.bash"

id=$prefix-child
image child
cp "$programs/circumstances" "$image/bin/"
hostile() { "$programs/hostile_caller" "$host/dir" "$RT" --root "$state" "$@"; }

# born UMASK INH PRM BND AMB NNP GROUPS: what such a program sees; the environment is that of the default config.
born() {
    cat <<END
cwd /
dumpable 1
securebits 0
keepcaps 0
subreaper 0
death_signal 0
personality 0
session own
terminal none
timer 0
umask $1
SigPnd 0000000000000000
ShdPnd 0000000000000000
SigBlk 0000000000000000
SigIgn 0000000000000000
SigCgt 0000000000000000
CapInh $2
CapPrm $3
CapEff $3
CapBnd $4
CapAmb $5
NoNewPrivs $6
Seccomp 0
key none
env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
env TERM=xterm
END
}
# expect_born WHAT WANTED-LINES LISTING: each line is there, no other descriptor, keyring, or variable is.
expect_born() {
    local line
    while IFS= read -r line; do
        expect_equal "$1: ${line%% *}" "$(grep -xF -- "$line" <<<"$3" || grep "^${line%% *} " <<<"$3")" "$line"
    done <<<"$2"
    expect_equal "$1: descriptors" "$(grep ^descriptor <<<"$3" | grep -v '^descriptor [012]$' || true)" "${allowed:-}"
    expect_equal "$1: variables" "$(grep '^env ' <<<"$3" | grep -vE '^env (PATH|TERM|HOME)=' || true)" ''
}

none=0000000000000000
caps=0000000020000420  # AUDIT_WRITE, KILL, NET_BIND_SERVICE: the default config
raw=0000000000002000   # NET_RAW
for maps in "$plain" "$mapped" "$same"; do
    hostile_bundle child "$maps | .process.args=[\"circumstances\"]"
    expect_status 0 hostile run -b "$work/child" "$id"
    expect_born "run, $maps" "$(born 0 $none $caps $caps $none 1)" "$out"
    expect_text "run, $maps" "$out" "keyring _ses.$id."
    change_config child '.process.user={uid:1000,gid:1000,umask:63}'
    expect_status 0 hostile run -b "$work/child" "$id"
    expect_born "as a user, $maps" "$(born 63 $none $none $caps $none 1)
Uid 1000 1000 1000 1000
Gid 1000 1000 1000 1000" "$out"

    # Inheritable and ambient ones, when the config has some: those, and not those of the caller.
    hostile_bundle child "$maps | .process.args=[\"circumstances\"] | .process.noNewPrivileges=false | .process.capabilities=([\"bounding\",\"effective\",\"permitted\",\"inheritable\"] | map({(.):[\"CAP_NET_RAW\"]}) | add)"
    expect_status 0 hostile run -b "$work/child" "$id"
    expect_born "inheritable, $maps" "$(born 0 $raw $raw $raw $none 0)" "$out"
    change_config child '.process.user.uid=1000 | .process.capabilities.ambient=["CAP_NET_RAW"]'
    expect_status 0 hostile run -b "$work/child" "$id"
    expect_born "ambient, $maps" "$(born 0 $raw $raw $raw $raw 0)" "$out"
    change_config child '.process.capabilities={}'
    expect_status 0 hostile run -b "$work/child" "$id"
    expect_born "no capability, $maps" "$(born 0 $none $none $none $none 0)" "$out"

    # exec: the same; with a capability more (S10), with fewer privileges, as a user.
    hostile_bundle child "$maps | .process.args=[\"sleep\",\"1000\"]"
    expect_status 0 rt run -d -b "$work/child" "$id"
    expect_status 0 hostile exec "$id" circumstances
    expect_born "exec, $maps" "$(born 0 $none $caps $caps $none 1)" "$out"
    expect_status 0 hostile exec --cap CAP_NET_RAW "$id" circumstances
    expect_born "exec --cap, $maps" "$(born 0 $none 0000000020002420 0000000020002420 $none 1)" "$out"
    expect_status 0 hostile exec -u 1000 --cap CAP_NET_RAW "$id" circumstances
    expect_born "exec --cap as a user, $maps" "$(born 0 $none $none 0000000020002420 $none 1)" "$out"
    jq '.process | .args=["circumstances"] | .capabilities={bounding:["CAP_KILL"],permitted:["CAP_KILL"],effective:["CAP_KILL"]} | .noNewPrivileges=false' "$work/child/config.json" >"$work/process.json"
    expect_status 0 hostile exec --process "$work/process.json" "$id"
    expect_born "exec with less, $maps" "$(born 0 $none 0000000000000020 0000000000000020 $none 0)" "$out"
    expect_status 0 rt delete --force "$id"

    # What a filter may see: it is there before the program, and after all of the above.
    hostile_bundle child "$maps | .process.args=[\"circumstances\"] | .linux.seccomp={defaultAction:\"SCMP_ACT_ALLOW\",syscalls:[{names:[\"reboot\"],action:\"SCMP_ACT_ERRNO\"}]}"
    expect_status 0 hostile run -b "$work/child" "$id"
    expect_born "with a filter, $maps" "$(born 0 $none $caps $caps $none 1 | sed 's/^Seccomp 0/Seccomp 2/')" "$out"
    change_config child '.process.noNewPrivileges=false'
    expect_status 0 hostile run -b "$work/child" "$id"
    expect_born "with a filter and new privileges, $maps" "$(born 0 $none $caps $caps $none 0 | sed 's/^Seccomp 0/Seccomp 2/')" "$out"
    expect_nothing_left "$id"
done

# Hooks have the three streams, their own environment and no blocked or ignored signal.
mkdir -m 777 "$work/hooks"
cp "$programs/circumstances" "$work/hooks/"
hook() { echo "$1:[{path:\"$2/circumstances\",args:[\"circumstances\",\"$3\"],env:[\"ONLY=this\"]}]"; }
hostile_bundle child ".mounts += [{destination:\"/log\",type:\"bind\",source:\"$work/hooks\",options:[\"bind\"]}] | .hooks={$(hook prestart "$work/hooks" "$work/hooks/prestart"),$(hook createRuntime "$work/hooks" "$work/hooks/createRuntime"),$(hook createContainer "$work/hooks" "$work/hooks/createContainer"),$(hook startContainer /bin /log/startContainer),$(hook poststart "$work/hooks" "$work/hooks/poststart"),$(hook poststop "$work/hooks" "$work/hooks/poststop")}"
expect_status 0 hostile run -b "$work/child" "$id"
for kind in prestart createRuntime createContainer startContainer poststart poststop; do
    listing=$(<"$work/hooks/$kind")
    expect_equal "$kind: variables" "$(grep '^env ' <<<"$listing")" "env ONLY=this"
    expect_equal "$kind: descriptors" "$(grep ^descriptor <<<"$listing" | xargs)" "descriptor 0 descriptor 1 descriptor 2"
    expect_text "$kind" "$listing" "SigBlk $none" "SigIgn $none" "session own" "terminal none" "death_signal 9"
done
expect_text "startContainer" "$(<"$work/hooks/startContainer")" "CapPrm $caps" "CapInh $none" "NoNewPrivs 1" "key none"
expect_nothing_left "$id"

# S12: a working directory through a descriptor of the caller or of rt, by itself and by links of the image.
for cwd in /proc/self/fd/{3..20} /proc/1/fd/{3..12} /link/3 /link/7/tmp /proc/self/cwd/../../..; do
    ln -sfn /proc/self/fd "$image/link"
    hostile_bundle child ".process.cwd=\"$cwd\" | .process.args=[\"cat\",\"canary\",\"../canary\"]"
    status=0
    hostile run -b "$work/child" "$id" >"$work/out" 2>"$work/err" </dev/null || status=$?
    checks=$((checks + 1))
    [[ $status != 0 ]] || fail "cwd $cwd: the canary was read: $(<"$work/out")"
    without_text "cwd $cwd" "$(<"$work/out")" "of the host"
done
hostile_bundle child '.process.args=["sleep","1000"]'
expect_status 0 rt run -d -b "$work/child" "$id"
for cwd in /proc/self/fd/{3..20} /link/3; do
    expect_status 125 hostile exec --cwd "$cwd" "$id" true
done
expect_status 0 rt delete --force "$id"
expect_host_unharmed "the hostile caller"
finish
