#!/usr/bin/env bash
# What rt writes, and the bundles, against the official JSON schemas of the spec.
source "$(dirname "$0")/lib.bash"
python3 -c 'import jsonschema' 2>/dev/null || skip "python3-jsonschema is not installed"

validate() { "$SOURCE_DIR/tests/validate" "$@"; }
valid() { expect_status 0 validate "$@"; }

# The check itself: the published examples, good and bad.
examples=$SOURCE_DIR/tests/unit/spec/data
valid config "$examples"/*.json
for bad in "$examples"/bad/*.json; do expect_status 1 validate config "$bad"; done

# spec, in both forms
mkdir "$work/spec" "$work/rootless"
rt spec -b "$work/spec"
rt spec -b "$work/rootless" --rootless
valid config "$work/spec/config.json" "$work/rootless/config.json"
valid config "$SOURCE_DIR"/bundles/*/config.json

# features: valid, and no field that the schema or features-linux.md does not have.
rt features >"$work/features.json"
valid features "$work/features.json"

# state, at each station of a container's life
new_bundle state '.process.args=["sleep","1000"] | .annotations={"org.example.key":"value"}' >/dev/null
id=$prefix-schema
expect_state() {  # STATUS
    rt state "$id" >"$work/state.json"
    valid state "$work/state.json"
    expect_equal "status" "$(jq -r .status "$work/state.json")" "$1"
}
rt create -b "$work/state" "$id"
expect_state created
rt start "$id"
expect_state running
rt kill "$id" KILL
for _ in $(seq 200); do [[ $(rt state "$id" | jq -r .status) == stopped ]] && break; sleep 0.02; done
expect_state stopped
rt delete "$id"
expect_nothing_left "$id"

finish
