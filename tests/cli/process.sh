#!/usr/bin/env bash
# What /process and the rest of the config set is what the program finds, with and without a user namespace.
source "$(dirname "$0")/lib.bash"

shell() { echo ".process.args=[\"sh\",\"-c\",\"$1\"]"; }

for variant in host user; do
    maps=.
    [[ $variant == user ]] && maps=$(userns 0:100000:65536)
    expect_inside ids "$maps | .process.user={uid:1000,gid:1000,additionalGids:[33,5,33],umask:23} | $(shell 'id -u; id -g; id -G; umask')" \
        $'1000\n1000\n1000 5 33' $'\n0027'
    expect_inside no-groups "$maps | $(shell 'grep Groups: /proc/self/status')" $'Groups:\t'
    # Bits of capabilities(7): KILL 5, NET_BIND_SERVICE 10, AUDIT_WRITE 29.
    expect_inside capabilities "$maps | $(shell 'grep ^Cap /proc/self/status; grep NoNewPrivs /proc/self/status')" \
        $'CapInh:\t0000000000000000' $'CapPrm:\t0000000020000420' $'CapEff:\t0000000020000420' $'CapBnd:\t0000000020000420' \
        $'CapAmb:\t0000000000000000' $'NoNewPrivs:\t1'
    expect_inside no-capabilities "$maps | del(.process.capabilities) | .process.noNewPrivileges=false | $(shell 'grep ^Cap /proc/self/status; grep NoNewPrivs /proc/self/status')" \
        $'CapPrm:\t0000000000000000' $'CapBnd:\t0000000000000000' $'NoNewPrivs:\t0'
    expect_inside ambient "$maps | .process.user={uid:1000,gid:1000} | .process.capabilities={bounding:[\"CAP_KILL\"],permitted:[\"CAP_KILL\"],effective:[\"CAP_KILL\"],inheritable:[\"CAP_KILL\"],ambient:[\"CAP_KILL\"]} | $(shell 'grep ^Cap /proc/self/status')" \
        $'CapInh:\t0000000000000020' $'CapEff:\t0000000000000020' $'CapAmb:\t0000000000000020'
    expect_inside limits "$maps | .process.rlimits=[{type:\"RLIMIT_NOFILE\",soft:100,hard:200},{type:\"RLIMIT_AS\",soft:1073741824,hard:1073741824},{type:\"RLIMIT_CORE\",soft:0,hard:0}] | $(shell 'ulimit -Sn; ulimit -Hn; ulimit -v; ulimit -c')" \
        $'100\n200\n1048576\n0'
    expect_inside oom "$maps | .process.oomScoreAdj=500 | $(shell 'cat /proc/self/oom_score_adj')" 500
    expect_inside environment "$maps | .process.env=[\"PATH=/bin\",\"A=1\",\"A=2\",\"B=x\ny\"] | .process.args=[\"env\"]" $'A=2' $'B=x\ny' "HOME=/root"
    expect_inside home "$maps | .process.user={uid:4321,gid:1} | .process.env=[\"PATH=/bin\",\"HOME=\"] | $(shell 'echo $HOME')" /
    expect_inside cwd "$maps | .root.readonly=false | .process.cwd=\"/tmp/made/for/me\" | .process.args=[\"pwd\"]" /tmp/made/for/me
    rm -rf "$work/rootfs/tmp/made"
    expect_inside hostname "$maps | .hostname=\"inside\" | .process.args=[\"hostname\"]" inside
    [[ $(hostname) != inside ]] || fail "the host was renamed"
    expect_inside readonly "$maps | $(shell 'touch /x 2>&1; echo status $?; touch /dev/shm/x && echo shm')" "Read-only file system" "status 1" shm
    expect_inside masked "$maps | .linux.maskedPaths=[\"/etc\",\"/proc/keys\",\"/none\"] | .linux.readonlyPaths=[\"/proc/sys\"] | $(shell 'ls /etc | wc -l; wc -c </proc/keys; echo x 2>/dev/null >/proc/sys/kernel/domainname || echo refused')" \
        $'0\n0\nrefused'
    expect_inside devices "$maps | $(shell 'for d in null zero full random urandom tty; do test -c /dev/$d && stat -c %u:%g:%a /dev/$d; done; head -c 3 /dev/zero | wc -c; for l in fd stdin ptmx; do readlink /dev/$l; done')" \
        $'0:0:666\n0:0:666\n0:0:666\n0:0:666\n0:0:666\n0:0:666\n3\n/proc/self/fd\n/proc/self/fd/0\npts/ptmx'
