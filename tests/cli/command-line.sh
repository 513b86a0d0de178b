#!/usr/bin/env bash
# Words, options, formats, and what is said about wrong ones.
source "$(dirname "$0")/lib.bash"

expect_status 0 "$RT"
expect_text "bare rt" "$out" "Usage: rt" "run" "delete"
expect_status 0 "$RT" --version
expect_text "version" "$out" "rt version " "commit: " "spec: 1." "libseccomp: "
expect_equal "first line" "$(head -n1 <<<"$out" | cut -d' ' -f1-2)" "rt version"
expect_status 1 "$RT" statt
expect_text "unknown command" "$err" "statt" "did you mean 'start'" "rt --help"
expect_status 1 "$RT" list --formt json
expect_text "unknown option" "$err" "--formt" "did you mean '--format'" "rt list --help"
expect_status 1 rt list --format yaml
expect_text "unknown format" "$err" "yaml" "table and json"
expect_status 1 "$RT" start
expect_text "missing word" "$err" "CONTAINER-ID" "rt start --help"
expect_status 1 "$RT" start a b
expect_text "surplus word" "$err" "'b'"
expect_status 125 "$RT" run
expect_text "run without id" "$err" "CONTAINER-ID"
expect_status 1 "$RT" --log-format xml list
expect_text "log format" "$err" "text and json"
expect_status 1 rt kill none NOSUCH
expect_text "signal" "$err" "NOSUCH" "kill -l"

# ids
new_bundle ids >/dev/null
for bad in '' . .. a/b ../x -x "$(printf 'a%.0s' $(seq 1025))" 'a b' $'a\nb'; do
    expect_status 125 rt run -b "$work/ids" -- "$bad"
    expect_text "id '$bad'" "$err" "container id"
done
[[ ! -e $work/x ]] || fail "an id led out of the root"

# spec
mkdir "$work/spec"
expect_status 0 rt spec -b "$work/spec"
jq -e '.ociVersion and .process.terminal and .root.readonly' "$work/spec/config.json" >/dev/null || fail "the default config"
cp "$work/spec/config.json" "$work/before"
expect_status 1 rt spec --bundle="$work/spec"
expect_text "not overwritten" "$err" "config.json" "exists"
cmp -s "$work/before" "$work/spec/config.json" || fail "config.json was changed"

# list and features
expect_status 1 rt list
expect_text "given root is missing" "$err" "$state" "no such file or directory"
[[ ! -e $state ]] || fail "list made the root"
mkdir "$state"
expect_status 0 rt list
expect_equal "empty list" "$(tr -s ' ' <<<"$out")" "ID PID STATUS BUNDLE CREATED OWNER"
expect_equal "empty list as json" "$(rt list -f json)" "[]"
expect_status 0 rt features
jq -e '.ociVersionMin == "1.0.0" and (.mountOptions | index("rro")) and (.linux.namespaces | length == 8)' <<<"$out" >/dev/null || fail "features: $out"

# Options after the id, and both spellings.
new_bundle opts >/dev/null
expect_status 0 rt create "$prefix-o" --bundle "$work/opts" "--pid-file=$work/pid"
expect_equal "pid file without newline" "$(wc -l <"$work/pid")" 0
expect_status 0 rt ps "$prefix-o" -f json
expect_equal "ps json" "$(jq -c . <<<"$out")" "[$(<"$work/pid")]"
expect_status 0 rt ps "$prefix-o" -eo pid,args
expect_text "ps options" "$out" "PID" "COMMAND" "$(<"$work/pid")"
expect_status 0 rt delete -f "$prefix-o"
expect_status 0 rt delete -f "$prefix-o"
expect_nothing_left "$prefix-o"

# The log: a file gets the line, standard error a last plain one; JSON has the parts.
expect_status 1 rt --log "$work/log" --log-format=json start "$prefix-none"
expect_equal "json line" "$(jq -r '[.level, .object, .reason] | join(" ")' "$work/log")" "error $prefix-none container does not exist"
expect_text "standard error" "$err" "rt: cannot start '$prefix-none': container does not exist"
expect_status 1 rt --log-format json start "$prefix-none"
jq -e '.level == "error" and .msg and .time and .hint' <<<"$err" >/dev/null || fail "json on stderr: $err"
expect_status 1 rt --log "$work/text" start "$prefix-none"
expect_text "text line" "$(<"$work/text")" 'level=error msg="' 'time="'

# Closed standard streams, an odd umask, ignored and blocked signals of the caller reach nobody.
new_bundle odd '.process.args=["sh","-c","umask; grep -E \"^Sig(Blk|Ign|Cgt)\" /proc/self/status; ls /proc/self/fd | wc -l"]' >/dev/null
out=$(umask 077; trap '' HUP USR1; "$RT" --root "$state" run -b "$work/odd" "$prefix-odd" 2>&1)
expect_text "signals" "$out" $'SigBlk:\t0000000000000000' $'SigIgn:\t0000000000000000'
expect_status 0 bash -c "exec '$RT' --root '$state' run -b '$work/opts' '$prefix-closed' <&- >&- 2>&-"
expect_nothing_left "$prefix-closed"

# Refused, not dropped: what this version does not support.
for unsupported in '.hooks={poststop:[{path:"/bin/true"}]}' '.process.apparmorProfile="x"'; do
    new_bundle unsupported "$unsupported" >/dev/null
    expect_status 125 rt run -b "$work/unsupported" "$prefix-unsupported"
    expect_text "$unsupported" "$err" "not supported"
    expect_nothing_left "$prefix-unsupported"
    rm -rf "$work/unsupported"
done

finish
