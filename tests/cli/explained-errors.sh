#!/usr/bin/env bash
# What users of other runtimes ask for help with: each failure is told in one line that names the directory, id, range, limit or
# file, and a hint what to do.
source "$(dirname "$0")/lib.bash"
source "$(dirname "$0")/accounts.bash"

user_map=$(userns 0:100000:65536)
box=$work/user
config() { (cd "$box" && rm -f config.json && "$RT" spec && jq ".process.terminal=false | .process.args=[\"true\"] | $1" config.json >new && mv new config.json && chmod 644 config.json); }
id=$prefix-explained

# told WHO NAME SHELL FRAGMENT...: run by WHO fails so, in one line, and has a hint.
told() {
    local who=$1 name=$2 shell=$3 lines hints
    shift 3
    (cd "$box" && eval "$shell")
    if [[ $who == root ]]; then
        run=(rt run -b "$box" "$id")
    else
        run=(urt run "$id")
    fi
    expect_status "${status:-125}" "${run[@]}"
    expect_text "$name" "$err" "$@"
    lines=$(grep -vc -e '^  ' -e ': warning: ' <<<"$err" || true) hints=$(grep -c '^  hint: ' <<<"$err" || true)
    expect_equal "$name: lines of '$err'" "$lines $hints" "1 ${hinted:-1}"
    expect_equal "$name leaves nothing" "$(cat "$state/$id" "$work/run/rt/$id" 2>/dev/null; grep "$box" /proc/self/mountinfo)" ""
}
again() { rm -rf "$box/rootfs" && cp -a "$work/rootfs" "$box/rootfs"; }
"$SOURCE_DIR/bundles/make-rootfs" "$work/rootfs"
again

# --- a path that root of the container may not walk ---
config "$user_map"
told root "a closed rootfs" "chmod 700 rootfs" "$box/rootfs" "mode 0700" "host uid 100000" "chmod o+x $box/rootfs"
again
config "$user_map | .process.args=[\"/closed/true\"]"
status=126 told root "a closed directory above the program" "mkdir rootfs/closed; cp rootfs/bin/busybox rootfs/closed/true; chmod 700 rootfs/closed" \
    "/closed" "0700" "100000" "chmod o+x"
config "$user_map | .process.cwd=\"/closed\""
told root "a closed working directory" : "/closed" "/process/cwd"
config "$user_map | .mounts += [{destination:\"/closed/here\",type:\"tmpfs\"}]"
told root "a closed directory above a mount point" : "/closed" "0700"
config "$user_map | .mounts += [{destination:\"/new/place\",type:\"tmpfs\"}]"
told root "a mount point that root of the container cannot make" : "/new" "mode 0755" "100000"

# --- mappings that the kernel refuses: which entry, and by which rule ---
config "$(userns 0:100000:10 5:200000:10)"
told root "overlap inside" : /linux/uidMappings/1 "overlap" "5"
config "$(userns 0:100000:10 10:100005:10)"
told root "overlap outside" : /linux/uidMappings/1 "overlap" "100005"
config "$(userns 0:4294967290:10)"
told root "past the end" : /linux/uidMappings/0 "4294967"
config "$(userns 0:100000:0)"
told root "no ids" : /linux/uidMappings/0 "size"
config "$user_map | .linux.uidMappings=[range(341)|{containerID:.,hostID:(200000+.),size:1}]"
told root "too many lines" : /linux/uidMappings 341 340
config "$user_map | .linux.uidMappings=[range(340)|{containerID:(1000000000+.),hostID:(2000000000+.*2),size:1}]"
told root "more text than the kernel takes" : /linux/uidMappings "340"

# --- ids that are not there ---
config "$(userns 0:100000:10) | .process.user={uid:33,gid:0}"
told root "no such user" : /process/user/uid "uid 33" "0-9"
config "$(userns 0:100000:10) | .process.user={uid:0,gid:33}"
told root "no such group" : /process/user/gid "gid 33" "0-9"
config "$(userns 0:100000:10) | .mounts += [{destination:\"/tmp\",type:\"tmpfs\",options:[\"uid=33\"]}]"
told root "no such owner of a file system" : "user 33" "0-9"

