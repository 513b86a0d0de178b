// A program for containers and hooks: prints what it has been born with, one thing a line.
//   circumstances [FILE]    appends to FILE instead
#include <dirent.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <string>

extern char** environ;

namespace {

std::FILE* report = stdout;

void tell(const std::string& name, const std::string& value) {
    std::fprintf(report, "%s %s\n", name.c_str(), value.c_str());
}
void tell(const std::string& name, long value) { tell(name, std::to_string(value)); }

void tell_descriptors() {
    DIR* const list = ::opendir("/proc/self/fd");
    std::map<int, std::string> found;
    while (const dirent* entry = list != nullptr ? ::readdir(list) : nullptr) {
        if (entry->d_name[0] == '.') continue;
        const int fd = static_cast<int>(std::strtol(entry->d_name, nullptr, 10));
        std::array<char, 4096> target{};
        const std::string name = std::string("/proc/self/fd/") + entry->d_name;
        if (fd != ::dirfd(list) && ::readlink(name.c_str(), target.data(), target.size() - 1) > 0)
            found[fd] = target.data();
    }
    if (list != nullptr) ::closedir(list);
    for (const auto& [fd, target] : found) {
        // The streams are the caller's, whatever they are.
        if (fd != ::fileno(report)) tell("descriptor", std::to_string(fd) + (fd > 2 ? " " + target : ""));
    }
}

void tell_status() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        const std::string name = line.substr(0, line.find(':'));
        if (name.starts_with("Cap") || name.starts_with("Sig") || name == "ShdPnd" || name == "NoNewPrivs" ||
            name == "Seccomp" || name == "Groups" || name == "Uid" || name == "Gid") {
            std::string value = line.substr(name.size() + 1);
            for (char& c : value) c = c == '\t' ? ' ' : c;
            if (name != "SigQ") tell(name, value.substr(1));
        }
    }
}

void tell_keyring() {
    const long keyring = ::syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
    std::array<char, 4096> text{};
    if (keyring > 0) ::syscall(SYS_keyctl, KEYCTL_DESCRIBE, keyring, text.data(), text.size());
    const char* const name = std::strrchr(text.data(), ';');
    tell("keyring", std::string(name == nullptr ? "none" : name + 1));
    tell("key", ::syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user", "of-the-caller", 0) > 0
                    ? "reached"
                    : "none");
}

void tell_attributes() {
    const mode_t mask = ::umask(0);
    ::umask(mask);
    tell("umask", static_cast<long>(mask));
    std::array<char, 4096> directory{};
    tell("cwd", ::syscall(SYS_getcwd, directory.data(), directory.size()) < 0 ? "none" : directory.data());
    tell("dumpable", ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
    tell("securebits", ::prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
    tell("keepcaps", ::prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0));
    tell("thp_disable", ::prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
    int value = 0;
    ::prctl(PR_GET_CHILD_SUBREAPER, &value, 0, 0, 0);
    tell("subreaper", value);
    ::prctl(PR_GET_PDEATHSIG, &value, 0, 0, 0);
    tell("death_signal", value);
    tell("personality", ::personality(0xffffffff));
    tell("nice", ::getpriority(PRIO_PROCESS, 0));
    tell("session", ::getsid(0) == ::getpid() ? "own" : "shared");
    const int terminal = ::open("/dev/tty", O_RDWR);
    tell("terminal", terminal < 0 ? "none" : "some");
    if (terminal >= 0) ::close(terminal);
    itimerval timer{};
    ::getitimer(ITIMER_REAL, &timer);
    tell("timer", timer.it_value.tv_sec);
}

}  // namespace

int main(int count, char** words) {
    if (count > 1) report = std::fopen(words[1], "a");
    if (report == nullptr) return 1;
    tell_descriptors();
    tell_attributes();
    tell_status();
    tell_keyring();
    for (char** entry = environ; *entry != nullptr; ++entry) tell("env", *entry);
    return std::fclose(report);
}
