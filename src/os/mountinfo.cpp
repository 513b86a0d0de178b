#include "rt/os/mountinfo.hpp"

#include <algorithm>
#include <optional>

#include "rt/base/text.hpp"

namespace rt::os {

namespace {

// Blank, tab, newline and backslash are written as three octal digits (proc_pid_mountinfo(5)).
std::string unescape(std::string_view text) {
    constexpr std::size_t digits = 3;
    const auto is_octal = [](char c) { return c >= '0' && c <= '7'; };
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::string_view code = text.substr(i + 1, digits);
        if (text[i] == '\\' && code.size() == digits && std::ranges::all_of(code, is_octal)) {
            plain += static_cast<char>((code[0] - '0') * 64 + (code[1] - '0') * 8 + (code[2] - '0'));
            i += digits;
        } else {
            plain += text[i];
        }
    }
    return plain;
}

// "31 23 0:28 / /sys/fs/cgroup rw,relatime shared:1 - tmpfs tmpfs rw,mode=755": any number of fields before the dash.
std::optional<MountInfo> parse_line(const std::string& line) {
    const std::vector<std::string> fields = split(line, ' ');
    constexpr std::size_t first_optional = 6;
    if (fields.size() < first_optional) return std::nullopt;
    const auto dash = std::find(fields.begin() + first_optional, fields.end(), "-");
    const std::optional<std::uint64_t> id = parse_number<std::uint64_t>(fields[0]);
    const std::optional<std::uint64_t> parent = parse_number<std::uint64_t>(fields[1]);
    if (!id || !parent || fields.end() - dash < 4) return std::nullopt;
    return MountInfo{.id = *id,
                     .parent = *parent,
                     .root = unescape(fields[3]),
                     .mount_point = unescape(fields[4]),
                     .options = split(fields[5], ','),
                     .type = dash[1],
                     .super_options = split(dash[3], ',')};
}

bool is_above(std::string_view directory, std::string_view path) {
    if (directory == "/") return path != "/";
    return path.size() > directory.size() && path.starts_with(directory) && path[directory.size()] == '/';
}

}  // namespace

std::vector<MountInfo> parse_mountinfo(std::string_view text) {
    std::vector<MountInfo> mounts;
    for (const std::string& line : split(text, '\n')) {
        if (std::optional<MountInfo> mount = parse_line(line)) mounts.push_back(*std::move(mount));
    }
    return mounts;
}

bool is_visible(const MountInfo& mount, const std::vector<MountInfo>& all) {
    std::uint64_t on_the_way = 0;  // the mount below which we came: being on top of its parent is what it does
    const MountInfo* step = &mount;
    for (std::size_t depth = 0; depth <= all.size(); ++depth) {
        for (const MountInfo& other : all) {
            if (other.id == step->id || other.id == on_the_way) continue;
            const bool on_top = other.parent == step->id && other.mount_point == step->mount_point;
            const bool above = other.parent == step->parent && is_above(other.mount_point, step->mount_point);
            if (on_top || above) return false;
        }
        const auto parent = std::ranges::find(all, step->parent, &MountInfo::id);
        if (parent == all.end() || &*parent == step) return true;
        on_the_way = step->id;
        step = &*parent;
    }
    return false;  // a circle: not what a kernel writes
}

}  // namespace rt::os
