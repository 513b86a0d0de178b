#include "container.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <map>
#include <sstream>

#include "catch.hpp"
#include "rt/base/errno_text.hpp"
#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/devices/devices.hpp"
#include "rt/devices/trees.hpp"
#include "rt/os/file.hpp"
#include "rt/rootfs/rootfs.hpp"
#include "rt/rootfs/trees.hpp"

namespace rt::test {

namespace {

struct Pipe {
    Pipe() {
        int fds[2];
        if (::pipe2(fds, O_CLOEXEC) < 0) throw_errno("make", "a pipe");
        read.reset(fds[0]);
        write.reset(fds[1]);
    }
    os::UniqueFd read;
    os::UniqueFd write;
};

void must(bool good, const char* what) {
    if (!good) throw_errno("do", what);
}

std::string text_of(const Error& error) {
    return concat("error: ", error.failure().message(),
                  error.failure().hint.empty() ? "" : "\nhint: ", error.failure().hint);
}

// Everything a child has to say goes through a pipe: assertions belong to the test process.
std::string result_of(const std::function<std::string()>& work) {
    try {
        return work();
    } catch (const Error& error) {
        return text_of(error);
    } catch (const std::exception& error) {
        return concat("error: ", error.what());
    }
}

// Runs `work` in a child and gives what it returned.
std::string in_child(const std::function<std::string()>& work) {
    Pipe pipe;
    const pid_t pid = ::fork();
    must(pid >= 0, "fork");
    if (pid == 0) {
        const std::string result = result_of(work);
        for (std::size_t sent = 0; sent < result.size();) {
            const ssize_t count = ::write(pipe.write.get(), result.data() + sent, result.size() - sent);
            if (count < 0) break;
            sent += static_cast<std::size_t>(count);
        }
        ::_exit(0);
    }
    pipe.write.reset();
    std::string result = os::read_all(pipe.read.get(), "the child's result");
    int status = 0;
    ::waitpid(pid, &status, 0);
    if (status != 0) result += concat("\nerror: the child ended with status ", status);
    return result;
}

plan::RootfsCircumstances circumstances_of(const RootfsCase& wanted, const std::string& bundle) {
    plan::RootfsCircumstances circumstances;
    plan::MountCircumstances& mounts = circumstances.mounts;
    mounts.bundle = bundle;
    mounts.user_namespace = wanted.user_namespace;
    mounts.trees_by_runtime = !wanted.rootless;
    mounts.own_pid_namespace = true;
    mounts.own_ipc_namespace = true;
    mounts.own_network_namespace = wanted.network_namespace;
    mounts.initial_user_namespace = true;
    mounts.makes_devices = !wanted.rootless;
    if (wanted.user_namespace) {
        const std::vector<spec::IdMapping> range{{.container_id = 0, .host_id = 100000, .size = 1000}};
        mounts.mappings.mapped = true;
        mounts.mappings.uids = plan::IdMappings::validate(range, JsonPointer("/linux/uidMappings"));
        mounts.mappings.gids = mounts.mappings.uids;
        mounts.owner_uid = mounts.owner_gid = 100000;
    }
    mounts.cgroup = wanted.cgroup;
    circumstances.mount_namespace = wanted.mount_namespace;
    circumstances.no_pivot = wanted.no_pivot;
    return circumstances;
}

class RuntimeSide {
public:
    RuntimeSide(const RootfsCase& wanted, std::string bundle, std::vector<std::string>& warnings)
        : wanted_(wanted), bundle_(std::move(bundle)) {
        plan_ = plan::plan_rootfs(wanted.config, circumstances_of(wanted, bundle_), warnings);
        tree_ = rootfs::open_rootfs(plan_, {});
        for (std::size_t i = 0; i < plan_.mounts.size(); ++i) {
            if (!plan_.mounts[i].opened_by_runtime) continue;
            trees_[i] = rootfs::open_tree_for(plan_, i);
            if (plan_.mounts[i].kind == plan::MountKind::device_tmpfs)
                devices::fill_device_tmpfs(trees_[i].get(), plan_);
        }
        const auto bound = [](const plan::Device& device) { return device.method == plan::DeviceMethod::bind_node; };
        if (std::ranges::any_of(plan_.devices, bound)) nodes_ = devices::make_node_tree(plan_);
    }

