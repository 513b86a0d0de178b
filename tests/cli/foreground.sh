#!/usr/bin/env bash
# rt run in the foreground of whoever starts things: cron, a service manager, nohup, a background job of a script, a terminal that goes
# away, a pipe that nobody reads any more; stopped and continued, ended politely, twice, and by force.
source "$(dirname "$0")/lib.bash"

id=$prefix-foreground
typist() { "$(dirname "$0")/typist" "$@"; }
rt_words="$RT --root $state"
await() { for _ in $(seq 400); do ! "$@" 2>/dev/null || return 0; sleep 0.05; done; fail "in vain: $*"; }
is_up() { [[ -e /proc/$(rt state "$id" 2>/dev/null | jq .pid)/root/dev/shm/up ]]; }
is_down() { [[ ! -e $state/$id ]]; }
ends() { checks=$((checks + 1)); await is_down; expect_nothing_left "$id"; }
ended() { ended=0; wait "$1" 2>/dev/null || ended=$?; }
# start COMMAND...: in the background, as a service manager does: a session of its own, no input; its pid is in $job.
start() {
    setsid "$@" </dev/null >"$work/out" 2>"$work/err" &
    job=$!
    await is_up
}
# The signals that it notices are written down; it ends at TERM, and at the second INT.
notices='for s in HUP QUIT USR1; do trap "echo $s" $s; done; trap "echo TERM; exit 0" TERM; trap "echo INT; test \$n && exit 7; n=1" INT
    echo >/dev/shm/up; while :; do sleep 0.02; done'
program() { jq -cn --arg text "$1" '["sh", "-c", $text]'; }
new_bundle notices ".process.args=$(program "$notices")" >/dev/null
new_bundle deaf '.process.args=["sh","-c","echo >/dev/shm/up; exec sleep 1000"]' >/dev/null
new_bundle talks ".process.args=$(program 'echo out; echo err >&2; cat; exit 3')" >/dev/null
new_bundle talks-in-terminal ".process.terminal=true | .process.args=$(program 'echo out; cat; exit 3')" >/dev/null

# --- cron(8): no terminal, hardly an environment, /bin/sh, the output into a pipe ---
for bundle in talks talks-in-terminal; do
    expect_status 3 bash -c "env -i HOME=/ SHELL=/bin/sh PATH=/usr/bin:/bin setsid -w /bin/sh -c '$rt_words run -b $work/$bundle $id' 2>&1 | cat; exit \${PIPESTATUS[0]}"
    expect_equal "cron, $bundle" "$(grep -v err <<<"$out")" out
    expect_status 3 bash -c "exec setsid -w $rt_words run -b $work/$bundle $id <&-"
    expect_text "closed input, $bundle" "$out" out
    expect_status 3 bash -c "exec setsid -w $rt_words run -b $work/$bundle $id <&- >&- 2>&-"
    expect_nothing_left "$id"
done
expect_equal "input of a pipe" "$(echo typed | rt run -b "$work/talks" "$id" 2>/dev/null)" $'out\ntyped'
new_bundle no-such '.process.args=["/no-such"]' >/dev/null
expect_status 127 setsid -w "$RT" --root "$state" run -b "$work/no-such" "$id"
expect_text "why, where cron mails it" "$err" /no-such

# --- who reads the output goes away: the program is told, or the kernel lets it write into the pipe no more ---
new_bundle endless '.process.args=["yes"]' >/dev/null
expect_status 0 timeout 60 bash -c "$rt_words run -b $work/endless $id 2>/dev/null | head -n 1"
expect_equal "a closed pipe" "$out" y
ends
new_bundle typing ".process.terminal=true | .process.args=$(program 'for i in $(seq 2000); do echo line $i; done; exit 5')" >/dev/null
expect_status 5 timeout 60 bash -c "$rt_words run -b $work/typing $id | head -n 1; exit \${PIPESTATUS[0]}"
ends

