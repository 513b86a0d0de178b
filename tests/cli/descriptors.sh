#!/usr/bin/env bash
# Which descriptors reach the program: --preserve-fds, LISTEN_FDS (sd_listen_fds(3)), and never any other one.
source "$(dirname "$0")/lib.bash"

id=$prefix-fds
for n in 3 4 5 6; do echo "content of $n" >"$work/file$n"; done
# with COMMAND...: with descriptors 3, 4, 5, 6 and 9 open, 7 and 8 closed.
with() { "$@" 3<"$work/file3" 4<"$work/file4" 5<"$work/file5" 6<"$work/file6" 7<&- 8<&- 9<"$work/file3"; }
# The shell itself holds no other descriptor while it looks.
numbers='cd /proc/self/fd && echo *'
list=".process.args=[\"sh\",\"-c\",\"$numbers; cat <&3; env | grep LISTEN | sort; echo pid \$\$\"]"

for variant in host user; do
    extra=.
    [[ $variant == user ]] && extra=$(userns 0:100000:65536)
    new_bundle "fds-$variant" "$extra | $list" >/dev/null
    bundle=$work/fds-$variant

    # None, although the caller has left some open. (The shell expands * with a descriptor of its own for the directory.)
    expect_status 0 with rt run -b "$bundle" "$id"
    expect_equal "$variant: none" "${out%%$'\n'*}" "0 1 2 3"
    expect_text "$variant: none" "$err" "3: Bad file descriptor"
    expect_nothing_left "$id"

    expect_status 0 with rt run --preserve-fds 1 -b "$bundle" "$id"
    expect_equal "$variant: one" "$out" $'0 1 2 3 4\ncontent of 3\npid 1'
    expect_status 0 with rt run --preserve-fds=4 -b "$bundle" "$id"
    expect_equal "$variant: four" "${out%%$'\n'*}" "0 1 2 3 4 5 6 7"
    expect_status 0 with rt run --preserve-fds 0 -b "$bundle" --preserve-fds 2 "$id"
    expect_equal "$variant: the last one counts" "${out%%$'\n'*}" "0 1 2 3 4 5"

    # A created container holds them, its start socket and nothing else; start passes none of its own.
    expect_status 0 with rt create --preserve-fds 2 -b "$bundle" "$id"
    pid=$(rt state "$id" | jq .pid)
    expect_equal "$variant: created: files" "$(readlink "/proc/$pid/fd/3" "/proc/$pid/fd/4")" "$work/file3"$'\n'"$work/file4"
    expect_equal "$variant: created: number" "$(ls "/proc/$pid/fd" | wc -l)" 6
    expect_equal "$variant: created: socket" "$(readlink "/proc/$pid/fd/"* | grep -c socket)" 1
    expect_status 0 rt delete "$id"
    change_config "fds-$variant" '.process.args=["sleep","1000"]'
    expect_status 0 with rt create --preserve-fds 2 -b "$bundle" "$id"
    expect_status 0 with rt start "$id"
    pid=$(rt state "$id" | jq .pid)
    expect_equal "$variant: started" "$(ls "/proc/$pid/fd" | tr '\n' ' ')" "0 1 2 3 4 "
    expect_status 0 rt delete --force "$id"
    change_config "fds-$variant" "$list"

    # LISTEN_FDS: for rt, or without a LISTEN_PID; the program learns its own pid.
    listening() { with env "$@" "$RT" --root "$state" run -b "$bundle" "$id"; }
    expect_status 0 listening LISTEN_FDS=2
    expect_equal "$variant: LISTEN_FDS" "$out" $'0 1 2 3 4 5\ncontent of 3\nLISTEN_FDS=2\nLISTEN_PID=1\npid 1'
    expect_status 0 with sh -c "LISTEN_FDS=1 LISTEN_PID=\$\$ LISTEN_FDNAMES=web exec '$RT' --root '$state' run --preserve-fds 1 -b '$bundle' '$id'"
    expect_equal "$variant: with names, and another one" "$out" $'0 1 2 3 4 5\ncontent of 3\nLISTEN_FDNAMES=web\nLISTEN_FDS=1\nLISTEN_PID=1\npid 1'
    expect_status 0 listening LISTEN_FDS=2 LISTEN_PID=1
    expect_equal "$variant: for another process" "${out%%$'\n'*}" "0 1 2 3"

    # One that is not open.
    expect_status 125 with rt run --preserve-fds 5 -b "$bundle" "$id"
    expect_text "$variant: closed" "$err" "descriptor 7" "not open" "--preserve-fds"
    expect_status 1 with rt create --preserve-fds 6 -b "$bundle" "$id"
    expect_text "$variant: closed" "$err" "descriptor 7"
    expect_status 125 listening LISTEN_FDS=5
    expect_text "$variant: closed" "$err" "descriptor 7" "LISTEN_FDS"
    expect_nothing_left "$id"
done

# A log file that rt opens is none of the caller's descriptors.
expect_status 125 "$RT" --root "$state" --log "$work/log" run --preserve-fds 1 -b "$bundle" "$id" 3<&-
expect_text "the log" "$(<"$work/log")" "descriptor 3" "not open"
for bad in -1 x 4294967296 ''; do
    expect_status 125 rt run "--preserve-fds=$bad" -b "$bundle" "$id"
    expect_text "number '$bad'" "$err" "--preserve-fds" "no number"
done

# rt does not hold on to what the program has got: the pipe ends with the program's own copy.
change_config fds-user '.process.args=["sh","-c","echo through >&3; exec 3>&-; sleep 1000"]'
mkfifo "$work/pipe"
"$RT" --root "$state" run --preserve-fds 1 -b "$bundle" "$id" 3>"$work/pipe" >/dev/null &
runner=$!
expect_equal "pipe" "$(timeout 60 cat "$work/pipe")" through
rt kill "$id" KILL
wait $runner || true
expect_nothing_left "$id"

finish