    // Makes the namespaces and init in them; `outside` runs when init has done its work, and init ends after that.
    std::string run(std::string& outside) {
        const pid_t maker = ::fork();
        must(maker >= 0, "fork");
        if (maker == 0) make_namespaces();
        char byte = 0;
        must(::read(unshared_.read.get(), &byte, 1) == 1, "wait for the namespaces");
        if (wanted_.user_namespace) {
            for (const char* map : {"uid_map", "gid_map"}) {
                os::write_file(AT_FDCWD, concat("/proc/", maker, "/", map), "0 100000 1000\n");
            }
        }
        must(::write(mapped_.write.get(), "x", 1) == 1, "let init go on");
        result_.write.reset();
        std::string inside;
        char buffer[4096];
        for (ssize_t count = 0; (count = ::read(result_.read.get(), buffer, sizeof buffer)) > 0;) {
            inside.append(buffer, static_cast<std::size_t>(count));
            if (inside.back() == '\0') break;
        }
        if (wanted_.outside) outside = result_of([&] { return wanted_.outside(bundle_); });
        end_.write.reset();
        ::waitpid(maker, nullptr, 0);
        return inside.substr(0, inside.find('\0'));
    }

private:
    [[noreturn]] void make_namespaces() {
        end_.write.reset();
        if (rootfs::is_working_directory(plan_) && ::chdir(plan_.path.c_str()) < 0) ::_exit(9);
        int flags = CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWPID;
        if (own_mount_namespace()) flags |= CLONE_NEWNS;
        if (wanted_.user_namespace) flags |= CLONE_NEWUSER;
        if (wanted_.network_namespace) flags |= CLONE_NEWNET;
        // As in the choreography: the user namespace first, so that the others belong to it.
        if (wanted_.user_namespace && ::unshare(CLONE_NEWUSER) < 0) ::_exit(2);
        if (::write(unshared_.write.get(), "x", 1) != 1) ::_exit(3);
        char byte = 0;
        if (::read(mapped_.read.get(), &byte, 1) != 1) ::_exit(4);
        if (wanted_.user_namespace && (::setresgid(0, 0, 0) < 0 || ::setresuid(0, 0, 0) < 0)) ::_exit(5);
        if (::unshare(flags & ~CLONE_NEWUSER) < 0) ::_exit(6);
        const pid_t init = ::fork();
        if (init == 0) {
            const std::string result = result_of([&] { return init_side(); });
            ::write(result_.write.get(), result.c_str(), result.size() + 1) < 0 ? ::_exit(7) : void();
            result_.write.reset();
            ::read(end_.read.get(), &byte, 1) < 0 ? ::_exit(8) : void();
            ::_exit(0);
        }
        result_.write.reset();
        ::waitpid(init, nullptr, 0);
        ::_exit(0);
    }

    bool own_mount_namespace() const { return wanted_.mount_namespace == plan::MountNamespace::created; }

    std::string init_side() {
        if (own_mount_namespace())
            must(::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) == 0, "make / a slave");
        const os::UniqueFd proc = os::open_at(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY);
        rootfs::Rootfs root(plan_, std::move(tree_));
        root.prepare({.tree = [&](std::size_t index) { return std::move(trees_.at(index)); }, .mapped = {}});
        devices::make_devices(root.root(), plan_,
                              {.directory = [&](const std::string& path) { return root.directory(path); },
                               .nodes = [&] { return std::move(nodes_); }});
        root.enter();
        if (wanted_.before_protect) wanted_.before_protect(root.root());
        root.protect();
        root.release();
        return wanted_.inside ? wanted_.inside(proc.get()) : std::string();
    }

    const RootfsCase& wanted_;
    std::string bundle_;
    plan::Rootfs plan_;
    os::UniqueFd tree_;
    std::map<std::size_t, os::UniqueFd> trees_;
    os::UniqueFd nodes_;
    Pipe unshared_;
    Pipe mapped_;
    Pipe result_;
    Pipe end_;
};

constexpr char separator = '\x1f';

std::string runtime_side(const RootfsCase& wanted, const std::string& directory) {
    must(::unshare(CLONE_NEWNS) == 0, "unshare the mount namespace");
    must(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "make / private");
    must(::mount("tmpfs", directory.c_str(), "tmpfs", 0, "mode=755") == 0, "mount a tmpfs");
    ::umask(022);
    make_directory(directory + "/rootfs");
    make_directory(directory + "/rootfs/dev", 0777);
    std::vector<std::string> warnings;
    std::string outside;
    const std::string inside = result_of([&] {
        if (wanted.arrange) wanted.arrange(directory);
        RuntimeSide runtime(wanted, directory, warnings);
        return runtime.run(outside);
    });
    return concat(inside, separator, outside, separator, join(warnings, "\n"));
}

}  // namespace

