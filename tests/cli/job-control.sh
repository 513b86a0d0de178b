#!/usr/bin/env bash
# Job control of the shell in which rt is started: ctrl-Z, fg, bg, with a terminal of the container and without.
source "$(dirname "$0")/lib.bash"

id=$prefix-job
typist() { "$(dirname "$0")/typist" sh -i; } # a shell that leaves the terminal as its jobs have left it
rt_words="$RT --root $state"
export ENV=$work/profile
echo "PS1='at-the-shell '" >"$ENV"
# For the typist: the state of the rt that waits for the container, and a number in it that grows.
cat >"$work/helpers" <<END
caller() { pgrep -f "^$RT --root $state run .*$id\$"; }
in_foreground() { awk '{ exit \$5 != \$8 }' /proc/\$(caller)/stat; }
is() { [[ \$(cut -d' ' -f3 /proc/\$(caller)/stat) == \$1 ]]; }
number() { cat "/proc/\$($rt_words state $id | jq .pid)/root/dev/shm/number"; }
grows() { local before=\$(number) && sleep 0.3 && [[ \$(number) != "\$before" ]]; }
stop() { kill -TSTP \$(caller); }
in_container() { $rt_words exec "$id" pidof "\$1" >/dev/null; }
END
helper="run source $work/helpers;"

# expect_typed WHAT: what is on standard input happens at the terminal.
expect_typed() {
    local status=0
    checks=$((checks + 1))
    typist >"$work/transcript" 2>"$work/err" || status=$?
    [[ $status == 0 ]] || fail "$1: $(<"$work/err")"
    ((status == 0)) || rt delete --force "$id"
    expect_nothing_left "$id"
}

# Without a terminal of its own: rt stops and goes on as any job does, and the container goes on meanwhile.
count='trap "exit 7" INT; while :; do i=$((i+1)); echo $i >/dev/shm/number; sleep 0.05; done'
for variant in host user; do
    maps=.
    [[ $variant == user ]] && maps=$(userns 0:100000:65536)
    rm -rf "$work/count"
    new_bundle count "$maps | .process.args=[\"sh\",\"-c\",\"${count//\"/\\\"}\"]" >/dev/null
    expect_typed "$variant: a program without a terminal" <<END
see at-the-shell
type $rt_words run -b $work/count $id\\r
$helper grows
type \\x1a
see Stopped
$helper is T && grows
type bg\\r
$helper is S && grows
type fg\\r
$helper in_foreground
type \\x1a
see Stopped
$helper is T
type fg\\r
$helper in_foreground && is S
type \\x03
see at-the-shell
type echo status \$?\\r
see status 7
type exit\\r
END
done

# With one: ctrl-Z is for the shell in the container. When rt itself is stopped the terminal is the caller's again, as it was, and
# the container's after fg. In the background rt leaves it alone.
new_bundle shell '.process.terminal=true | .process.args=["sh"] | .process.env += ["PS1=in-the-container "]' >/dev/null
expect_typed "a terminal" <<END
see at-the-shell
type before=\$(stty -g); restored() { test "\$before" = "\$(stty -g)" && echo "it is" as before; }\\r
see at-the-shell
type $rt_words run -b $work/shell $id\\r
see in-the-container
type sleep 1000\\r
$helper in_container sleep
type \\x1a
see Stopped
type bg; kill %1; wait %1; echo ended by \$?\\r
see ended by 143
$helper is S && stop
see Stopped
$helper is T
type restored\\r
see it is as before
type bg\\r
$helper is S
type restored\\r
see it is as before
type fg\\r
$helper in_foreground
type echo answer \$((40+2))\\r
see answer 42
type cat\\r
$helper in_container cat
type \\x1a
see Stopped
type exit 9\\r
type exit 9\\r
see at-the-shell
type echo status \$?; restored\\r
see status 9
see it is as before
type exit\\r
END

# Nobody could continue one that is started outside of a job: it is not stopped.
setsid "$RT" --root "$state" run -b "$work/count" "$id" >"$work/out" 2>&1 </dev/null &
caller=$!
disown
await_file() { for _ in $(seq 400); do [[ ! -e /proc/$(rt state "$id" 2>/dev/null | jq .pid)/root/dev/shm/number ]] || return 0; sleep 0.05; done; }
await_file
kill -TSTP "$caller"
sleep 0.2
kill -INT "$caller"
for _ in $(seq 400); do kill -0 "$caller" 2>/dev/null || break; sleep 0.05; done
checks=$((checks + 1))
! kill -0 "$caller" 2>/dev/null || fail "an orphaned process group is stopped"
expect_nothing_left "$id"
finish
