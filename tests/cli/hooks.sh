#!/usr/bin/env bash
# Hooks of all six kinds: order, moment, namespaces, state, environment, timeouts, and what a failure leaves (config.md
# "POSIX-platform Hooks", runtime.md "Lifecycle").
source "$(dirname "$0")/lib.bash"

id=$prefix-hooks
kinds=(prestart createRuntime createContainer startContainer poststart poststop)
before=(prestart createRuntime createContainer startContainer)  # those whose failure ends the container before its program runs

# The hooks report in files of a directory that the container sees too: NAME.what, one file for each fact.
report=$work/report
mkdir "$report"
cat >"$work/hook" <<'EOS'
#!/bin/sh
to=/tmp/rt-report
[ -d $to ] || to=${0%/*}/report
echo "$1" >>$to/order
env >$to/$1.env
cat >$to/$1.state
{
    echo "arg0=$2"
    echo "uid=$(id -u)"
    echo "cwd=$(pwd -P)"
    for kind in mnt pid net user; do echo "$kind=$(readlink /proc/self/ns/$kind)"; done
    echo "fds=$(ls /proc/self/fd | wc -l)"
    [ -e /etc/rt-inside ] && echo "root=container" || echo "root=host"
    [ -e proc/1/status ] && echo "rootfs-proc=yes" || echo "rootfs-proc=no"
    grep CapEff /proc/self/status
} >$to/$1.facts
EOS
chmod 755 "$work/hook"

fact() { sed -n "s/^$2=//p" "$report/$1.facts"; }
state_of() { jq -r "$2" "$report/$1.state"; }
forget() { rm -rf "${report:?}"; mkdir "$report"; : >"$report/order"; chmod 777 "$report"; chmod 666 "$report/order"; }
order() { tr '\n' ' ' <"$report/order"; }

# hook KIND PATH [MORE]: an entry of that kind in a filter.
hook() { echo ".hooks.$1 += [{path:\"$2\",args:[\"hook\",\"$1\",\"$1\"]${3:+,$3}}]"; }
all_kinds() {
    local kind filter=.
    for kind in "${kinds[@]}"; do
        [[ $kind == startContainer ]] && filter+=" | $(hook $kind /hook)" || filter+=" | $(hook "$kind" "$work/hook")"
    done
    echo "$filter"
}
# A hook that runs a line of shell in the runtime's namespaces, or (startContainer) in the container.
line() { echo ".hooks.$1 += [{path:\"/bin/sh\",args:[\"sh\",\"-c\",$(jq -n --arg line "$2" '$line')],env:[\"PATH=/usr/bin:/bin\"]${3:+,$3}}]"; }
sees_report=".mounts += [{destination:\"/tmp/rt-report\",source:\"$report\",type:\"bind\",options:[\"bind\",\"rw\"]}] | .root.readonly=false"
mapped=$(userns 0:100000:65536)
no_process_with() { ! pgrep -f "^sleep $1\$" >/dev/null; }
wait_for() { local try; for try in $(seq 200); do "$@" 2>/dev/null && return 0; sleep 0.05; done; fail "never: $*"; }

new_rootfs() {
    "$SOURCE_DIR/bundles/make-rootfs" "$work/rootfs"
    cp "$work/hook" "$work/rootfs/hook"
    touch "$work/rootfs/etc/rt-inside"
}
new_rootfs

expect_order() { expect_equal "order: $1" "$(order)" "$2 "; }

# Every kind in one life, with and without a user namespace.
for variant in host user; do
    forget
    filter="$sees_report | .process.args=[\"sleep\",\"1000\"] | .process.user={uid:1000,gid:1000} | .process.cwd=\"/etc\" |
        .process.env=[\"PATH=/bin\",\"OF_PROCESS=1\"] | .annotations={\"org.example.key\":\"value\"} | $(all_kinds) |
        .hooks.createRuntime[0].env=[\"A=1\",\"B=2\"]"
    [[ $variant == user ]] && filter="$mapped | $filter"
    rm -rf "$work/life"
    new_bundle life "$filter" >/dev/null
    expect_status 0 rt create -b "$work/life" "$id"
    expect_equal "nothing is printed" "$out$err" ""
    expect_order "$variant create" "prestart createRuntime createContainer"
    pid=$(rt state "$id" | jq .pid)
    change_config life 'del(.hooks)'  # config.json is not read again
    expect_status 0 rt start "$id"
    expect_order "$variant start" "prestart createRuntime createContainer startContainer poststart"
    for kind in mnt pid net user; do
        there=$(readlink "/proc/$pid/ns/$kind") here=$(readlink "/proc/self/ns/$kind")
        for name in prestart createRuntime poststart; do expect_equal "$variant $name $kind" "$(fact $name $kind)" "$here"; done
        for name in createContainer startContainer; do expect_equal "$variant $name $kind" "$(fact $name $kind)" "$there"; done
    done
    expect_status 1 rt delete "$id"
    expect_order "$variant delete refused" "prestart createRuntime createContainer startContainer poststart"
    expect_status 0 rt delete --force "$id"
    expect_order "$variant delete" "prestart createRuntime createContainer startContainer poststart poststop"
    expect_nothing_left "$id"

    # config.md "args": argv, argv[0] too (a script sees the rest); the environment is what is listed. $PWD, $SHLVL, $_ come
    # from the shell.
    environment() { grep -vE '^(PWD|SHLVL|_|OLDPWD)=' "$report/$1.env" | sort | tr '\n' ' '; }
    for kind in prestart createContainer poststart poststop; do
        expect_equal "$variant $kind: empty environment" "$(environment $kind)" ""
    done
    expect_equal "$variant createRuntime: its environment" "$(environment createRuntime)" "A=1 B=2 "
    expect_text "$variant startContainer: the environment of the process" "$(environment startContainer)" "OF_PROCESS=1" "PATH=/bin" "HOME="
    for kind in "${kinds[@]}"; do
        expect_equal "$variant $kind: descriptors" "$(fact "$kind" fds)" 4  # ls has one for the directory
        expect_equal "$variant $kind: arguments" "$(fact "$kind" arg0)" "$kind"
        expect_equal "$variant $kind: id" "$(state_of "$kind" .id)" "$id"
        expect_equal "$variant $kind: bundle" "$(state_of "$kind" .bundle)" "$work/life"
        expect_equal "$variant $kind: version" "$(state_of "$kind" .ociVersion)" "$(jq -r .ociVersion "$work/life/config.json")"
        expect_equal "$variant $kind: annotations" "$(state_of "$kind" '.annotations["org.example.key"]')" value
    done
    # runtime.md "State": the status at each moment, the pid as the hook's namespace counts.
    expect_equal "$variant status" "$(for kind in "${kinds[@]}"; do state_of "$kind" .status; done | tr '\n' ' ')" \
        "creating creating creating created running stopped "
    expect_equal "$variant pid" "$(for kind in "${kinds[@]}"; do state_of "$kind" .pid; done | tr '\n' ' ')" \
        "$pid $pid 1 1 $pid 0 "
    # Who and where: the host's hooks as rt in the bundle; createContainer with the mounts of the container below its rootfs,
    # which is its working directory; startContainer as the process, in its working directory.
    for kind in prestart createRuntime poststart poststop; do
        expect_equal "$variant $kind: cwd" "$(fact $kind cwd)" "$work/life"
        expect_equal "$variant $kind: uid" "$(fact $kind uid)" 0
        expect_equal "$variant $kind: root" "$(fact $kind root)" host
    done
    expect_equal "$variant createContainer: cwd" "$(fact createContainer cwd)" "$work/rootfs"
    expect_equal "$variant createContainer: root" "$(fact createContainer root)" host
    expect_equal "$variant createContainer: mounts" "$(fact createContainer rootfs-proc)" yes
    expect_equal "$variant createContainer: uid" "$(fact createContainer uid)" 0
    expect_equal "$variant startContainer: root" "$(fact startContainer root)" container
    expect_equal "$variant startContainer: cwd" "$(fact startContainer cwd)" /etc
    expect_equal "$variant startContainer: uid" "$(fact startContainer uid)" 1000
    expect_text "$variant startContainer: no more rights than the process" "$(<"$report/startContainer.facts")" $'CapEff:\t0000000000000000'

    # In one go.
    forget
    rm -rf "$work/life"
    new_bundle life "$filter | .process.args=[\"true\"]" >/dev/null
    expect_status 0 rt run -b "$work/life" "$id"
    expect_order "$variant run" "prestart createRuntime createContainer startContainer poststart poststop"
    expect_nothing_left "$id"
done

# A mount that a hook makes on the rootfs in the container's mount namespace is in the container: by createContainer, and by a
# hook of the host that enters the namespace, also when the container's root may not search the way to the rootfs.
mkdir -m 700 "$work/closed"
cp -a "$work/rootfs" "$work/closed/rootfs"
mkdir "$work/closed/rootfs/one" "$work/closed/rootfs/two"
cat >"$work/enter" <<'EOS'
#!/bin/sh
pid=$(sed 's/.*"pid"://;s/,.*//')
nsenter -m -t "$pid" mount -t tmpfs none "$1" && nsenter -m -t "$pid" touch "$1/by-createRuntime"
EOS
chmod 755 "$work/enter"
for variant in host user; do
    maps=.
    [[ $variant == user ]] && maps=$mapped
    rm -rf "$work/mounts"
    new_bundle mounts "$maps | .root.path=\"$work/closed/rootfs\" | .process.args=[\"ls\",\"/one\",\"/two\"] |
        .hooks.createRuntime=[{path:\"$work/enter\",args:[\"enter\",\"$work/closed/rootfs/one\"],env:[\"PATH=/usr/bin:/bin\"]}] |
        $(line createContainer 'mount -t tmpfs none two && : >two/by-createContainer')" >/dev/null
    expect_status 0 rt run -b "$work/mounts" "$id"
    expect_text "$variant: mounts of hooks" "$out" by-createRuntime by-createContainer
    expect_nothing_left "$id"
    expect_equal "$variant: not on the host" "$(ls "$work/closed/rootfs/one" "$work/closed/rootfs/two" | grep -c by- || true)" 0
done

# The program of a createContainer hook is found by the runtime: in a directory that the container's root may not search.
cp /bin/true "$work/closed/true"
printf '#!/bin/sh\necho "$0" >%s/script\n' "$report" >"$work/closed/script"
chmod 755 "$work/closed/script"
forget
new_bundle by-descriptor "$mapped | .hooks.createContainer=[{path:\"$work/closed/true\"},{path:\"$work/closed/script\"}]" >/dev/null
expect_status 0 rt run -b "$work/by-descriptor" "$id"
expect_text "a script by its descriptor" "$(cat "$report/script")" /dev/fd/

# Failures. note KIND: a hook that puts its name into the order; fails KIND: one that says so and fails.
place_of() { [[ $1 == startContainer ]] && echo /tmp/rt-report || echo "$report"; }
note() { line "$1" "echo $1 >>$(place_of "$1")/order"; }
fails() { line "$1" "echo $1-fails >>$(place_of "$1")/order; echo first line >&2; echo went wrong >&2; exit 7"; }
noted() {  # a hook of each kind, and one that fails in the middle of those of KIND
    local kind filter="$sees_report"
    for kind in "${kinds[@]}"; do
        filter+=" | $(note "$kind")"
        [[ $kind == "$1" ]] && filter+=" | $(fails "$kind") | $(note "$kind")"
    done
    echo "$filter"
}
expected_order() {  # up to the failing one, then poststop
    local kind
    for kind in "${kinds[@]}"; do
        echo -n "$kind "
        [[ $kind == "$1" ]] && break
    done
    echo "$1-fails poststop "
}
for variant in host user; do
    for kind in "${before[@]}" poststart; do
        filter="$(noted "$kind") | .process.args=[\"sh\",\"-c\",\"echo the program runs; sleep 1000\"]"
        [[ $variant == user ]] && filter="$mapped | $filter"
        rm -rf "$work/failing"
        new_bundle failing "$filter" >/dev/null
        wanted=$(expected_order "$kind")

        forget
        expect_status 125 rt run -b "$work/failing" "$id"
        expect_text "$variant run, $kind" "$err" "error running $kind hook #1" "'/bin/sh': exit status 7" "first line | went wrong"
        [[ $kind == poststart ]] || expect_equal "$variant run, $kind: no program" "$out" ""
        expect_equal "$variant run, $kind: order" "$(order)" "$wanted"
        expect_nothing_left "$id"

        forget
        if [[ $kind == startContainer || $kind == poststart ]]; then
            expect_status 0 rt create -b "$work/failing" "$id"
            pid=$(rt state "$id" | jq .pid)
            expect_status 1 rt start "$id"
            expect_equal "$variant start, $kind: process" "$(ps -o stat= -p "$pid" | grep -cv Z || true)" 0
        else
            expect_status 1 rt create -b "$work/failing" "$id"
        fi
        expect_text "$variant create and start, $kind" "$err" "error running $kind hook #1" "exit status 7"
        expect_equal "$variant create and start, $kind: order" "$(order)" "$wanted"
        expect_equal "$variant, $kind: state of poststop" "$(rt state "$id" 2>&1 | grep -c 'does not exist')" 1
        expect_nothing_left "$id"
    done
done

# A failing poststop hook is a warning; the rest runs, the container is gone (B2).
rm -rf "$work/failing"
new_bundle failing "$(noted poststop)" >/dev/null
forget
expect_status 0 rt run -b "$work/failing" "$id"
expect_text "poststop in run" "$err" "warning" "error running poststop hook #1" "exit status 7"
expect_text "poststop in run: the rest" "$(order)" "poststop poststop-fails poststop "
forget
expect_status 0 rt create -b "$work/failing" "$id"
expect_status 0 rt delete "$id"
expect_text "poststop in delete" "$err" "warning" "error running poststop hook #1"
expect_equal "poststop in delete: the rest" "$(order)" "prestart createRuntime createContainer poststop poststop-fails poststop "
expect_nothing_left "$id"

# A later failure of create, with no hook in it, runs them too: what the first hooks made has to be cleaned up.
rm -rf "$work/failing"
new_bundle failing "$(noted none) | .process.args=[\"/no/such\"]" >/dev/null
forget
expect_status 1 rt create -b "$work/failing" "$id"
expect_equal "poststop after a failure of init" "$(order)" "prestart createRuntime createContainer poststop "
expect_nothing_left "$id"
# Before there is a container, there is nothing that could run.
new_bundle refused "$(noted none) | .root.path=\"$work/nowhere\"" >/dev/null
forget
expect_status 1 rt create -b "$work/refused" "$id"
expect_equal "no hook of a container that never was" "$(order)" ""

# A timeout ends the hook, with all that it started, and is a failure.
for kind in "${before[@]}" poststart poststop; do
    rm -rf "$work/slow"
    new_bundle slow "$(noted none) | .process.args=[\"sh\",\"-c\",\"sleep 1000\"] |
        $(line "$kind" "echo waiting; sleep 1017 & wait" timeout:1)" >/dev/null
    forget
    if [[ $kind == poststop ]]; then
        expect_status 0 rt create -b "$work/slow" "$id"
        expect_status 0 rt delete "$id"
    else
        expect_status 125 rt run -b "$work/slow" "$id"
    fi
    expect_text "timeout of $kind" "$err" "error running $kind hook #1" "timeout of 1 s; it wrote: waiting"
    expect_text "timeout of $kind: order" "$(order)" " poststop "
    expect_nothing_left "$id"
    wait_for no_process_with 1017
done

# A signal to rt ends the hook; nothing of the container is left, and the poststop hooks run.
for kind in "${before[@]}" poststart; do
    rm -rf "$work/slow"
    new_bundle slow "$(noted none) | .process.args=[\"sh\",\"-c\",\"sleep 1000\"] |
        $(line "$kind" "echo here >>$(place_of "$kind")/order; sleep 1018")" >/dev/null
    for command in run in-two-steps; do
        forget
        status=0
        if [[ $command == run ]]; then
            "$RT" --root "$state" run -b "$work/slow" "$id" >"$work/out" 2>&1 </dev/null &
        elif [[ $kind == startContainer || $kind == poststart ]]; then
            expect_status 0 rt create -b "$work/slow" "$id"
            "$RT" --root "$state" start "$id" >"$work/out" 2>&1 </dev/null &
        else
            "$RT" --root "$state" create -b "$work/slow" "$id" >"$work/out" 2>&1 </dev/null &
        fi
        wait_for grep -q here "$report/order"
        kill -TERM $!
        wait $! || status=$?
        expect_equal "$command interrupted in $kind: failed" "$((status != 0))" 1
        expect_text "$command interrupted in $kind" "$(<"$work/out")" "interrupted by signal 15 (TERM)"
        expect_text "$command interrupted in $kind: order" "$(order)" "here poststop "
        expect_nothing_left "$id"
        wait_for no_process_with 1018
    done
done

# rt is killed during a hook: the hook dies too, and delete finishes what is left, with the poststop hooks.
new_bundle killed "$(noted none) | $(line createRuntime "echo here >>$report/order; exec sleep 1019")" >/dev/null
forget
"$RT" --root "$state" create -b "$work/killed" "$id" >/dev/null 2>&1 </dev/null &
wait_for grep -q here "$report/order"
kill -KILL $!
wait $! 2>/dev/null || true
wait_for no_process_with 1019
expect_status 0 rt delete --force "$id"
expect_equal "poststop after a killed create" "$(order)" "prestart createRuntime here poststop "
expect_nothing_left "$id"

# The container is killed while a startContainer hook runs: its program never runs, and start says so.
new_bundle ended "$(noted none) | $(line startContainer "echo here >>/tmp/rt-report/order; exec sleep 1020")" >/dev/null
forget
expect_status 0 rt create -b "$work/ended" "$id"
"$RT" --root "$state" start "$id" >"$work/out" 2>&1 </dev/null &
wait_for grep -q here "$report/order"
kill -KILL "$(rt state "$id" | jq .pid)"
status=0
wait $! || status=$?
expect_equal "start of a container that is killed in a hook" "$status" 1
expect_text "start of a container that is killed in a hook" "$(<"$work/out")" "running the startContainer hooks"
expect_equal "no poststart hook" "$(grep -c poststart "$report/order" || true)" 0
expect_status 0 rt delete "$id"
expect_nothing_left "$id"

# A hook may call rt: state while the container is created, more once it runs, and the id is free after it.
new_bundle calls ".process.args=[\"sleep\",\"1000\"] |
    $(line createRuntime "$RT --root $state state $id | grep -q creating") |
    $(line poststart "$RT --root $state kill $id CONT && $RT --root $state ps $id >/dev/null") |
    $(line poststop "! $RT --root $state state $id && $RT --root $state list >$report/list")" >/dev/null
forget
expect_status 0 rt run -d -b "$work/calls" "$id"
expect_status 0 rt delete --force "$id"
expect_equal "no warning of poststop" "$err" ""
expect_equal "poststop finds no container" "$(grep -c "$id" "$report/list" || true)" 0

# What a hook prints is not the output of the container; with --debug it is in the log.
new_bundle talks ".process.args=[\"echo\",\"program\"] | $(line createRuntime 'echo from the hook; echo and its errors >&2')" >/dev/null
expect_status 0 rt run -b "$work/talks" "$id"
expect_equal "output" "$out$err" program
expect_status 0 rt --debug run -b "$work/talks" "$id"
expect_text "debug log" "$err" "createRuntime hook #0 /bin/sh: from the hook" "and its errors"

# A big state, and a hook that does not read it.
new_bundle big ".annotations={\"big\":(\"x\" * 300000)} | $(line createRuntime 'true') | $(line poststop 'test $(wc -c) -gt 300000')" >/dev/null
expect_status 0 rt run -b "$work/big" "$id"
expect_equal "big state" "$err" ""

# Without a mount namespace, and in joined ones.
new_bundle unmounted ".mounts=[] | del(.linux.maskedPaths, .linux.readonlyPaths) | .root.readonly=false |
    del(.hostname) | .linux.namespaces=[{type:\"pid\"}] | .process.args=[\"true\"] |
    $(line createContainer "pwd >$report/cwd") | $(line startContainer 'test -e /etc/rt-inside')" >/dev/null
forget
expect_status 0 rt run -b "$work/unmounted" "$id"
expect_equal "createContainer without a mount namespace" "$(<"$report/cwd")" "$work/rootfs"
new_bundle pod "$sees_report | .process.args=[\"sleep\",\"1000\"]" >/dev/null
expect_status 0 rt run -d -b "$work/pod" "$id-pod"
pod=$(rt state "$id-pod" | jq .pid)
new_bundle joins "del(.hostname) | .linux.namespaces=[{type:\"pid\",path:\"/proc/$pod/ns/pid\"},{type:\"ipc\"},{type:\"mount\"}] |
    $(line createContainer "readlink /proc/self/ns/pid >$report/pid") | $(line createRuntime "cat >$report/createRuntime.state") |
    .process.args=[\"true\"]" >/dev/null
forget
expect_status 0 rt run -b "$work/joins" "$id"
expect_equal "createContainer in a joined namespace" "$(<"$report/pid")" "$(readlink "/proc/$pod/ns/pid")"
expect_status 0 rt delete --force "$id-pod"

# What the reader refuses (C8, C9).
refused() { new_bundle wrong ".hooks.$1" >/dev/null; expect_status 1 rt create -b "$work/wrong" "$id"; expect_text "$1" "$err" "$2"; rm -rf "$work/wrong"; }
refused 'prestart=[{path:"true"}]' /hooks/prestart/0/path
refused 'poststop=[{path:"/bin/true"},{path:"/bin/true",timeout:0}]' /hooks/poststop/1/timeout
refused 'createRuntime=[{path:"/bin/true",timeout:-1}]' /hooks/createRuntime/0/timeout
refused 'startContainer=[{args:["true"]}]' /hooks/startContainer/0
refused "createContainer=[{path:\"$work/none\"}]" "error running createContainer hook #0"
expect_nothing_left "$id"
expect_equal "features" "$(rt features | jq -c .hooks)" "$(printf '%s\n' "${kinds[@]}" | jq -Rc . | jq -sc .)"

finish
