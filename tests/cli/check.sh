#!/usr/bin/env bash
# What `rt check` says of a bundle is what `rt run` does with it: over bundles that start, and over broken ones.
source "$(dirname "$0")/lib.bash"

user_map=$(userns 0:100000:65536)
box=$work/box
rootfs=$work/box-rootfs
cases=0

fresh() {  # JQ-FILTER: a bundle of its own with a root file system of its own
    rm -rf "$box" "$rootfs"
    mkdir -p "$box"
    cp -a "$work/rootfs" "$rootfs"
    cp "$work/good/config.json" "$box/config.json"
    [[ -z ${1:-} ]] || change_config box "$1"
}
new_bundle good ".root.path=\"$rootfs\"" >/dev/null

run_it() { status=0; rt run -b "$box" "$prefix-box" >"$work/out" 2>"$work/err" </dev/null || status=$?; err=$(<"$work/err"); }
check_it() { found=0; rt check -b "$box" >"$work/checked" 2>&1 || found=$?; said=$(<"$work/checked"); }

# starts NAME JQ-FILTER [SHELL]: check finds nothing (or, after "warns=1", warnings only), and it starts.
starts() {
    fresh "$2"
    (cd "$rootfs" && eval "${3:-}")
    cases=$((cases + 1)) checks=$((checks + 2))
    check_it
    [[ $found == "${warns:-0}" ]] || fail "$1: check says $found: $said"
    run_it
    [[ $status == 0 ]] || fail "$1: run says $status: $err"
}

# broken NAME JQ-FILTER SHELL FRAGMENT...: check says that it will not start, with each fragment in one finding; and it does not.
broken() {
    local name=$1 fragment
    fresh "$2"
    (cd "$rootfs" && eval "$3")
    shift 3
    cases=$((cases + 1)) checks=$((checks + 2))
    check_it
    [[ $found == 2 && $said == *"error: "*"It will not start." ]] || fail "$name: check says $found: $said"
    for fragment in "$@"; do
        checks=$((checks + 1))
        [[ $said == *"$fragment"* ]] || fail "$name: '$fragment' is not in: $said"
    done
    run_it
    [[ $status == 12[567] ]] || fail "$name: run says $status: $err"
    expect_nothing_left "$prefix-box"
}

# --- what starts ---
starts "the default" .
starts "a user namespace" "$user_map"
starts "two ranges" "$(userns 0:1000:1 1:100000:65535)"
warns=1 starts "no id 0" "$(userns 1000:101000:1000) | .process.user={uid:1000,gid:1000}"
starts "another user" "$user_map | .process.user={uid:33,gid:33}"
starts "a working directory that is made" "$user_map | .root.readonly=false | .process.cwd=\"/made/here\"" "chmod 777 ."
starts "a working directory of the user alone" '.process.user={uid:33,gid:33} | .process.cwd="/home"' \
    "mkdir -p home; chown 33:33 home; chmod 700 home"
starts "a working directory of root alone" '.process.cwd="/closed"' "mkdir closed; chmod 700 closed"
starts "a mount point that is made" "$user_map | .mounts += [{destination:\"/new\",type:\"tmpfs\"}]" "chmod 777 ."
starts "a mount point in a tmpfs" ".mounts += [{destination:\"/t\",type:\"tmpfs\"},{destination:\"/t/u\",type:\"tmpfs\"}]"
starts "a program in a bind mount" ".mounts += [{destination:\"/opt\",type:\"bind\",source:\"$work/opt\",options:[\"bind\"]}] | .process.args=[\"/opt/true\"]" \
    "mkdir -p $work/opt; cp bin/busybox $work/opt/true; chmod 755 $work/opt/true"
starts "a source in a directory of mode 0700" "$user_map | .mounts += [{destination:\"/opt\",type:\"bind\",source:\"$work/secret/opt\",options:[\"bind\"]}]" \
    "mkdir -p $work/secret/opt; chmod 700 $work/secret; chmod 777 ."
