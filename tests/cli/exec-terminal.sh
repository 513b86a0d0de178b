#!/usr/bin/env bash
# Terminals of exec: from a shell, in a pipe, handed over to somebody else; restored whatever happens. Signals and statuses.
source "$(dirname "$0")/lib.bash"
command -v script >/dev/null || skip "script(1) is not installed"

id=$prefix-tty
receive=$(dirname "$0")/receive-descriptor
await() { for _ in $(seq 200); do ! "$@" 2>/dev/null || return 0; sleep 0.05; done; fail "in vain: $*"; }
# under_terminal SCRIPT: the script in a terminal of 33 by 91; its output without carriage returns.
under_terminal() { script -qec "stty rows 33 cols 91; $1" /dev/null </dev/null | tr -d '\r'; }
rt_words="$RT --root $state"

mkfifo "$work/fifo"
for variant in host user; do
    maps=.
    [[ $variant == user ]] && maps=$(userns 0:100000:65536)
    rm -rf "$work/box"
    new_bundle box "$maps | .process.args=[\"sleep\",\"1000\"]" >/dev/null
    expect_status 0 rt run -d -b "$work/box" "$id"

    # A terminal of the container's own, of the user of the process, with the size of the caller's, and as controlling one.
    out=$(under_terminal "$rt_words exec -t -u 33:33 $id sh -c 'tty; stat -c %u:%g:%a \$(tty); stty size; echo hello >/dev/tty; ps -o tty,pid | grep -c 136'; echo status \$?")
    expect_text "$variant: terminal" "$out" "/dev/pts/" $'33:5:620\n33 91\nhello\n' "status 0"
    out=$(under_terminal "before=\$(stty -g); $rt_words exec -t $id sh -c 'exit 9'; echo status \$?; test \"\$before\" = \"\$(stty -g)\" && echo restored")
    expect_text "$variant: restored" "$out" "status 9" restored
    out=$(under_terminal "before=\$(stty -g); $rt_words exec -t $id nosuch; echo status \$?; test \"\$before\" = \"\$(stty -g)\" && echo restored")
    expect_text "$variant: restored after a failure" "$out" "status 127" restored
    # TERM to rt goes to the program.
    out=$(under_terminal "before=\$(stty -g); $rt_words exec -t $id sleep 77 & pid=\$!; sleep 1; kill -TERM \$pid; wait \$pid; echo status \$?; test \"\$before\" = \"\$(stty -g)\" && echo restored")
    expect_text "$variant: restored after a signal" "$out" "status 143" restored
    # In the background rt neither stops nor takes the terminal; timeout(1) makes a group of its own.
    out=$(under_terminal "timeout 60 $rt_words exec -t $id sh -c 'echo here; exit 6'; echo status \$?")
    expect_text "$variant: in the background" "$out" here "status 6"
    out=$(under_terminal "timeout 2 $rt_words exec -t $id sleep 1000; echo status \$?")
    expect_text "$variant: ended in the background" "$out" "status 124"
    # A shell moves it to the foreground.
    rm -f "$work/foreground"
    out=$({ await test -e "$work/foreground"; echo typed; } | script -qec "set -m
        $rt_words exec -t $id sh -c 'read -r line; echo got \$line; exit 7' &
        until $rt_words exec $id pidof sh >/dev/null; do sleep 0.1; done
        stty -a | grep -ow -e -icanon -e icanon
        touch $work/foreground; fg >/dev/null; echo status \$?; stty -a | grep -ow -e -icanon -e icanon" /dev/null | tr -d '\r')
    expect_text "$variant: into the foreground" "$out" "got typed" "status 7"
    expect_equal "$variant: modes of the shell's terminal" "$(grep -ow -e -icanon -e icanon <<<"$out" | xargs)" "icanon icanon"
    # The line ends are the program's own (no ONLCR before the first byte), in a pipe too.
    expect_equal "$variant: in a pipe" "$(rt exec -t "$id" printf 'a\nb\n' </dev/null | od -An -tx1 | xargs)" "61 0a 62 0a"
    expect_equal "$variant: typed in a pipe" "$(echo 'exit 3' | rt exec -t "$id" sh >/dev/null; echo $?)" 3
    # A program that closes its terminal may open it again.
    out=$(under_terminal "$rt_words exec -t $id sh -c 't=\$(tty); exec 0<&- 1>&- 2>&-; sleep 0.3; echo later >\$t; sleep 0.2; echo last >\$t; exit 4'; echo status \$?")
    expect_text "$variant: opened again" "$out" later last "status 4"
    # Closed standard streams, and an output that nobody reads.
    expect_status 4 bash -c "exec '$RT' --root '$state' exec -t '$id' sh -c 'exit 4' <&- >&- 2>&-"
    expect_status 5 bash -c "'$RT' --root '$state' exec -t '$id' sh -c 'yes | head -n 100000; exit 5' | head -n 1; exit \${PIPESTATUS[0]}"
    # One that is not read for the time being keeps no signal from the program, nor rt once the program has ended.
    exec {unread}<>"$work/fifo"
    "$RT" --root "$state" exec -t "$id" sh -c 'trap "kill \$!; exit 23" TERM; yes & echo >/dev/shm/ready; wait' >&"$unread" </dev/null &
    caller=$!
    await rt exec "$id" test -e /dev/shm/ready
    for _ in $(seq 200); do kill -TERM "$caller" 2>/dev/null && sleep 0.05 || break; done
    kill -KILL "$caller" 2>/dev/null || true
    status=0
    wait "$caller" || status=$?
    expect_equal "$variant: a reader that is asleep" "$status" 23
    # A container ends without it.
    "$RT" --root "$state" exec -t "$id" yes >&"$unread" </dev/null &
    caller=$!
    await rt exec "$id" pidof yes >"$work/out"
    read -r yes _ <"$work/out"
    rt exec "$id" kill -KILL "$yes"
    await rt exec "$id" test ! -e "/proc/$yes"
    kill -KILL "$caller" 2>/dev/null || true # it has ended where the pipe had room for what was written
    wait "$caller" 2>/dev/null || true
    exec {unread}>&-
    rt exec "$id" rm /dev/shm/ready
    # The user's window gets another size.
    resized='echo >/dev/shm/ready; for i in $(seq 1000); do [ "$(stty size)" != "44 55" ] || exit 8; sleep 0.02; done'
    out=$(under_terminal "exec 3<&0; $rt_words exec -t $id sh -c '$resized' <&3 & caller=\$!; until $rt_words exec $id test -e /dev/shm/ready; do sleep 0.1; done; stty rows 44 cols 55; wait \$caller; echo status \$?")
    expect_text "$variant: resized" "$out" "status 8"
    rt exec "$id" rm /dev/shm/ready
    expect_status 0 rt exec "$id" ls /dev/pts
    expect_equal "$variant: no terminal is left" "$(xargs <<<"$out")" ptmx

    # Handed over: with --detach rt returns, and the terminal is with the receiver; the process file says the size.
    jq '.process | .args=["sh","-c","stty size; tty; sleep 0.2; echo end"] | .terminal=true | .consoleSize={height:11,width:22}' \
        "$work/box/config.json" >"$work/process.json"
    for detach in --detach ''; do
        "$receive" "$work/socket" terminal >"$work/received" 2>&1 &
        receiver=$!
        await test -S "$work/socket"
        expect_status 0 rt exec --process "$work/process.json" $detach --console-socket "$work/socket" --pid-file "$work/pid" "$id"
        expect_equal "$variant: own output" "$out" ""
        wait "$receiver" || fail "$variant: the receiver failed"
        expect_text "$variant: handed over $detach" "$(<"$work/received")" "size 11 22" $'\n11 22\n/dev/pts/' $'\nend'
        rm "$work/pid"
    done
    "$receive" "$work/socket" pidfd >"$work/received" 2>&1 &
    receiver=$!
    await test -S "$work/socket"
    expect_status 0 rt exec --detach --pidfd-socket "$work/socket" --pid-file "$work/pid" "$id" sleep 300
    wait "$receiver" || fail "$variant: the receiver failed"
    expect_equal "$variant: pidfd" "$(<"$work/received")" "$(<"$work/pid") $(<"$work/pid")"

    # What cannot be is refused before anything runs.
    expect_status 125 rt exec -t -d "$id" true
    expect_text "$variant: nobody has the terminal" "$err" --console-socket
    expect_status 125 rt exec -d --console-socket "$work/socket" "$id" touch /dev/shm/ran
    expect_text "$variant: no terminal" "$err" --tty
    for option in --console-socket --pidfd-socket; do
        expect_status 125 rt exec -t "$option" "$work/none" "$id" touch /dev/shm/ran
        expect_text "$variant: nobody listens" "$err" "$work/none" "no such file or directory"
    done
    expect_status 1 rt exec "$id" test -e /dev/shm/ran

    # Each signal that rt gets goes to the program.
    for signal in TERM INT HUP QUIT USR1 USR2 ALRM; do
        "$RT" --root "$state" exec "$id" sh -c "trap 'echo got $signal; exit 21' $signal; echo ready >/dev/shm/ready; while :; do sleep 0.02; done" >"$work/out" &
        caller=$!
        await rt exec "$id" test -e /dev/shm/ready
        kill -s "$signal" "$caller"
        status=0
        wait "$caller" || status=$?
        expect_equal "$variant: $signal" "$status $(<"$work/out")" "21 got $signal"
        rt exec "$id" rm /dev/shm/ready
    done
    expect_status 0 rt delete --force "$id"
    expect_nothing_left "$id"
done
finish
