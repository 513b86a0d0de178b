#!/usr/bin/env bash
# What `rt check` says of a bundle is what `rt run` does with it: over bundles that start, and over broken ones.
source "$(dirname "$0")/lib.bash"
source "$(dirname "$0")/check.bash"

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
starts "a bind whose mounts below allow no programs, but itself" ".mounts += [{destination:\"/opt\",type:\"bind\",source:\"$work/opt\",options:[\"rbind\",\"rnoexec\",\"exec\"]}] | .process.args=[\"/opt/true\"]"
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
work_map='uidMappings:[{containerID:0,hostID:100000,size:10}],gidMappings:[{containerID:0,hostID:100000,size:10}]'
starts "an id-mapped bind mount that everybody can walk to" "$user_map | .mounts += [{destination:\"/opt\",type:\"bind\",source:\"$work/opt\",options:[\"bind\",\"idmap\"]}]" "mkdir opt"
expect_text "its danger" "$said" "mount 7" "set-uid" "chmod o-x"
warns=0
starts "an id-mapped bind mount in a closed directory" "$user_map | .mounts += [{destination:\"/opt\",type:\"bind\",source:\"$work/secret/opt\",options:[\"bind\",\"idmap\"]}]" "mkdir opt"
starts "an id-mapped tmpfs" "$user_map | .mounts += [{destination:\"/tmp\",type:\"tmpfs\",$work_map}]"
starts "an overlay" ".mounts += [{destination:\"/tmp\",type:\"overlay\",source:\"overlay\",options:[\"lowerdir=$work/opt:$work/secret\"]}]"
starts "an overlay with an upper directory" ".mounts += [{destination:\"/tmp\",type:\"overlay\",source:\"overlay\",options:[\"lowerdir=$work/opt\",\"upperdir=$work/layers/upper\",\"workdir=$work/layers/work\"]}]" \
    "mkdir -p $work/layers; mount -t tmpfs $prefix $work/layers; mkdir $work/layers/upper $work/layers/work"
expect_equal "check leaves the work directory alone" "$(rm -rf "$work/layers/work/work"; "$RT" --root "$state" check -b "$box" >/dev/null; ls "$work/layers/work")" ""
umount "$work/layers"
starts "a limit" '.process.rlimits=[{type:"RLIMIT_NOFILE",soft:100,hard:200},{type:"RLIMIT_CORE",soft:0,hard:0}]'
starts "an oom score" "$user_map | .process.oomScoreAdj=500"
starts "a scheduler" "$user_map | .process.scheduler={policy:\"SCHED_BATCH\",nice:-3} | .process.ioPriority={class:\"IOPRIO_CLASS_BE\",priority:2}"
starts "parameters of both namespaces" "$user_map | .linux.sysctl={\"net.ipv4.ip_forward\":\"1\",\"kernel.msgmax\":\"8000\"}"
starts "a terminal" '.process.terminal=true'
starts "a terminal in a user namespace" "$user_map | .process.terminal=true"
starts "a masked directory beside the program" '.linux.maskedPaths += ["/home"]' "mkdir -p home"
starts "a working directory in /proc" '.process.cwd="/proc/sys"'
starts "a hook that is a script" ".hooks.createRuntime=[{path:\"$work/hook\"}]" "printf '#!/bin/sh\n' >$work/hook; chmod 755 $work/hook"

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

broken "an id-mapped bind of what is id-mapped in the rootfs" "$user_map | .mounts += [{destination:\"/home\",type:\"bind\",source:\"$rootfs/var\",options:[\"bind\",\"idmap\"]},{destination:\"/mnt\",type:\"bind\",source:\"$rootfs/home\",options:[\"bind\",\"idmap\"]}]" \
    "mkdir -p home var mnt; chmod 711 home var" "mount 8 (bind on /mnt)" "id-mapped already" "EPERM"
broken "an id-mapped bind of a proc in the rootfs" "$user_map | .mounts += [{destination:\"/mnt\",type:\"bind\",source:\"$rootfs/proc/fs\",options:[\"bind\",\"idmap\"]}]" \
    "mkdir -p mnt" "mount 7 (bind on /mnt)" "does not support id-mapped mounts" "EINVAL"
starts "an id-mapped bind of a new file system in the rootfs" "$user_map | .mounts += [{destination:\"/home\",type:\"tmpfs\",options:[\"mode=711\"]},{destination:\"/mnt\",type:\"bind\",source:\"$rootfs/home\",options:[\"bind\",\"idmap\"]}]" \
    "mkdir -p home mnt"

# --- limits: what the kernel would not take, and no more than that ---
resources() { echo ".linux.cgroupsPath=\"/$prefix/above/box\" | .linux.resources=$1"; }
starts "limits of all kinds" "$(resources '{memory:{limit:64000000},cpu:{shares:100,quota:50000,period:100000,cpus:"0"},pids:{limit:50}}')"
if [[ -e /sys/fs/cgroup/cpu/cgroup.procs && -e /sys/fs/cgroup/cpuset/cgroup.procs ]]; then
    broken "a quota too small" "$(resources '{cpu:{quota:500,period:100000}}')" : /linux/resources/cpu/quota "at least 1000 microseconds"
    broken "processors that are not there" "$(resources '{cpu:{cpus:"4000"}}')" : /linux/resources/cpu/cpus "or they do not exist"
    broken "three limits at once" "$(resources '{cpu:{period:2000000,mems:"400"},pids:{limit:99999999999}}')" : \
        "error: /linux/resources/cpu/period" "error: /linux/resources/cpu/mems" "error: /linux/resources/pids/limit"
    broken "a device that is not there" "$(resources '{blockIO:{throttleReadBpsDevice:[{major:77,minor:7,rate:5}]}}')" : \
        /linux/resources/blockIO/throttleReadBpsDevice/0 "there is no such device" "$prefix/above/box/"
fi
expect_equal "cgroups are left" "$(find /sys/fs/cgroup -name ".rt-check-*" -o -name "$prefix*")" ""

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
fresh "$user_map"
chmod 700 "$rootfs"
in_terminal() { script -qec "$* $RT --root $state check -b $box" /dev/null </dev/null || true; }
if command -v script >/dev/null; then
    expect_text "color on a terminal" "$(in_terminal env -u NO_COLOR)" $'\033[31merror:\033[0m '
    expect_text "an empty NO_COLOR" "$(in_terminal env NO_COLOR=)" $'\033[31merror:'
    out=$(in_terminal env NO_COLOR=1)
    expect_equal "no color by NO_COLOR" "${out//$'\033'/}" "$out"
    expect_text "no color by NO_COLOR" "$out" "error: $rootfs: "
fi
echo "$cases bundles"
finish
