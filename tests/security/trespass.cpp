// Somebody in a container who watches out for processes that are still rt, and tries to get hold of them: by ptrace(2), their
// memory, their descriptors, root and working directories and the file that they execute. For ever; what was reached is printed.
//   trespass [COMMAND-NAME...]    who is of no interest, by /proc/PID/comm ("trespass" and "sleep" always)
#include <dirent.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>
#include <string>

namespace {

std::set<std::string> harmless{"trespass", "sleep"};
pid_t self = 0;

void tell(pid_t pid, const std::string& what) {
    std::printf("reached %d %s\n", static_cast<int>(pid), what.c_str());
    std::fflush(stdout);
}

std::string text_of(const std::string& path) {
    std::array<char, 4096> data{};
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return {};
    const ssize_t length = ::read(fd, data.data(), data.size());
    ::close(fd);
    return {data.data(), length < 0 ? 0 : static_cast<std::size_t>(length)};
}

// What the program of the container is called, by its arguments: rt has none there that begin with a "/".
bool is_rt(const std::string& directory) {
    std::string command = text_of(directory + "/comm");
    if (!command.empty()) command.pop_back();
    return !command.empty() && !harmless.contains(command);
}

void try_descriptor_of(pid_t pid, const std::string& path, int flags, const char* what) {
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return;
    if (is_rt("/proc/" + std::to_string(pid))) tell(pid, what);
    ::close(fd);
}

void try_memory(pid_t pid, const std::string& directory) {
    if (::ptrace(PTRACE_SEIZE, pid, nullptr, nullptr) == 0) {
        if (is_rt(directory)) tell(pid, "by ptrace");
        ::ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr);
        ::waitpid(pid, nullptr, __WALL);
        ::ptrace(PTRACE_DETACH, pid, nullptr, nullptr);
    }
    try_descriptor_of(pid, directory + "/mem", O_RDWR, "memory");
}

void try_links(pid_t pid, const std::string& directory) {
    for (const char* name : {"root", "cwd"}) {
        try_descriptor_of(pid, directory + "/" + name, O_PATH, name);
    }
    const int descriptors = ::open((directory + "/fd").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptors < 0) return;
    DIR* const list = ::fdopendir(descriptors);
    // The process may have become somebody else meanwhile.
    if (list == nullptr) {
        ::close(descriptors);
        return;
    }
    while (const dirent* entry = ::readdir(list)) {
        if (entry->d_name[0] == '.') continue;
        const std::string file = directory + "/fd/" + entry->d_name;
        try_descriptor_of(pid, file, O_RDONLY, "a descriptor");
    }
    ::closedir(list);
}

// The file of rt, to write it when nothing executes it any more (CVE-2019-5736).
void try_program(pid_t pid, const std::string& directory) {
    const int file = ::open((directory + "/exe").c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    if (is_rt(directory)) {
        std::printf("caught %d\n", static_cast<int>(pid));
        mount_attr attributes{};
        attributes.attr_clr = MOUNT_ATTR_RDONLY;
        if (::syscall(SYS_mount_setattr, file, "", AT_EMPTY_PATH, &attributes, sizeof attributes) == 0)
            tell(pid, "the mount of the program");
        for (int tries = 0; tries < 20; ++tries) {
            const std::string name = "/proc/self/fd/" + std::to_string(file);
            const int writing = ::open(name.c_str(), O_WRONLY | O_CLOEXEC);
            if (writing >= 0) {
                tell(pid, "the program, for writing");
                ::close(writing);
            }
            if (writing < 0 && errno != ETXTBSY) break;
            ::usleep(1000);
        }
    }
    ::close(file);
}

}  // namespace

int main(int count, char** words) {
    harmless.insert(words + 1, words + count);
    self = ::getpid();
    for (;;) {
        DIR* const processes = ::opendir("/proc");
        if (processes == nullptr) return 1;
        while (const dirent* entry = ::readdir(processes)) {
            const auto pid = static_cast<pid_t>(std::strtol(entry->d_name, nullptr, 10));
            if (pid <= 0 || pid == self) continue;
            const std::string directory = "/proc/" + std::to_string(pid);
            if (!is_rt(directory)) continue;
            try_memory(pid, directory);
            try_links(pid, directory);
            try_program(pid, directory);
        }
        ::closedir(processes);
    }
}