starts "a script" "$user_map | .process.args=[\"/run.sh\"]" "printf '#!/bin/sh\nexit 0\n' >run.sh; chmod 755 run.sh"
starts "a link to a program" '.process.args=["/true"]' "ln -s /bin/true true"
starts "a link that leaves the rootfs and does not" '.process.args=["/true"]' "ln -s ../../../bin/true true"
starts "PATH with gaps" '.process.env=["PATH=/none:/bin"] | .process.args=["true"]'
starts "a program by the working directory" '.process.cwd="/bin" | .process.args=["./true"]'
starts "root opens what is closed" '.process.args=["/closed/true"]' "mkdir closed; cp bin/busybox closed/true; chmod 700 closed"
starts "an access list opens it" '.process.user={uid:33,gid:33} | .process.args=["/closed/true"]' \
    "mkdir closed; cp bin/busybox closed/true; chmod 700 closed; setfacl -m u:33:rx closed"
starts "limits" '.linux.resources.pids={limit:100}'
starts "a hook" '.hooks.createRuntime=[{path:"/bin/true"}]'
starts "a hook in the container" '.hooks.startContainer=[{path:"/bin/true"}]'
starts "a read-only root" ".root.readonly=true"
starts "no namespace but mount" '.linux.namespaces=[{type:"mount"}] | .mounts |= map(select(.type=="proc" or .type=="tmpfs")) | del(.hostname)'
starts "a remount that allows programs" ".mounts += [{destination:\"/opt\",type:\"bind\",source:\"$work/opt\",options:[\"bind\",\"noexec\"]},{destination:\"/opt\",options:[\"remount\",\"bind\",\"exec\"]}] | .process.args=[\"/opt/true\"]"
starts "a capability that searches everything" '.process.capabilities={bounding:["CAP_DAC_READ_SEARCH"],effective:["CAP_DAC_READ_SEARCH"],permitted:["CAP_DAC_READ_SEARCH"]} | .process.args=["/closed/true"]' \
    "mkdir closed; cp bin/busybox closed/true; chown 33 closed; chmod 700 closed"
starts "a link that is copied and is there" ".mounts += [{destination:\"/opt\",type:\"bind\",source:\"$work/link\",options:[\"bind\",\"copy-symlink\"]}]" \
    "ln -sfn $work/opt $work/link; ln -s $work/opt opt"
starts "a masked path below a file" '.linux.maskedPaths += ["/etc/passwd/x", "/none/x"]'
starts "a parameter of the network" '.linux.sysctl={"net.ipv4.ip_forward":"1"}'
starts "a device" '.linux.devices=[{path:"/dev/zero2",type:"c",major:1,minor:5}]'
warns=1
starts "mappings without the namespace" '.linux.uidMappings=[{containerID:0,hostID:100000,size:10}] | .linux.gidMappings=[{containerID:0,hostID:100000,size:10}]'
starts "root of the host is mapped" "$(userns 0:0:65536)"
starts "accounts in the range" "$(userns 0:1:60000)" "chmod 777 ."
starts "a hook after all that is not there" '.hooks.poststop=[{path:"/nowhere"}]'
starts "a capability that nobody has" '.process.capabilities.bounding += ["CAP_NEVER"]'
warns=0

# --- config.json ---
broken "no JSON" . "echo '{' >$box/config.json" config.json "line 2"
broken "no config" . "rm $box/config.json" config.json "rt spec"
broken "a number as text" '.process.user.uid="1000"' : /process/user/uid
broken "no version" 'del(.ociVersion)' : /ociVersion
broken "a version of the future" '.ociVersion="2.0.0"' : /ociVersion
broken "no root" 'del(.root)' : /root
broken "a relative cwd" '.process.cwd="tmp"' : /process/cwd
broken "no args" '.process.args=[]' : /process/args
broken "an unknown namespace" '.linux.namespaces += [{type:"mnt"}]' : /linux/namespaces/
broken "a namespace twice" '.linux.namespaces += [{type:"pid"}]' : /linux/namespaces/
broken "two mistakes" '.process.cwd="tmp" | .linux.rootfsPropagation="both"' : /process/cwd /linux/rootfsPropagation
broken "an unknown option of a mount" '.mounts += [{destination:"/t",type:"tmpfs",options:["sise=1"]}]' : mount
broken "an unknown limit" '.process.rlimits=[{type:"RLIMIT_SOME",soft:1,hard:1}]' : /process/rlimits/0
broken "a limit twice" '.process.rlimits=[{type:"RLIMIT_CORE",soft:1,hard:1},{type:"RLIMIT_CORE",soft:1,hard:1}]' : /process/rlimits/1
broken "a hostname without its namespace" '.linux.namespaces |= map(select(.type!="uts"))' : /hostname
broken "a sysctl of the host" '.linux.sysctl={"kernel.panic":"1"}' : kernel.panic
broken "a seccomp action that is none" '.linux.seccomp={defaultAction:"SCMP_ACT_MAYBE"}' : /linux/seccomp/defaultAction
broken "no process" 'del(.process)' : /process
broken "mounts without a mount namespace" '.linux.namespaces |= map(select(.type!="mount"))' : /mounts
broken "a cgroup path with .." '.linux.cgroupsPath="/../x"' : /linux/cgroupsPath

