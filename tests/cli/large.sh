#!/usr/bin/env bash
# Large configs: right, or a clear error; never a crash.
source "$(dirname "$0")/lib.bash"

run_it() { rt run -b "$work/$1" "$prefix-$1"; }  # BUNDLE
expect_short() {
    checks=$((checks + 1))
    ((${#err} < 100000)) || fail "$1: a message of ${#err} bytes"
}

# 10,000 entries of the environment, 1000 mounts (a quarter of them bound), 1 MB in all.
new_bundle many '.process.env=[range(10000) | "NAME_\(.)=" + ("x" * 60)] + .process.env
    | .mounts += [range(1000) | {destination: "/tmp/\(.)"} + (if . % 4 == 0 then {source: "/etc", options: ["rbind", "ro"]}
        else {type: "tmpfs", source: "tmpfs", options: ["size=4k"]} end)]
    | .annotations={"org.example.large": ("x" * 100000)} | .root.readonly=false
    | .process.args=["sh", "-c", "env | grep -c ^NAME_; grep -c \" /tmp/[0-9]\" /proc/self/mountinfo"]' >/dev/null
checks=$((checks + 1))
(($(stat -c %s "$work/many/config.json") > 1000000)) || fail "the config is smaller than a megabyte"
mkdir -p "$work/rootfs/tmp"
expect_status 0 run_it many
expect_equal "entries and mounts" "$out" $'10000\n1000'
expect_nothing_left "$prefix-many"

nested_at() {  # BUNDLE KEY JQ-FILTER: with $nested as the value of the key
    new_bundle "$1" "$3" >/dev/null
    { printf '{"%s":%s,' "$2" "$nested"; tail -c +2 "$work/$1/config.json"; } >"$work/$1/config.new"
    mv "$work/$1/config.new" "$work/$1/config.json"
}

# Nesting, with a small stack too: in a property that nobody knows, and in one that is of another type.
for depth in 1000 100000; do
    nested=$(printf '[%.0s' $(seq "$depth"))$(printf ']%.0s' $(seq "$depth"))
    nested_at deep unknown '.'
    expect_status 0 run_it deep
    sanitized "a small stack: their frames are several times as large" ||
        expect_status 0 bash -c "ulimit -s 256; exec '$RT' --root '$state' run -b '$work/deep' '$prefix-deep'"
    nested_at wrong hostname 'del(.hostname)'
    expect_status 125 run_it wrong
    expect_text "nested" "$err" "/hostname" "expected a string, found an array"
    rm -rf "$work/deep" "$work/wrong"
done

# Strings of 16 MiB: an annotation is one; an argument and a path cannot be.
long=$work/long
head -c $((16 << 20)) /dev/zero | tr '\0' x >"$long"
with_long() {  # BUNDLE JQ-FILTER: $text is the string
    new_bundle "$1" >/dev/null
    jq --rawfile text "$long" "$2" "$work/$1/config.json" >"$work/$1/config.new"
    mv "$work/$1/config.new" "$work/$1/config.json"
}
with_long annotation '.annotations["org.example.large"]=$text | .process.args=["sleep","1000"]'
expect_status 0 rt create -b "$work/annotation" "$prefix-annotation"
expect_equal "annotation in the state" "$(rt state "$prefix-annotation" | jq '.annotations["org.example.large"] | length')" $((16 << 20))
expect_status 0 rt delete "$prefix-annotation"
with_long argument '.process.args=["echo", $text]'
expect_status 126 run_it argument
expect_text "argument" "$err" "E2BIG"
for filter in '.hostname=$text' '.root.path=$text' '.mounts[0].destination=$text' '.process.cwd="/" + $text' '.linux.maskedPaths=["/" + $text]' \
    '.linux.cgroupsPath=$text' '.process.args=[$text]' '.process.rlimits[0].type=$text' '.ociVersion=$text'; do
    with_long refused "$filter"
    status=0
    run_it refused >"$work/out" 2>"$work/err" || status=$?
    err=$(<"$work/err")
    expect_short "$filter"
    checks=$((checks + 1))
    [[ $status == 12[567] && $err == rt:* ]] || fail "$filter: status $status, ${err:0:500}"
    expect_nothing_left "$prefix-refused"
    rm -rf "$work/refused"
done

# More than the reader takes.
with_long huge '.annotations=([range(5)] | map({"key\(.)": $text}) | add)'
expect_status 125 run_it huge
expect_text "huge" "$err" "config.json" "longer than"

finish
