#!/usr/bin/env bash
# The start of a container does not depend on what the caller of rt happens to be like.
source "$(dirname "$0")/lib.bash"

id=$prefix-caller
filter='del(.process.rlimits) | .process.args=["sh","-c","echo up; exit 3"]'
new_bundle host "$filter" >/dev/null
new_bundle user "$(userns 0:100000:65536) | $filter" >/dev/null
run=("$RT" --root "$state" run)

# works WHAT COMMAND...: with rt as its last part the command runs a container, in either kind of bundle.
works() {
    local variant
    for variant in host user; do
        expect_status 3 "${@:2}" -b "$work/$variant" "$id"
        expect_equal "$1 ($variant)" "$out" up
        expect_equal "$1 ($variant)" "$err" ""
        expect_nothing_left "$id"
    done
}
sees() {  # WHAT ARGS WANTED COMMAND...: what the program sees, in either kind of bundle
    local variant
    for variant in host user; do
        change_config $variant ".process.args=$2"
        expect_status 0 "${@:4}" -b "$work/$variant" "$id"
        expect_equal "$1 ($variant)" "$out" "$3"
        change_config $variant "$filter"
    done
}
works "as it is" "${run[@]}"

# Limits.
sanitized "little address space: their shadow memory takes terabytes" ||
    works "little address space" prlimit --as=33554432 "${run[@]}"
works "few open files" prlimit --nofile=20:20 "${run[@]}"
works "a soft limit of open files" prlimit --nofile=8:64 "${run[@]}"
sees "the soft limit is the caller's" '["sh","-c","ulimit -n"]' 20 prlimit --nofile=20:64 "${run[@]}"
many='.mounts += [range(20) | {destination:"/tmp/m\(.)",type:"bind",source:"/etc",options:["rbind"]}]'
change_config host ".mounts += [{destination:\"/tmp\",type:\"tmpfs\",source:\"tmpfs\"}] | $many"
change_config user ".mounts += [{destination:\"/tmp\",type:\"tmpfs\",source:\"tmpfs\"}] | $many"
works "few open files, many mounts" prlimit --nofile=20:20 "${run[@]}"
# Through a pipe: the file with the message could not grow either.
expect_status 0 bash -c 'prlimit --fsize=0 "$@" 2>&1 | cat' - "${run[@]}" -b "$work/host" "$id"
expect_text "no file may grow" "$out" "EFBIG"
expect_nothing_left "$id"

# umask: rt's files do not depend on it; the program has it, unless the config says another one (config.md "User").
for mask in 0000 0777; do
    works "umask $mask" sh -c "umask $mask; exec \"\$@\"" - "${run[@]}"
    sees "umask $mask" '["sh","-c","umask"]' $mask sh -c "umask $mask; exec \"\$@\"" - "${run[@]}"
    expect_status 0 sh -c "umask $mask; exec \"\$@\"" - "$RT" --root "$work/umask$mask" create -b "$work/host" "$id"
    expect_equal "modes with umask $mask" "$(cd "$work/umask$mask" && stat -c %a . "$id" "$id/state.json" "$id/private.json" | tr '\n' ' ')" "755 755 644 600 "
    expect_status 0 "$RT" --root "$work/umask$mask" delete "$id"
done

# Signals: blocked ones, ignored ones. (Whoever ignores CHLD has children that nobody can wait for.)
signals='import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGPIPE, signal.SIGCHLD):
    signal.signal(number, signal.SIG_IGN)
os.execv(sys.argv[1], sys.argv[1:])'
works "blocked and ignored signals" python3 -c "$signals" "${run[@]}"
sees "no signal is blocked or ignored" '["grep","-E","Sig(Blk|Ign)","/proc/self/status"]' \
    $'SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000' python3 -c "$signals" "${run[@]}"

# Standard streams that are closed: rt puts /dev/null there, and nothing else gets their numbers.
for closed in "0<&-" "1>&-" "2>&-" "0<&- 1>&-" "0<&- 1>&- 2>&-"; do
    for variant in host user; do
        change_config $variant '.process.args=["sh","-c","for n in 0 1 2; do test -e /proc/self/fd/$n || exit 8; done; for n in /proc/self/fd/[3-9]; do test -e $n && exit 9; done; exit 4"]'
        expect_status 4 sh -c "exec \"\$@\" $closed" - "${run[@]}" -b "$work/$variant" "$id"
        expect_status 0 sh -c "exec \"\$@\" $closed" - "$RT" --root "$state" create -b "$work/$variant" "$id"
        pid=$(rt state "$id" | jq .pid)
        expect_equal "closed $closed: created" "$(ls "/proc/$pid/fd" | wc -l) $(readlink "/proc/$pid/fd/"* | grep -c socket)" "4 1"
        checks=$((checks + 1))
        readlink "/proc/$pid/fd/0" "/proc/$pid/fd/1" "/proc/$pid/fd/2" | grep -qx /dev/null || fail "closed $closed: no /dev/null"
        expect_status 0 rt delete "$id"
        change_config $variant "$filter"
    done
done

# Locale and environment: messages stay as they are, and nothing of it reaches the program.
works "another locale" env LC_ALL=tr_TR.UTF-8 LANG=de_DE.UTF-8 LANGUAGE=de "${run[@]}"
expect_status 125 env LC_ALL=de_DE.UTF-8 LANGUAGE=de "${run[@]}" -b "$work/none" "$id"
expect_text "another locale" "$err" "no such file or directory"
works "no environment" env -i "${run[@]}"
sees "the environment is the config's" '["sh","-c","env | cut -d= -f1 | sort | tr \"\\n\" \" \""]' "HOME PATH PWD SHLVL TERM " \
    env LD_PRELOAD=/nowhere.so MALLOC_CHECK_=3 SECRET=x "${run[@]}"

# A working directory that is gone.
gone='mkdir "$0" && cd "$0" && rmdir "$0" && exec "$@"'
works "a deleted working directory" sh -c "$gone" "$work/gone" "${run[@]}"
expect_status 125 sh -c "$gone" "$work/gone" "${run[@]}" "$id"
expect_text "a deleted working directory as the bundle" "$err" "open the bundle" "no such file or directory"

# Living children, and dead ones, that rt does not know: it waits for its own only, and leaves them alone.
for child in "sleep 1000" "true"; do
    for variant in host user; do
        expect_status 3 timeout 60 sh -c "$child & echo \$! >'$work/child'; exec \"\$@\"" - "${run[@]}" -b "$work/$variant" "$id"
        if [[ $child == sleep* ]]; then
            expect_status 0 kill "$(<"$work/child")"
        fi
    done
done

# No terminal, a session of its own, no new privileges, a pinned processor.
works "a session of its own" setsid --wait "${run[@]}"
works "no new privileges" setpriv --no-new-privs "${run[@]}"
first=$(sed -n 's/Cpus_allowed_list:\t\([0-9]*\).*/\1/p' /proc/self/status)
works "a pinned processor" taskset -c "$first" "${run[@]}"
sees "the container is not pinned" '["grep","Cpus_allowed_list","/proc/self/status"]' \
    "$(grep Cpus_allowed_list /proc/self/status)" taskset -c "$first" "${run[@]}"

finish