# --- ids ---
broken "a user namespace without mappings" '.linux.namespaces += [{type:"user"}]' : /linux/ appings
broken "ranges that overlap" "$(userns 0:100000:10 5:200000:10)" : /linux/uidMappings/1 overlap
broken "ranges that overlap outside" "$(userns 0:100000:10 10:100005:10)" : /linux/uidMappings/1 overlap
broken "an empty range" "$(userns 0:100000:0)" : /linux/uidMappings/0
broken "a range past the end" "$(userns 0:4294967290:10)" : /linux/uidMappings/0
broken "too many ranges" "$user_map | .linux.uidMappings=[range(341)|{containerID:.,hostID:(200000+.),size:1}]" : /linux/uidMappings 340
broken "a user who is not mapped" "$(userns 0:100000:10) | .process.user={uid:33,gid:0}" : /process/user/uid
broken "a group that is not mapped" "$(userns 0:100000:10) | .process.user={uid:0,gid:33}" : /process/user/gid
broken "a further group that is not mapped" "$(userns 0:100000:10) | .process.user.additionalGids=[44]" : /process/user/additionalGids/0

# --- the rootfs and who reaches it ---
broken "no rootfs" . "rm -rf $rootfs" /root/path "$rootfs"
broken "a file as rootfs" . "rm -rf $rootfs; touch $rootfs" /root/path "$rootfs"
broken "a rootfs of mode 0700" "$user_map" "chmod 700 ." "$rootfs" "host uid 100000" "mode 0700" "chmod o+x"
broken "a rootfs closed to the user of the process" '.process.user={uid:33,gid:33}' "chmod 700 ." "host uid 33" "mode 0700"

# --- mounts ---
broken "no source" ".mounts += [{destination:\"/opt\",type:\"bind\",source:\"$work/nowhere/x\",options:[\"bind\"]}]" : "'$work/nowhere'" "(ENOENT)"
broken "a file on a directory" ".mounts += [{destination:\"/tmp\",type:\"bind\",source:\"/etc/passwd\",options:[\"bind\"]}]" : "a file cannot be mounted on a directory"
broken "a directory on a file" ".mounts += [{destination:\"/etc/passwd\",type:\"bind\",source:\"/tmp\",options:[\"bind\"]}]" : "a directory cannot be mounted on a file"
broken "a mount point that cannot be made" "$user_map | .mounts += [{destination:\"/new/place\",type:\"tmpfs\"}]" : "/new/place" "mode 0755" "mkdir -p $rootfs/new/place"
broken "a mount point below a file" '.mounts += [{destination:"/etc/passwd/x",type:"tmpfs"}]' : "/etc/passwd" "no directory"
broken "links in a circle" '.mounts += [{destination:"/a/x",type:"tmpfs"}]' "ln -s b a; ln -s a b" "symbolic links"
broken "/proc as a link" . "rmdir proc; ln -s tmp proc" "proc is mounted on ordinary directories only"
broken "an unknown file system" '.mounts += [{destination:"/t",type:"nosuchfs"}]' : nosuchfs
broken "a mount point in a read-only mount" ".mounts += [{destination:\"/opt\",type:\"bind\",source:\"$work/empty\",options:[\"bind\",\"ro\"]},{destination:\"/opt/t\",type:\"tmpfs\"}]" "mkdir -p $work/empty" "/opt/t" "read-only"

broken "a file at the place of a copied link" ".mounts += [{destination:\"/opt\",type:\"bind\",source:\"$work/link\",options:[\"bind\",\"copy-symlink\"]}]" "mkdir opt" copy-symlink "$rootfs/opt"
broken "a remount of nothing" '.mounts += [{destination:"/etc",options:["remount","bind","ro"]}]' : "nothing is mounted on '/etc'"
broken "a remount of what is not there" '.mounts += [{destination:"/none",options:["remount","bind","ro"]}]' : "'/none' does not exist"

