#!/usr/bin/env bash
# rt ps --userns: the ids of each process inside of the container and outside, as /proc has them.
source "$(dirname "$0")/lib.bash"

new_bundle web "$(userns 0:100000:10 33:150000:1) | .process.args=[\"sh\",\"-c\",\"sleep 1000 & wait\"]" >/dev/null
id=$prefix-web
expect_status 0 rt run -d -b "$work/web" "$id"
await_processes() { for _ in $(seq 200); do (($(rt ps -f json "$id" | jq length) < $1)) || return 0; sleep 0.05; done; }
await_processes 2
expect_status 0 rt exec -d --user 33:5 "$id" sleep 2000
pid=$(rt state "$id" | jq .pid)
await_processes 3

expect_status 0 rt ps --userns -f json "$id"
sorted() { jq -c 'sort_by(.pid) | .[] | [.uid,.hostUid,.gid,.hostGid,.pid,.command]' <<<"$out"; }
expect_equal "the ids of both sides" "$(sorted | head -2)" \
    '[0,100000,0,100000,1,"sh -c sleep 1000 & wait"]'$'\n''[0,100000,0,100000,2,"sleep 1000"]'
expect_equal "another user" "$(sorted | tail -1 | jq -c '[.[0:4],.[5]]')" '[[33,150000,5,100005],"sleep 2000"]'
expect_equal "init" "$(jq '.[] | select(.pid==1) | .hostPid' <<<"$out")" "$pid"
for host in $(jq '.[].hostPid' <<<"$out"); do
    expect_equal "the pid inside of $host" "$(jq ".[] | select(.hostPid==$host) | .pid" <<<"$out")" \
        "$(awk '/^NSpid:/ {print $NF}' "/proc/$host/status")"
done

expect_status 0 rt ps "$id" --userns
expect_equal "columns" "$(head -1 <<<"$out" | xargs)" "UID HOST-UID GID HOST-GID PID HOST-PID COMMAND"
expect_equal "the row of init" "$(grep " $pid " <<<"$out" | xargs)" "0 100000 0 100000 1 $pid sh -c sleep 1000 & wait"
if setpriv --reuid 12345 --regid 12345 --clear-groups true; then
    cp "$RT" "$work/rt"
    chmod 755 "$work/rt"
    expect_status 0 setpriv --reuid 12345 --regid 12345 --clear-groups "$work/rt" --root "$state" ps --userns "$id"
    expect_equal "without root" "$(grep " $pid " <<<"$out" | xargs)" "0 100000 0 100000 1 $pid sh -c sleep 1000 & wait"
fi
expect_status 1 rt ps --userns "$id" -ef
expect_text "options of ps" "$err" "--userns"
rt delete --force "$id"

# Without a user namespace an id is itself.
new_bundle plain '.process.args=["sleep","1000"]' >/dev/null
id=$prefix-plain
expect_status 0 rt run -d -b "$work/plain" "$id"
pid=$(rt state "$id" | jq .pid)
expect_status 0 rt ps -f json --userns "$id"
expect_equal "without a user namespace" "$(jq -c '.[0] | [.uid,.hostUid,.pid,.hostPid]' <<<"$out")" "[0,0,1,$pid]"
rt delete --force "$id"
expect_nothing_left "$id"
finish
