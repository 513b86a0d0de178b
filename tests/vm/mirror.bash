# What vmtest gets from the Debian mirror that this machine is configured with: its address, its settings, and a kernel.
# shellcheck shell=bash disable=SC2154  # vmtest's variables

# The suite this machine runs.
host_suite() {
    # shellcheck disable=SC1091
    (. /etc/os-release && printf '%s\n' "${VERSION_CODENAME:-}")
}

# One-line sources of SUITE (and its updates and security suites) as this machine has them. For a suite that is not
# configured here, the same mirror is used.
apt_sources() {
    local suite=$1 opt='' key=/usr/share/keyrings/debian-archive-keyring.gpg lines found
    need apt-get
    [[ ! -e $key ]] || opt="[signed-by=$key] "
    # The names in the format are apt's, not the shell's.
    # shellcheck disable=SC2016
    lines=$(apt-get indextargets --format '$(ORIGIN)|$(REPO_URI)|$(CODENAME)|$(COMPONENT)' 'Created-By: Packages' | sort -u)
    found=$(awk -F'|' -v s="$suite" -v o="$opt" '
        $1 == "Debian" && $4 == "main" && ($3 == s || $3 == s "-updates" || $3 == s "-security") {
            print "deb " o $2, $3, $4 }' <<<"$lines")
    if ! awk -v s="$suite" 'NF > 2 && $(NF - 1) == s { f = 1 } END { exit !f }' <<<"$found"; then
        found=$(awk -F'|' -v s="$suite" -v h="$(host_suite)" -v o="$opt" '
            $1 == "Debian" && $4 == "main" && $3 == h { print "deb " o $2, s, $4; exit }' <<<"$lines")
    fi
    [[ -n $found ]] || die "no Debian mirror in this machine's apt sources (is apt-get update needed?)"
    printf '%s\n' "$found"
}

# The machine's own settings for reaching its mirror.
apt_settings() {
    apt-config dump | grep -E '^Acquire::(https?|ftp)::|^Acquire::(Check-Valid-Until|Check-Date|Retries)' || true
}

# A private state of apt in DIR for SUITE, so that nothing of this machine's own changes.
private_apt() {
    local suite=$1 dir=$2
    mkdir -p "$dir"/{state/lists/partial,cache/archives/partial,debs,empty}
    : >"$dir/status"
    apt_sources "$suite" >"$dir/sources.list"
    {
        apt_settings
        printf 'Dir::State "%s/state";\nDir::State::status "%s/status";\n' "$dir" "$dir"
        printf 'Dir::Cache "%s/cache";\nDir::Etc::sourcelist "%s/sources.list";\n' "$dir" "$dir"
        printf 'Dir::Etc::sourceparts "%s/empty";\nAPT::Sandbox::User "root";\n' "$dir"
        printf 'Acquire::Languages "none";\n'
    } >"$dir/apt.conf"
}

# Unpack SUITE's linux-image-amd64 into DIR.
fetch_kernel() {
    local suite=$1 dir=$2 apt=$cache/apt image parts deb
    rm -rf "$apt"
    private_apt "$suite" "$apt"
    mkdir -p "$dir"
    export APT_CONFIG=$apt/apt.conf
    apt-get -q update >"$apt/log" 2>&1 || die "apt-get update for $suite failed: $(tail -n 3 "$apt/log")"
    image=$(apt-cache depends linux-image-amd64 | awk '/Depends: linux-image-/ { print $2; exit }')
    [[ -n $image ]] || die "no linux-image-amd64 in $suite"
    # Newer suites split the package: linux-image-X depends on linux-binary-X and linux-modules-X.
    parts=$(apt-cache depends "$image" | awk '/Depends: linux-(binary|modules)-/ { print $2 }')
    # shellcheck disable=SC2086  # a list of words
    (cd "$apt/debs" && apt-get -q download "$image" $parts) >"$apt/log" 2>&1 ||
        die "download of $image failed: $(tail -n 3 "$apt/log")"
    unset APT_CONFIG
    for deb in "$apt"/debs/*.deb; do
        dpkg-deb -x "$deb" "$dir"
    done
    rm -rf "$apt"
}