broken "a copied link in a closed directory" "$user_map | .mounts += [{destination:\"/new\",type:\"bind\",source:\"$work/link\",options:[\"bind\",\"copy-symlink\"]}]" : "host uid 100000"
broken "mqueue of another ipc namespace" "$user_map | .linux.namespaces |= map(select(.type!=\"ipc\"))" : "mqueue on /dev/mqueue" '{ "type": "ipc" }'
broken "debugfs in a user namespace" "$user_map | .mounts += [{destination:\"/etc\",type:\"debugfs\"}]" : debugfs
broken "a masked link to nothing" '.linux.maskedPaths += ["/link"]' "ln -s /nowhere link" /linux/maskedPaths "'/link' is a symbolic link to nothing"
broken "a masked path in a closed directory" "$user_map | .linux.maskedPaths += [\"/closed/x\"]" "mkdir -p closed/x; chmod 700 closed" /linux/maskedPaths "'/closed'"
broken "a read-only path by links in a circle" '.linux.readonlyPaths += ["/a"]' "ln -s b a; ln -s a b" /linux/readonlyPaths "too many symbolic links"

# --- the program ---
broken "no program" '.process.args=["nothing"]' : "'nothing'" '$PATH'
broken "no program by path" '.process.args=["/bin/nothing"]' : "'/bin' " "'nothing'"
broken "a program that a mount hides" '.mounts += [{destination:"/bin",type:"tmpfs"}]' : true
broken "a directory" '.process.args=["/etc"]' : "'/etc' is a directory"
broken "not executable" '.process.args=["/data"]' "cp bin/busybox data; chmod 644 data" "mode 0644" "chmod a+x"
broken "not executable for the user" '.process.user={uid:33,gid:33} | .process.args=["/own"]' "cp bin/busybox own; chmod 700 own" "host uid 33" "mode 0700"
broken "in a closed directory" "$user_map | .process.args=[\"/closed/true\"]" "mkdir closed; cp bin/busybox closed/true; chmod 700 closed" "'/closed'" "host uid 100000" "may not be searched"
broken "an access list that grants nothing" '.process.user={uid:33,gid:33} | .process.args=["/own"]' "cp bin/busybox own; chmod 755 own; setfacl -m u:33:r own" "host uid 33"
broken "no interpreter" '.process.args=["/run.sh"]' "printf '#!/bin/nosh\n' >run.sh; chmod 755 run.sh" "its interpreter" /bin/nosh
broken "an interpreter that is closed" '.process.user={uid:33,gid:33} | .process.args=["/run.sh"]' "printf '#!/sh\n' >run.sh; chmod 755 run.sh; cp bin/busybox sh; chmod 700 sh" "its interpreter" "/sh"
broken "no loader" '.process.args=["/prog"]' "cp $(command -v jq) prog; chmod 755 prog" "its interpreter" ld-
broken "no program at all" '.process.args=["/text"]' "echo hello >text; chmod 755 text" "neither a program nor a script"
broken "for another processor" '.process.args=["/prog"]' "head -c 64 bin/busybox >prog; printf '\\x16\\x00' | dd of=prog bs=1 seek=18 conv=notrunc status=none; chmod 755 prog" "another kind of processor"
broken "on a noexec mount" ".mounts += [{destination:\"/opt\",type:\"bind\",source:\"$work/opt\",options:[\"bind\",\"noexec\"]}] | .process.args=[\"/opt/true\"]" : noexec
broken "on a mount that becomes noexec" ".mounts += [{destination:\"/opt\",type:\"bind\",source:\"$work/opt\",options:[\"bind\"]},{destination:\"/opt\",options:[\"remount\",\"bind\",\"noexec\"]}] | .process.args=[\"/opt/true\"]" : noexec
broken "root without capabilities" 'del(.process.capabilities) | .process.args=["/own"]' "cp bin/busybox own; chown 33 own; chmod 700 own" "host uid 0" "mode 0700"
broken "a capability that only reads" '.process.capabilities={bounding:["CAP_DAC_READ_SEARCH"],effective:["CAP_DAC_READ_SEARCH"],permitted:["CAP_DAC_READ_SEARCH"]} | .process.args=["/own"]' \
    "cp bin/busybox own; chown 33 own; chmod 700 own" "mode 0700"