done

# The limits of the caller are not those of rt: twenty open files are enough for many mounts on any cgroup layout.
mkdir "$work/sources"
for i in $(seq 30); do echo "$i" >"$work/sources/$i"; done
new_bundle few-files "$(userns 0:100000:65536) | .process.rlimits=[] | .mounts += [{destination:\"/dev/m\",type:\"tmpfs\",source:\"m\"}] + [range(1;31) | {destination:\"/dev/m/\(.)\",type:\"bind\",source:\"$work/sources/\(.)\",options:[\"bind\",\"ro\"]}] | $(shell 'cat /dev/m/* | wc -l; ulimit -Sn')" >/dev/null
for limit in -Sn -n; do
    expect_status 0 bash -c "ulimit $limit 20; exec '$RT' --root '$state' run -b '$work/few-files' '$prefix-few'"
    expect_equal "mounts and limit under ulimit $limit 20" "$out" $'30\n20'
    expect_nothing_left "$prefix-few"
done

# Limits that rt itself could not live with reach the program, by run and by create and start.
for variant in . "$(userns 0:100000:65536)"; do
    for limits in NOFILE:3 NOFILE:0 AS:16777216 NPROC:0 FSIZE:0 STACK:16384 CPU:1 SIGPENDING:0 MEMLOCK:0; do
        type=${limits%:*} value=${limits#*:}
        rm -rf "$work/narrow"
        new_bundle narrow "$variant | .process.rlimits=[{type:\"RLIMIT_$type\",soft:$value,hard:$value}] | .process.args=[\"sleep\",\"1000\"]" >/dev/null
        expect_status 0 rt create -b "$work/narrow" "$prefix-narrow"
        expect_status 0 rt start "$prefix-narrow"
        expect_equal "$limits" "$(prlimit --noheadings -o SOFT,HARD "--${type,,}" -p "$(rt state "$prefix-narrow" | jq .pid)" | xargs)" "$value $value"
        expect_status 0 rt delete --force "$prefix-narrow"
        expect_nothing_left "$prefix-narrow"
    done
done

# No descriptor of the caller or of rt is a way out of the root (CVE-2024-21626), by itself or by a link of the image.
for n in $(seq 3 20); do
    for cwd in "/proc/self/fd/$n" "/proc/1/fd/$n/tmp" "/link-$n"; do
        [[ $cwd != /link* ]] || ln -sfn "/proc/self/fd/$n" "$work/rootfs$cwd"
        new_bundle outside ".process.cwd=\"$cwd\" | .process.args=[\"pwd\"]" >/dev/null
        expect_status 125 bash -c "exec 3</ 4</ 5</etc 6</ 7</ 8</ 9</ 10</; exec '$RT' --root '$state' run -b '$work/outside' '$prefix-outside'"
        expect_text "cwd $cwd" "$err" "working directory" "$cwd"
        expect_nothing_left "$prefix-outside"
        rm -rf "$work/outside" "$work/rootfs/link-$n"
    done
done

# A device that is not allowed cannot be opened, even by root with mknod (the customary config denies all).
expect_inside denied '.root.readonly=false | .process.capabilities |= map_values(. + ["CAP_MKNOD"]) | .process.args=["sh","-c","mknod /dev/shm/mem c 1 1; mount -o remount,dev /dev/shm 2>/dev/null; mknod /dev/mem c 1 1 && head -c 1 /dev/mem 2>&1; echo status $?"]' \
    "Operation not permitted"

# The working directory: one that only root may enter, one that only the user may, and one that is missing, whatever umask the
# caller has.
mkdir -p "$work/rootfs/for-root" "$work/home"
chmod 700 "$work/rootfs/for-root" "$work/home"
chown 1000:1000 "$work/home"
user='.process.user={uid:1000,gid:1000}'
expect_inside for-root "$user | .process.cwd=\"/for-root\" | .process.args=[\"pwd\"]" /for-root
expect_inside for-user "$user | .process.capabilities.bounding=[] | .process.cwd=\"/tmp/home\" | .process.args=[\"pwd\"] | .mounts += [{destination:\"/tmp/home\",type:\"bind\",source:\"$work/home\",options:[\"bind\"]}]" /tmp/home
(umask 077; expect_inside missing "$user | .root.readonly=false | .process.cwd=\"/tmp/a/b\" | .process.args=[\"sh\",\"-c\",\"pwd; stat -c %a /tmp/a\"]" $'/tmp/a/b\n755'; ((failures == 0))) || fail "a missing working directory under umask 077"
expect_refused '.process.cwd="/none/here"' "make the working directory '/none/here'" "read-only file system" /process/cwd

# What is no program gets no advice about rights.
new_bundle directory '.process.args=["/etc"]' >/dev/null
expect_status 126 rt run -b "$work/directory" "$prefix-directory"
expect_text "a directory" "$err" "permission denied (EACCES): '/etc' is a directory"
expect_equal "no advice" "$(grep -c chmod <<<"$err" || true)" 0

# A fifo in place of config.json does not make rt wait.
mkdir "$work/fifo"
mkfifo "$work/fifo/config.json"
expect_status 125 timeout 20 "$RT" --root "$state" run -b "$work/fifo" "$prefix-fifo"
expect_text "fifo" "$err" "$work/fifo/config.json" "no regular file"

# Wrong values are refused, with the place.
expect_refused '.process.rlimits=[{type:"RLIMIT_FOO",soft:1,hard:1}]' /process/rlimits/0/type RLIMIT_FOO
expect_refused '.process.rlimits=[{type:"RLIMIT_CORE",soft:1,hard:1},{type:"RLIMIT_CORE",soft:1,hard:1}]' /process/rlimits/1 twice
expect_refused '.process.rlimits=[{type:"RLIMIT_CORE",soft:2,hard:1}]' /process/rlimits/0 "above the hard limit"
expect_refused '.process.user.uid=-1' /process/user/uid
expect_refused '.process.user.uid="1000"' /process/user/uid string
expect_refused '.process.cwd="relative"' /process/cwd absolute
expect_refused '.process.args=[]' /process/args
expect_refused 'del(.ociVersion)' ociVersion
expect_refused '.ociVersion="2.0.0"' /ociVersion 2.0.0
expect_refused '.root.path="none"' none "no such file or directory"
expect_refused 'del(.linux.namespaces[] | select(.type=="uts"))' /hostname uts
expect_refused '.process.oomScoreAdj=2000' /process/oomScoreAdj
expect_refused '.process.user={uid:4294967295,gid:4294967295}' /process/user/uid 4294967295
expect_refused '.mounts += [{destination:"/tmp",type:"bind",source:"/tmp",options:["bind","ro"]},{destination:"/tmp/no-such-place/x",type:"tmpfs",source:"t"}]' /tmp/no-such-place/x "in its source"
new_bundle unknown-capability '.process.capabilities.bounding += ["CAP_NOSUCH"]' >/dev/null
expect_status 0 rt run -b "$work/unknown-capability" "$prefix-uc"
expect_text "warning" "$err" warning CAP_NOSUCH
printf '{"ociVersion": "1.0.0",\n "root": {' >"$work/refused/config.json"
expect_status 125 rt run -b "$work/refused" "$prefix-refused"
expect_text "truncated JSON" "$err" "config.json" "line 2"

finish