# --- a service manager: TERM, and KILL for what does not end (systemd.kill(5)) ---
start "$RT" --root "$state" run -b "$work/notices" "$id"
kill -TERM "$job"
ended "$job"
expect_equal "TERM" "$ended $(<"$work/out")" "0 TERM"
ends
new_bundle default ".linux.namespaces |= map(select(.type != \"pid\")) | .process.args=$(program 'echo >/dev/shm/up; exec sleep 1000')" >/dev/null
start "$RT" --root "$state" run -b "$work/default" "$id"
kill -TERM "$job"
ended "$job"
expect_equal "TERM without a handler" "$ended $(<"$work/err")" "143 "
ends
# The first process of a pid namespace does not notice what it has no handler for: that is told, and KILL of rt leaves a
# container that ExecStopPost= ends.
for signal in TERM INT HUP QUIT; do
    start "$RT" --root "$state" run -b "$work/deaf" "$id"
    kill -s "$signal" "$job"
    await grep -q "$signal.*does not end the program.*rt kill ID KILL" "$work/err"
    expect_equal "still there" "$(rt state "$id" | jq -r .status)" running
    if [[ $signal == TERM ]]; then
        kill -KILL "$job"
        ended "$job"
        expect_equal "KILL" "$ended $(rt state "$id" | jq -r .status)" "137 running"
        expect_status 0 rt delete --force "$id"
    else
        expect_status 0 rt kill "$id" KILL
        ended "$job"
        expect_equal "rt kill" "$ended" 137
    fi
    ends
done
expect_status 0 rt delete --force "$id"

# --- nohup(1): HUP is not for the container, whoever sends it; another signal is ---
start nohup "$RT" --root "$state" run -b "$work/notices" "$id"
kill -HUP "$job"
kill -USR1 "$job"
await grep -q USR1 "$work/out"
kill -TERM "$job"
ended "$job"
expect_equal "nohup" "$ended $(grep -v '^nohup' "$work/out" | xargs)" "0 USR1 TERM"
ends
start "$RT" --root "$state" run -b "$work/notices" "$id"
kill -HUP "$job"
await grep -q HUP "$work/out"
kill -TERM "$job"
ended "$job"
expect_equal "without nohup" "$ended $(xargs <"$work/out")" "0 HUP TERM"
ends

# --- stopped and continued: what is sent meanwhile arrives afterwards, and the container does not stop ---
start "$RT" --root "$state" run -b "$work/notices" "$id"
kill -STOP "$job"
kill -USR1 "$job"
rt kill "$id" QUIT
await grep -q QUIT "$work/out"
kill -CONT "$job"
await grep -q USR1 "$work/out"
kill -TERM "$job"
ended "$job"
expect_equal "stopped and continued" "$ended $(xargs <"$work/out")" "0 QUIT USR1 TERM"
ends

# --- at a terminal: ctrl-C twice; and a script's background job, which the keyboard does not reach ---
helper="run test -e /proc/\$($rt_words state $id | jq .pid)/root/dev/shm/up"
expect_typed() {  # WHAT COMMAND...: what is on standard input happens at the terminal of the command
    checks=$((checks + 1))
    typist "${@:2}" >"$work/transcript" 2>"$work/err" || fail "$1: $(<"$work/err")"
}
expect_typed "ctrl-C twice" sh -c "trap : INT; $rt_words run -b $work/notices $id; echo status \$?" <<END
$helper
type \\x03
see INT
run sleep 0.3; $rt_words state $id
type \\x03
see INT
see status 7
END
ends
expect_typed "the keyboard" sh -c "trap : INT; $rt_words run -b $work/notices $id & wait; echo waited; kill -USR1 \$!; wait \$!; echo status \$?" <<END
$helper
type \\x03
see waited
see USR1
run $rt_words kill $id TERM
see status 0
END
expect_equal "the keyboard" "$(grep -c INT "$work/transcript")" 0
ends

# --- the terminal goes away: HUP, for a program with a terminal of its own, too ---
for bundle in notices hung-up; do
    [[ $bundle == notices ]] || new_bundle hung-up ".process.terminal=true | .process.args=$(program "${notices//HUP QUIT/QUIT}")" >/dev/null
    change_config "$bundle" '.process.args[2] |= "trap \"exit 0\" HUP; " + sub("HUP QUIT"; "QUIT")'
    expect_typed "$bundle" sh -c "exec $rt_words run -b $work/$bundle $id" <<<"$helper"
    ends
done
finish
