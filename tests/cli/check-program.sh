#!/usr/bin/env bash
# What `rt check` says of a bundle is what `rt run` does with it: programs, hooks, and what only the kernel knows.
source "$(dirname "$0")/lib.bash"
source "$(dirname "$0")/check.bash"

mkdir -p "$work/opt" "$work/secret"
cp "$work/rootfs/bin/busybox" "$work/opt/true"

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
broken "a parameter that the kernel does not have" '.linux.sysctl={"net.ipv4.no_such":"1"}' : /linux/sysctl/net.ipv4.no_such
broken "a network device that is not there" '.linux.netDevices={nosuchdev0:{}}' : /linux/netDevices/nosuchdev0
broken "an argument that is too long" '.process.args=["true", "x"*131072]' : /process/args/1 "at most 131071"
broken "no agent" ".linux.seccomp={defaultAction:\"SCMP_ACT_ALLOW\",listenerPath:\"$work/agent\",syscalls:[{names:[\"mkdir\"],action:\"SCMP_ACT_NOTIFY\"}]}" : /linux/seccomp/listenerPath "nobody listens"

broken "a hook without its interpreter" ".hooks.createRuntime=[{path:\"$work/hook\"}]" "printf '#!/bin/nosh\n' >$work/hook; chmod 755 $work/hook" /hooks/createRuntime/0 "interpreter '/bin/nosh'"
broken "a hook that is text" ".hooks.createRuntime=[{path:\"$work/hook\"}]" "echo text >$work/hook; chmod 755 $work/hook" /hooks/createRuntime/0 "neither a program nor a script"
broken "no terminal to be had" '.process.terminal=true | .mounts |= map(select(.destination != "/dev/pts"))' : /process/terminal devpts
broken "no terminal to be had in a user namespace" "$user_map | .process.terminal=true | .mounts |= map(select(.destination != \"/dev/pts\"))" : /process/terminal devpts
broken "a program that is masked" '.linux.maskedPaths += ["/bin/busybox"] | .process.args=["/bin/busybox","true"]' : "hidden by /linux/maskedPaths"
broken "a program in a masked directory" '.linux.maskedPaths += ["/bin"] | .process.args=["/bin/true"]' : "'/bin' is hidden by /linux/maskedPaths"
broken "a link to what is masked" '.linux.maskedPaths += ["/bin/busybox"] | .process.args=["/bin/true"]' : "hidden by /linux/maskedPaths"
broken "a hook that is masked" '.linux.maskedPaths += ["/hook"] | .hooks.startContainer=[{path:"/hook"}]' "cp bin/busybox hook" startContainer "hidden by /linux/maskedPaths"
broken "a working directory that the kernel does not have" '.process.cwd="/proc/nowhere"' : /process/cwd "cannot be made in '/proc'"
broken "a device in /proc" '.linux.devices=[{path:"/proc/device",type:"c",major:1,minor:5}]' : /linux/devices/0 "cannot be made in '/proc'"
broken "a mount point in /sys" '.mounts += [{destination:"/sys/place",type:"tmpfs"}]' : /sys/place "cannot be made in '/sys'"
broken "a program in /proc" '.process.args=["/proc/true"]' : "'/proc' has no 'true'"

# --- what only the kernel knows ---
broken "a value that a parameter does not take" '.linux.sysctl={"net.ipv4.ip_forward":"yes"}' : /linux/sysctl/net.ipv4.ip_forward "to 'yes'" EINVAL
broken "two such values" "$user_map | .linux.sysctl={\"kernel.msgmax\":\"many\",\"net.ipv4.tcp_rmem\":\"x\"}" : /linux/sysctl/kernel.msgmax /linux/sysctl/net.ipv4.tcp_rmem
broken "an option that a file system does not take" '.mounts += [{destination:"/tmp",type:"tmpfs",options:["size=large"]}]' : "mount 7 (tmpfs on /tmp)" "size"
broken "an overlay without layers" '.mounts += [{destination:"/tmp",type:"overlay",source:"overlay"}]' : "mount 7 (overlay on /tmp)" lowerdir
broken "an overlay of what is not there" ".mounts += [{destination:\"/tmp\",type:\"overlay\",source:\"overlay\",options:[\"lowerdir=$work/nowhere\"]}]" : "mount 7 (overlay on /tmp)"
broken "an upper directory that is not there" ".mounts += [{destination:\"/tmp\",type:\"overlay\",source:\"overlay\",options:[\"lowerdir=$work/opt\",\"upperdir=$work/nowhere\",\"workdir=$work/nowhere\"]}]" : "mount 7 (overlay on /tmp)" "$work/nowhere"
broken "an image that is no device" ".mounts += [{destination:\"/tmp\",type:\"ext4\",source:\"$work/image\"}]" "truncate -s 1M $work/image" "mount 7 (ext4 on /tmp)" "$work/image" "no block device"
broken "a device that is not there" '.mounts += [{destination:"/tmp",type:"ext4",source:"/dev/nowhere"}]' : "mount 7 (ext4 on /tmp)" "nowhere"
broken "fuse without its descriptor" '.mounts += [{destination:"/tmp",type:"fuse",source:"x",options:["rootmode=40000","user_id=0","group_id=0"]}]' : "mount 7 (fuse on /tmp)" "fd="
broken "an id-mapped bind mount of a proc" "$user_map | .mounts += [{destination:\"/tmp\",type:\"bind\",source:\"/proc\",options:[\"bind\",\"idmap\"]}]" : "mount 7 (bind on /tmp)" "file system proc"
broken "more open files than the kernel takes" '.process.rlimits=[{type:"RLIMIT_NOFILE",soft:1,hard:4000000000}]' : /process RLIMIT_NOFILE
broken "a deadline that no processor has" '.process.scheduler={policy:"SCHED_DEADLINE",runtime:100000,deadline:100000,period:9000000000000000}' : /process SCHED_DEADLINE
broken "a memory node that is not there" '.linux.memoryPolicy={mode:"MPOL_BIND",nodes:"900"}' : ode

echo "$cases bundles"
finish
