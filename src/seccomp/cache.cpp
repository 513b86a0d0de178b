#include "rt/seccomp/cache.hpp"

#include <fcntl.h>
#include <seccomp.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"
#include "rt/seccomp/compile.hpp"

namespace rt::seccomp {

namespace {

constexpr const char* directory_name = ".seccomp";
constexpr std::size_t most_programs = 32;
constexpr std::size_t longest_file = std::size_t{8} << 20;

void add_rule(std::string& key, const plan::SeccompRule& rule) {
    key += concat("rule ", rule.action, "\n");
    for (const plan::SeccompCondition& condition : rule.conditions) {
        key += concat("if ", condition.index, " ", static_cast<int>(condition.op), " ", condition.value, " ",
                      condition.value_two, "\n");
    }
    for (const std::string& name : rule.names) key += concat(name.size(), " ", name, "\n");
}

// All that the program is a function of. Names carry their length: two plans never have one text.
std::string key_of(const plan::Seccomp& plan, std::string_view build) {
    const scmp_version* library = ::seccomp_version();
    utsname kernel{};
    ::uname(&kernel);  // its calls and actions are what libseccomp calls the API level
    std::string key = concat("rt ", build, "\nlibseccomp ", library->major, ".", library->minor, ".", library->micro,
                             "\nkernel ", std::string_view(kernel.release), " ", std::string_view(kernel.version),
                             "\ndefault ", plan.default_action, "\n");
    for (const plan::SeccompArchitecture& architecture : plan.architectures) {
        key += concat("architecture ", architecture.token, "\n");
    }
    for (const plan::SeccompRule& rule : plan.rules) add_rule(key, rule);
    return key;
}

// FNV-1a (draft-eastlake-fnv): only a name for the file, the whole key is in it.
std::string file_name_of(std::string_view key) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char byte : key) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
    return std::to_string(hash);
}

bool is_own(int fd) noexcept {
    struct stat status{};
    return ::fstat(fd, &status) == 0 && status.st_uid == ::geteuid() && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

os::UniqueFd open_own_directory(int parent, const std::string& path) {
    os::UniqueFd directory = os::try_open_at(parent, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (directory && is_own(directory.get())) return directory;
    if (directory) log::debug(concat("the directory ", path, " of kept system call filters is not rt's own"));
    return {};
}

os::UniqueFd open_cache(const std::string& state_root) {
    const os::UniqueFd root = open_own_directory(AT_FDCWD, state_root);
    if (!root) return {};
    os::UniqueFd cache = open_own_directory(root.get(), directory_name);
    if (cache || errno != ENOENT || ::mkdirat(root.get(), directory_name, 0700) < 0) return cache;
    return open_own_directory(root.get(), directory_name);
}

// The file: the length of the key, a newline, the key, the program.
std::string file_text(const std::string& key, const Program& program) {
    std::string text = concat(key.size(), "\n", key);
    text.append(reinterpret_cast<const char*>(program.data()), program.size() * sizeof(sock_filter));
    return text;
}

std::optional<Program> recall(int cache, const std::string& name, const std::string& key) {
    const os::UniqueFd file = os::try_open_at(cache, name, O_RDONLY | O_NOFOLLOW);
    if (!file || !is_own(file.get())) return std::nullopt;
    const std::string text = os::read_all(file.get(), name, longest_file);
    const std::string head = concat(key.size(), "\n", key);
    if (!text.starts_with(head)) return std::nullopt;
    const std::string_view bytes = std::string_view(text).substr(head.size());
    if (bytes.empty() || bytes.size() % sizeof(sock_filter) != 0) return std::nullopt;
    Program program(bytes.size() / sizeof(sock_filter));
    std::memcpy(program.data(), bytes.data(), bytes.size());
    return program;
}

// Makes room for one more: the oldest go.
void make_room(int cache) {
    std::vector<std::string> names = os::names_in(cache, directory_name);
    while (names.size() >= most_programs) {
        const auto age = [cache](const std::string& name) {
            const auto status = os::try_status_at(cache, name, AT_SYMLINK_NOFOLLOW);
            return status ? status->st_mtime : 0;
        };
        const auto oldest = std::ranges::min_element(names, {}, age);
        ::unlinkat(cache, oldest->c_str(), 0);
        names.erase(oldest);
    }
}

}  // namespace

Program compile_or_recall(const plan::Seccomp& plan, const std::string& state_root, std::string_view build) {
    // Compiling tells more about the profile.
    const os::UniqueFd cache = log::debug_enabled() ? os::UniqueFd() : open_cache(state_root);
    if (!cache) return compile(plan);
    const std::string key = key_of(plan, build);
    const std::string name = file_name_of(key);
    try {
        if (std::optional<Program> program = recall(cache.get(), name, key)) return *std::move(program);
    } catch (const Error& error) {
        log::debug(error.what());
    }
    Program program = compile(plan);
    try {
        make_room(cache.get());
        os::replace_file(cache.get(), name, file_text(key, program), 0600);
    } catch (const Error& error) {
        log::debug(error.what());  // a full disk, or a root that may only be read
    }
    return program;
}

}  // namespace rt::seccomp
