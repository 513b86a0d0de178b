#include "rt/init/program.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"
#include "rt/os/process.hpp"
#include "rt/plan/accounts.hpp"
#include "rt/plan/search_path.hpp"

namespace rt::init {

namespace {

// 0 when the calling process may execute the file, else errno.
int check_executable(const std::string& path) {
    const auto status = os::try_status_at(AT_FDCWD, path);
    if (!status) return errno;
    // As execve(2) answers, for directories too: Docker 20.10 knows these words only.
    if (!S_ISREG(status->st_mode)) return EACCES;
    // faccessat2(2): the C library's faccessat(3) answers AT_EACCESS itself on old kernels, and wrongly.
    return ::syscall(SYS_faccessat2, AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) < 0 ? errno : 0;
}

[[noreturn]] void refuse_program(const std::string& path, int code) {
    const bool missing = code == ENOENT || code == ENOTDIR;
    throw Error({.doing = "exec",
                 .object = path,
                 .code = code,
                 .hint = missing ? "the path is looked up inside the rootfs" : "",
                 .kind = missing ? FailureKind::program_not_found : FailureKind::program_not_executable});
}

}  // namespace

std::string find_program(const std::string& name, const std::vector<std::string>& env) {
    if (name.find('/') != std::string::npos) {
        const int code = check_executable(name);
        if (code != 0) refuse_program(name, code);
        return name;
    }
    const std::string path = plan::search_path(env);
    std::string refused;
    int refused_code = 0;
    for (const std::string& candidate : plan::places_of_program(name, path)) {
        const int code = name.empty() ? ENOENT : check_executable(candidate);
        if (code == 0) return candidate;
        if (code == ENOENT || code == ENOTDIR || !refused.empty()) continue;
        refused = candidate;
        refused_code = code;
    }
    if (!refused.empty()) refuse_program(refused, refused_code);
    throw Error({.doing = "exec",
                 .object = name,
                 .reason = "executable file not found in $PATH",
                 .hint = concat("PATH of the container is ", path),
                 .kind = FailureKind::program_not_found});
}

void add_home(std::vector<std::string>& env, std::uint32_t uid) {
    if (!plan::value_of(env, "HOME").empty()) return;
    std::erase_if(env, [](const std::string& entry) { return entry.starts_with("HOME="); });
    std::string home = "/";
    constexpr std::size_t longest_passwd = 4U << 20;
    // O_NONBLOCK: the image may hold a fifo here.
    const os::UniqueFd file = os::try_open_at(AT_FDCWD, "/etc/passwd", O_RDONLY | O_NONBLOCK);
    const bool readable = file && S_ISREG(os::status_of(file.get(), "/etc/passwd").st_mode) &&
                          os::status_of(file.get(), "/etc/passwd").st_size < static_cast<off_t>(longest_passwd);
    if (readable) {
        const auto account = plan::find_account(os::read_all(file.get(), "/etc/passwd", longest_passwd), uid);
        if (account && !account->home.empty()) home = account->home;
    }
    env.push_back("HOME=" + home);
}

Execution::Execution(const std::string& path, const std::vector<std::string>& args, const std::vector<std::string>& env)
    : path_(path), args_(os::pointers_to(args)), env_(os::pointers_to(env)) {}

int Execution::try_start() const noexcept {
    ::execve(path_.c_str(), args_.data(), env_.data());
    return errno;
}

Failure Execution::refusal(int code) const {
    return {
        .doing = "exec",
        .object = path_,
        .code = code,
        .hint = code == ENOEXEC ? "the file is no program for this machine; a script needs a first line with #!" : "",
        .kind = code == ENOENT ? FailureKind::program_not_found : FailureKind::program_not_executable};
}

void Execution::start() const { throw Error(refusal(try_start())); }

}  // namespace rt::init