broken "a filled tmpfs that is closed" '.process.user={uid:33,gid:33} | .process.args=["/bin/true"] | .mounts += [{destination:"/bin",type:"tmpfs",options:["tmpcopyup","mode=0700"]}]' : "mode 0700"
broken "links in a circle as program" '.process.args=["/a"]' "ln -s b a; ln -s a b" "symbolic links"
broken "a working directory that is a file" '.process.cwd="/etc/passwd"' : /process/cwd
broken "a working directory that cannot be made" '.process.cwd="/made" | .root.readonly=true' : /process/cwd "'/made' is missing" "read-only"
broken "a working directory that nobody may enter" "$user_map | .process.cwd=\"/closed\"" "mkdir closed; chmod 700 closed" /process/cwd "mode 0700"

broken "a working directory by a link to nothing" '.process.cwd="/link" | .root.readonly=false' "ln -s /nowhere link" /process/cwd "'/link' is a symbolic link"
broken "a working directory in a read-only tmpfs" '.process.cwd="/t/x" | .mounts += [{destination:"/t",type:"tmpfs",options:["ro"]}]' : /process/cwd "read-only"

# --- around it ---
broken "a hook that is not there" '.hooks.createRuntime=[{path:"/nowhere/hook"}]' : /hooks/createRuntime/0 /nowhere
broken "a hook that is no program" ".hooks.prestart=[{path:\"$work/hook\"}]" "echo >$work/hook; chmod 644 $work/hook" /hooks/prestart/0 "chmod +x"
broken "a hook that is not in the container" '.hooks.startContainer=[{path:"/bin/nothing"}]' : startContainer /bin/nothing
broken "another file at the place of a device" '.linux.devices=[{path:"/device",type:"c",major:1,minor:5}]' "echo text >device" /linux/devices/0
broken "devices in a closed rootfs" "$user_map | .mounts |= map(select(.destination | startswith(\"/dev\") | not))" : "'/dev/null' cannot be made" "host uid 100000"
broken "a device below a file" '.linux.devices=[{path:"/etc/passwd/x",type:"c",major:1,minor:5}]' : /linux/devices/0 "no directory"
broken "a namespace that is not there" ".linux.namespaces |= map(if .type==\"network\" then .path=\"/run/netns/$prefix-none\" else . end)" : /run/netns
broken "a namespace of another type" '.linux.namespaces |= map(if .type=="network" then .path="/proc/self/ns/uts" else . end)' : /proc/self/ns/uts
broken "a parameter that the kernel does not have" '.linux.sysctl={"net.ipv4.no_such":"1"}' : /linux/sysctl net.ipv4.no_such
broken "a network device that is not there" '.linux.netDevices={nosuchdev0:{}}' : /linux/netDevices/nosuchdev0
broken "an argument that is too long" '.process.args=["true", "x"*131072]' : /process/args/1 "at most 131071"
broken "no agent" ".linux.seccomp={defaultAction:\"SCMP_ACT_ALLOW\",listenerPath:\"$work/agent\",syscalls:[{names:[\"mkdir\"],action:\"SCMP_ACT_NOTIFY\"}]}" : /linux/seccomp/listenerPath "nobody listens"

# --- how it is told ---
fresh "$user_map"
chmod 700 "$rootfs"
expect_status 2 rt check --json -b "$box"
expect_equal "JSON" "$(jq -r '[.starts, (.findings[0] | .level, (.object | endswith("box-rootfs")), (.cause | contains("100000")), (.hint | length > 0))] | @json' <<<"$out")" \
    '[false,"error",true,true,true]'
expect_status 2 rt check -b "$work/nowhere"
expect_text "no bundle" "$out" "$work/nowhere"
fresh .
before=$(find "$rootfs" "$box" -printf '%p %m %U:%G %T@\n' | sort)
expect_status 0 rt check -b "$box"
expect_equal "nothing is changed" "$(find "$rootfs" "$box" -printf '%p %m %U:%G %T@\n' | sort)" "$before"
expect_equal "no color in a pipe" "${out//$'\033'/}" "$out"
echo "$cases bundles"
finish
