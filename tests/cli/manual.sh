#!/usr/bin/env bash
# The help and the man pages agree, and the pages are well made.
source "$(dirname "$0")/lib.bash"

man_dir=$SOURCE_DIR/man
options_of_help() { grep -oE -- '--[a-z][a-z-]+' <<<"$1" | grep -v -- '--help$' | sort -u; }
options_of_page() { sed -n '/^\.It Fl/s/.*Fl -\([a-z][a-z-]*\).*/--\1/p' "$1" | grep -v -- '--help$' | sort -u; }

commands=$("$RT" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
checks=$((checks + 1))
[[ $(wc -w <<<"$commands") -ge 10 ]] || fail "the help lists: $commands"
for command in $commands; do
    page=$man_dir/rt-$command.8
    checks=$((checks + 1))
    [[ -f $page ]] || { fail "no man page for $command"; continue; }
    help=$("$RT" "$command" --help)
    expect_equal "options of $command" "$(options_of_page "$page")" "$(options_of_help "$(sed -n '/^Options:/,$p' <<<"$help")")"
    expect_text "rt.8" "$(<"$man_dir/rt.8")" "Xr rt-$command 8"
    expect_equal "-h and --help" "$("$RT" "$command" -h)" "$help"
done
expect_equal "global options" "$(options_of_page "$man_dir/rt.8")" "$(options_of_help "$("$RT" --help | sed -n '/^Options:/,/^$/p')")"
for page in "$man_dir"/rt-*.8; do
    name=$(basename "$page" .8)
    checks=$((checks + 1))
    grep -qw "${name#rt-}" <<<"$commands" || fail "$page is of no command"
done
# What is to be copied into the configuration of an engine can be read by it: the JSON and TOML of rt-engines(7).
example() {  # LINE: that of the page which begins so
    awk -v text="$1" '/^\.Bd/ { first = 1; next } /^\.Ed/ { shown = 0 }
        first { shown = index($0, text) == 1; first = 0 } shown' "$man_dir/rt-engines.7"
}
checks=$((checks + 4))
[[ $(example '{' | jq -r '.runtimes[."default-runtime"].path') == */rt ]] || fail "the daemon.json of rt-engines(7)"
for first in '[engine]' 'version = 2' '[crio.runtime]'; do
    text=$(example "$first")
    python3 -c 'import sys, tomllib; sys.exit("/rt\x27" not in str(tomllib.loads(sys.argv[1])))' "$text" ||
        fail "the example with '$first' of rt-engines(7): $text"
done
mkdir "$work/pictures"
"$SOURCE_DIR/pictures/make" "$work/pictures"
for picture in "$work/pictures"/*; do
    checks=$((checks + 1))
    cmp "$picture" "$SOURCE_DIR/pictures/$(basename "$picture")" || fail "pictures/make draws it otherwise"
done
if command -v mandoc >/dev/null; then
    for page in "$man_dir"/*.[0-9]; do
        checks=$((checks + 1))
        lint=$(mandoc -Tlint -Wwarning "$page" 2>&1) || fail "$lint"
    done
else
    echo "mandoc is not installed: the pages are not checked by it"
fi
finish
