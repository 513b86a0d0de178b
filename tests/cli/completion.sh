#!/usr/bin/env bash
# rt completion: what the shells themselves offer for a line with their script.
source "$(dirname "$0")/lib.bash"

mkdir -p "$work/bin" "$work/place/directory"
touch "$work/place/file.json"
ln -s "$RT" "$work/bin/rt"
export PATH=$work/bin:$PATH XDG_RUNTIME_DIR=$work HOME=$work
new_bundle one '.process.args=["true"]' >/dev/null
expect_status 0 rt create -b "$work/one" "$prefix-a"
expect_status 0 rt create -b "$work/one" "$prefix-b"
commands=$("$RT" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' | sort | xargs)
for shell in bash zsh fish; do
    expect_status 0 rt completion "$shell"
    cp "$work/out" "$work/script.$shell"
done
expect_status 1 rt completion tcsh
expect_text "unknown shell" "$err" tcsh "bash, zsh, fish"

in_bash() {  # WORD...: the last one is to be completed
    bash --norc -c 'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _rt_complete; printf "%s\n" "${COMPREPLY[@]}"' "$work/script.bash" "$@" | sort | xargs
}
in_zsh() {  # the same by the functions with which zsh runs scripts for bash; what does not begin so, zsh itself leaves out
    zsh -f -c 'autoload -Uz compinit; compinit -D -u; source "$0"; () { setopt localoptions ksharrays shwordsplit; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _rt_complete; printf "%s\n" "${COMPREPLY[@]}"; } "$@"' "$work/script.zsh" "$@" | grep -e "^${*: -1}" | sort | xargs
}
in_fish() {  # in fish a candidate has a description after a tab
    fish --no-config -c 'source $argv[1]; complete --do-complete "$argv[2]"' "$work/script.fish" "$*" | cut -f1 | sort -u | xargs
}

cd "$work/place"
for shell in bash zsh fish; do
    command -v "$shell" >/dev/null || { echo "not checked: $shell is not installed"; continue; }
    expect_equal "$shell: commands" "$("in_$shell" rt '')" "$commands"
    expect_equal "$shell: r" "$("in_$shell" rt r)" "resume run"
    expect_equal "$shell: ids" "$("in_$shell" rt --root "$state" state "$prefix-")" "$([[ $shell == fish ]] || echo "$prefix-a $prefix-b")"  # fish: of the default root
    expect_equal "$shell: a signal" "$("in_$shell" rt kill "$prefix-a" US)" "USR1 USR2"
    expect_equal "$shell: an option" "$("in_$shell" rt run --keep --bun)" "--bundle"
    expect_equal "$shell: a directory" "$("in_$shell" rt run --bundle dir | tr -d /)" directory
    expect_equal "$shell: a file" "$("in_$shell" rt update --resources fi)" file.json
    expect_equal "$shell: a word of few" "$("in_$shell" rt list --format j)" json
    expect_equal "$shell: a global option" "$("in_$shell" rt --log-f)" "--log-format"
done
expect_equal "bash: = is a word of its own" "$(in_bash rt list --format = t)" table
finish