RootfsResult run_in_rootfs(const RootfsCase& wanted) {
    if (::geteuid() != 0) SKIP_TEST("needs root");
    char directory[] = "/tmp/rt-rootfs-test-XXXXXX";
    REQUIRE(::mkdtemp(directory) != nullptr);
    const std::vector<std::string> parts = split(in_child([&] { return runtime_side(wanted, directory); }), separator);
    ::rmdir(directory);  // what the test made in it lay on the tmpfs of its mount namespace
    REQUIRE(parts.size() == 3);
    return {.inside = parts[0], .outside = parts[1], .warnings = split(parts[2], '\n')};
}

std::vector<spec::Mount> customary_mounts() {
    return {
        {.destination = "/proc", .type = "proc", .source = "proc"},
        {.destination = "/dev",
         .type = "tmpfs",
         .source = "tmpfs",
         .options = {"nosuid", "strictatime", "mode=755", "size=65536k"}},
        {.destination = "/dev/pts",
         .type = "devpts",
         .source = "devpts",
         .options = {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}},
        {.destination = "/dev/shm",
         .type = "tmpfs",
         .source = "shm",
         .options = {"nosuid", "noexec", "nodev", "mode=1777", "size=65536k"}},
        {.destination = "/dev/mqueue", .type = "mqueue", .source = "mqueue", .options = {"nosuid", "noexec", "nodev"}},
        {.destination = "/sys", .type = "sysfs", .source = "sysfs", .options = {"nosuid", "noexec", "nodev", "ro"}}};
}

std::string mountinfo_line(const std::string& mountinfo, const std::string& mount_point) {
    std::string found;
    for (const std::string& line : split(mountinfo, '\n')) {
        const std::vector<std::string> fields = split(line, ' ');
        if (fields.size() > 5 && fields[4] == mount_point) found = line;
    }
    return found;
}

int mount_count(const std::string& mountinfo, const std::string& mount_point) {
    int count = 0;
    for (const std::string& line : split(mountinfo, '\n')) {
        const std::vector<std::string> fields = split(line, ' ');
        count += static_cast<int>(fields.size() > 5 && fields[4] == mount_point);
    }
    return count;
}

std::string describe(const std::string& path) {
    struct stat status{};
    if (::lstat(path.c_str(), &status) < 0) return errno_name(errno);
    if (S_ISLNK(status.st_mode)) return concat("l ", os::try_read_link(AT_FDCWD, path).value_or("?"));
    std::ostringstream mode;
    mode << std::oct << '0' << (status.st_mode & 07777U);
    const std::string owner = concat(mode.str(), " ", status.st_uid, ":", status.st_gid);
    if (S_ISDIR(status.st_mode)) return concat("d ", owner);
    if (S_ISREG(status.st_mode)) return concat("- ", owner);
    return concat(S_ISCHR(status.st_mode) ? "c " : "? ", gnu_dev_major(status.st_rdev), ":",
                  gnu_dev_minor(status.st_rdev), " ", owner);
}

std::string content(const std::string& path) {
    const std::optional<std::string> text = os::try_read_file(AT_FDCWD, path);
    return text ? *text : errno_name(errno);
}

std::string try_write(const std::string& path, const std::string& text) {
    const os::UniqueFd fd = os::try_open_at(AT_FDCWD, path, O_WRONLY | O_CREAT, 0644);
    if (!fd || ::write(fd.get(), text.data(), text.size()) < 0) return errno_name(errno);
    return "ok";
}

void make_file(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

void make_directory(const std::string& path, unsigned mode) {
    must(::mkdir(path.c_str(), 0700) == 0 && ::chmod(path.c_str(), mode) == 0, path.c_str());
}

void make_link(const std::string& path, const std::string& target) {
    must(::symlink(target.c_str(), path.c_str()) == 0, path.c_str());
}

}  // namespace rt::test