# --- an ordinary user: what is hers, and who gives more ---
ranges "anna:300000:10"
config .
told anna "a privileged config" : "CAP_SYS_ADMIN" "rt spec --rootless"
config "$(userns 0:400000:10)"
told anna "ids of nobody" : "uids 400000-400009 are not yours" "300000-300009" "/etc/subuid" "usermod --add-subuids 400000-400009 anna"
ranges
config "$(userns 0:300000:10)"
told anna "no ids at all" : "/etc/subuid" "anna" "usermod"
config "$(userns 0:12345:1) | .process.user.additionalGids=[0]"
told anna "groups that cannot be set" : /process/user/additionalGids setgroups
config "$(userns 0:12345:1) | .linux.resources={pids:{limit:10}}"
told anna "a limit without a cgroup of her own" : "cgroup" "pids"
config "$(userns 0:12345:1) | .process.rlimits=[{type:\"RLIMIT_NOFILE\",soft:10,hard:4000000}]"
told anna "a limit above her own" : "RLIMIT_NOFILE" "4000000" "CAP_SYS_RESOURCE"
config "$(userns 0:12345:1) | .process.oomScoreAdj=-500"
told anna "an oom score below her own" : "oom_score_adj" "-500" "CAP_SYS_RESOURCE"
mkdir -p "$work/away/rootfs" && chmod 700 "$work/away"
config "$(userns 0:12345:1) | .root.path=\"$work/away/rootfs\""
told anna "a rootfs in somebody else's home" : "$work/away/rootfs" "'$work/away' may not be searched by host uid 12345" "mode 0700" "chmod o+x"
config "$(userns 0:12345:1) | .mounts += [{destination:\"/tmp\",type:\"bind\",source:\"$work/away/rootfs\",options:[\"bind\"]}]"
told anna "a source in somebody else's home" : "$work/away/rootfs" "'$work/away' may not be searched by host uid 12345" "mode 0700" "chmod o+x"
ranges "anna:300000:10"
mkdir -p "$box/private/source" && chmod 700 "$box/private" && chown -R 12345:12345 "$box/private"
config "$(userns 0:300000:10) | .mounts += [{destination:\"/tmp\",type:\"bind\",source:\"$box/private/source\",options:[\"bind\"]}]"
told anna "her own source, closed to root of her container" : "'$box/private' may not be searched by host uid 300000" "mode 0700" "chmod o+x"

# --- what a user namespace may not mount ---
config "$user_map | .linux.namespaces |= map(select(.type!=\"ipc\"))"
hinted=0 told root "mqueue" : "mqueue on /dev/mqueue" '{ "type": "ipc" }'
config "$user_map | .mounts += [{destination:\"/tmp\",type:\"debugfs\"}]"
hinted=0 told root "debugfs" : "debugfs on /tmp" "user namespace"
cover=(unshare --mount --propagation private sh -c 'mount -t tmpfs none /proc/fs; exec "$@"' sh)
config "$user_map"
expect_status 125 "${cover[@]}" "$RT" --root "$state" run -b "$box" "$id"
expect_text "a covered /proc" "$err" "proc on /proc" "/proc/fs" "covered" "maskedPaths"

# --- namespaces of others ---
unshare --user --uts --kill-child sleep 1000 &
other=$!
until [[ $(readlink "/proc/$other/ns/uts") != $(readlink /proc/self/ns/uts) ]]; do sleep 0.05; done
config "$(userns 0:12345:1) | del(.hostname) | .linux.namespaces |= map(if .type==\"uts\" then .path=\"/proc/$other/ns/uts\" else . end)"
told anna "a namespace that is not hers" : "uts namespace" "/proc/$other/ns/uts"
config "$user_map | .linux.namespaces |= map(if .type==\"network\" then .path=\"/proc/$other/ns/uts\" else . end)"
told root "a namespace of another type" : "network namespace" "of the type uts"
kill -KILL "$other" && wait "$other" 2>/dev/null || true

# --- what others let pass, or answer with EINVAL ---
config '.process.rlimits=[{type:"RLIMIT_CORE",soft:1,hard:1},{type:"RLIMIT_CORE",soft:1,hard:1}]'
told root "a limit twice" : /process/rlimits/1 RLIMIT_CORE
config '.linux.devices=[{path:"/etc/passwd",type:"c",major:1,minor:5}]'
told root "a file at the place of a device" : "/etc/passwd"
config '.ociVersion="2.0.0"'
told root "a version of the future" : /ociVersion 2.0.0
config '.process.cwd="tmp"'
hinted=0 told root "a relative working directory" : /process/cwd
config '.linux.rootfsPropagation="both"'
hinted=0 told root "an unknown propagation" : /linux/rootfsPropagation both
config '.hooks.createRuntime=[{path:"bin/true"}]'
hinted=0 told root "a relative hook" : /hooks/createRuntime/0/path
config '.hooks.createRuntime=[{path:"/bin/true",timeout:0}]'
told root "no time for a hook" : /hooks/createRuntime/0/timeout
config '.mounts += [{destination:"/tmp",type:"tmpfs",options:["silent","loud","iversion"]}]'
expect_status 0 rt run -b "$box" "$id"

finish
