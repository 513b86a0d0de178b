#include "fake_resctrl.hpp"

#include <fcntl.h>
#include <linux/fuse.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <map>

#include "catch.hpp"
#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"

namespace rt::test {

namespace {

constexpr std::uint64_t full_mask = 0x7ff;
constexpr std::uint64_t bandwidth_step = 10;

struct Node {
    std::uint64_t parent = 0;
    std::string name;
    bool directory = false;
    bool removed = false;
};

struct Group {
    std::map<std::string, std::uint64_t> values{{"L3:0", full_mask}, {"L3:1", full_mask}, {"MB:0", 100}, {"MB:1", 100}};
};

// What the file system is, without the protocol. Functions that can fail give a negative errno.
class Tree {
public:
    explicit Tree(const RdtHardware& hardware) : hardware_(hardware) {
        nodes_.resize(FUSE_ROOT_ID + 1);
        nodes_[FUSE_ROOT_ID] = {.directory = true};
        groups_[""] = {};
        add_group(FUSE_ROOT_ID, true);
        const std::uint64_t info = add(FUSE_ROOT_ID, "info", true);
        add(info, "last_cmd_status", false);
        add(add(info, "MB", true), "bandwidth_gran", false);
        add(FUSE_ROOT_ID, "log", false);  // the only file that the kernel does not have
    }

    std::uint64_t find(std::uint64_t parent, const std::string& name) const {
        for (std::uint64_t i = FUSE_ROOT_ID + 1; i < nodes_.size(); ++i) {
            if (nodes_[i].parent == parent && nodes_[i].name == name && !nodes_[i].removed) return i;
        }
        return 0;
    }
    const Node& node(std::uint64_t id) const { return nodes_.at(id); }

    int make(std::uint64_t parent, const std::string& name) {
        if (find(parent, name) != 0) return refuse("", EEXIST);
        const std::string place = path(parent) + "/" + name;
        if (parent == FUSE_ROOT_ID) {
            if (groups_.size() >= hardware_.classes) return refuse("Out of CLOSIDs", ENOSPC);
            if (monitoring_ids() >= hardware_.monitoring_groups) return refuse("Out of RMIDs", ENOSPC);
            groups_[place] = {};
            add_group(add(parent, name, true), true);
        } else if (nodes_[parent].name == "mon_groups") {
            if (monitoring_ids() >= hardware_.monitoring_groups) return refuse("Out of RMIDs", ENOSPC);
            ++monitoring_;
            add_group(add(parent, name, true), false);
        } else {
            return refuse("", EPERM);
        }
        log_.push_back("make " + place);
        return 0;
    }

    int remove(std::uint64_t parent, const std::string& name) {
        const std::uint64_t id = find(parent, name);
        if (id == 0) return -ENOENT;
        const std::string place = path(id);
        if (find(id, "tasks") == 0) return -EPERM;
        for (auto& [pid, group] : tasks_) {
            if (group == place || group.starts_with(place + "/")) group = path_of_class(path(parent));
        }
        if (groups_.erase(place) == 0) --monitoring_;
        remove_tree(id);
        log_.push_back("remove " + place);
        return 0;
    }

    std::string read(std::uint64_t id) const {
        const std::string& name = nodes_.at(id).name;
        if (name == "schemata") return schemata_text(groups_.at(path(nodes_[id].parent)));
        if (name == "last_cmd_status") return (status_.empty() ? "ok" : status_) + "\n";
        if (name == "bandwidth_gran") return std::to_string(bandwidth_step) + "\n";
        if (name == "log") return join(log_, "\n");
        std::string text;
        for (const auto& [pid, group] : tasks_) {
            if (group == path(nodes_[id].parent)) text += concat(pid, "\n");
        }
        return text;
    }

    int write(std::uint64_t id, const std::string& text) {
        status_.clear();
        const std::string group = path(nodes_.at(id).parent);
        if (text.empty() || text.back() != '\n') return -EINVAL;
        if (nodes_[id].name == "schemata") {
            const int result = set(groups_.at(group), text.substr(0, text.size() - 1));
            if (result == 0) log_.push_back("write " + group + " " + text.substr(0, text.size() - 1));
            return result;
        }
        return move(group, parse_number<pid_t>(trim(text)).value_or(-1));
    }

private:
    std::uint64_t add(std::uint64_t parent, const std::string& name, bool directory) {
        nodes_.push_back({.parent = parent, .name = name, .directory = directory});
        return nodes_.size() - 1;
    }

    void add_group(std::uint64_t id, bool control) {
        add(id, "tasks", false);
        if (!control) return;
        add(id, "schemata", false);
        if (hardware_.monitoring) add(id, "mon_groups", true);
    }

    void remove_tree(std::uint64_t id) {
        for (std::uint64_t i = id + 1; i < nodes_.size(); ++i) {
            if (nodes_[i].parent == id) remove_tree(i);
        }
        nodes_[id].removed = true;
    }

    std::string path(std::uint64_t id) const {
        return id == FUSE_ROOT_ID ? "" : path(nodes_.at(id).parent) + "/" + nodes_[id].name;
    }
    // Of a group, or of what is in it.
    static std::string path_of_class(const std::string& group) { return group.substr(0, group.find("/mon_groups")); }
    std::size_t monitoring_ids() const { return groups_.size() + monitoring_; }

    int refuse(const std::string& status, int code) {
        status_ = status;
        return -code;
    }

    static std::string schemata_text(const Group& group) {
        std::array<char, 16> mask{};
        std::string l3 = "    L3:";
        std::string bandwidth = "    MB:";
        for (const char* domain : {"0", "1"}) {
            std::snprintf(mask.data(), mask.size(), "%03lx", group.values.at(concat("L3:", domain)));
            l3 += concat(domain == std::string("0") ? "" : ";", domain, "=", mask.data());
            std::snprintf(mask.data(), mask.size(), "%4lu", group.values.at(concat("MB:", domain)));
            bandwidth += concat(domain == std::string("0") ? "" : ";", domain, "=", mask.data());
        }
        return bandwidth + "\n" + l3 + "\n";
    }

    int set(Group& group, const std::string& line) {
        const std::string resource(trim(line.substr(0, line.find(':'))));
        if (resource != "L3" && resource != "MB")
            return refuse("Unknown or unsupported resource name '" + resource + "'", EINVAL);
        for (const std::string& domain : split(line.substr(line.find(':') + 1), ';')) {
            const std::string key = concat(resource, ":", domain.substr(0, domain.find('=')));
            const std::string text = domain.substr(domain.find('=') + 1);
            std::uint64_t value = 0;
            const auto [end, error] =
                std::from_chars(text.data(), text.data() + text.size(), value, resource == "MB" ? 10 : 16);
            if (!group.values.contains(key)) return refuse("Invalid domain", EINVAL);
            if (error != std::errc{} || *end != 0) return refuse("Non-numeric character in the value " + text, EINVAL);
            if (resource == "MB" && value < bandwidth_step) return refuse("MB value out of range", EINVAL);
            if (resource == "L3" && (value == 0 || value > full_mask)) return refuse("Mask out of range", EINVAL);
            group.values[key] =
                resource == "MB" ? (value + bandwidth_step - 1) / bandwidth_step * bandwidth_step : value;
        }
        return 0;
    }

    int move(const std::string& group, pid_t pid) {
        if (pid <= 0 || ::kill(pid, 0) < 0) return refuse("No task " + std::to_string(pid), ESRCH);
        const bool monitoring = path_of_class(group) != group;
        if (monitoring && path_of_class(tasks_[pid]) != path_of_class(group)) {
            return refuse("Can't move task to different control group", EINVAL);
        }
        tasks_[pid] = group;
        return 0;
    }

    RdtHardware hardware_;
    std::vector<Node> nodes_;
    std::map<std::string, Group> groups_;  // classes, by "/name"
    std::size_t monitoring_ = 0;           // groups below mon_groups
    std::map<pid_t, std::string> tasks_;   // pid -> path of its group
    std::vector<std::string> log_;
    std::string status_;
};

// The protocol of /dev/fuse (linux/fuse.h), as far as it is needed.
class Server {
public:
    Server(int device, const RdtHardware& hardware) : device_(device), tree_(hardware) {}

    [[noreturn]] void serve() {
        std::vector<char> request(FUSE_MIN_READ_BUFFER + 4096 * 33);
        for (;;) {
            const ssize_t size = ::read(device_, request.data(), request.size());
            if (size < 0 && errno == ENODEV) ::_exit(0);
            if (size > 0) answer(request.data(), static_cast<std::size_t>(size));
        }
    }

private:
    template <class T>
    static T taken(const char* data) {
        T value{};
        std::memcpy(&value, data, sizeof value);
        return value;
    }

    void reply(std::uint64_t unique, int error, const void* data = nullptr, std::size_t size = 0) const {
        std::string message(sizeof(fuse_out_header), '\0');
        fuse_out_header header{
            .len = static_cast<std::uint32_t>(message.size() + size), .error = error, .unique = unique};
        std::memcpy(message.data(), &header, sizeof header);
        if (size > 0) message.append(static_cast<const char*>(data), size);
        // ENOENT: the request was given up meanwhile.
        if (::write(device_, message.data(), message.size()) < 0 && errno != ENOENT) ::_exit(1);
    }

    fuse_attr attributes(std::uint64_t id) const {
        const bool directory = tree_.node(id).directory;
        return {.ino = id,
                .size = directory ? 0U : 4096U,
                .mode = directory ? S_IFDIR | 0755U : S_IFREG | 0644U,
                .nlink = 1};
    }

    void reply_entry(std::uint64_t unique, std::uint64_t id) const {
        if (id == 0) return reply(unique, -ENOENT);
        const fuse_entry_out out{.nodeid = id, .attr = attributes(id)};
        reply(unique, 0, &out, sizeof out);
    }

    void answer(const char* request, std::size_t size) {
        const auto header = taken<fuse_in_header>(request);
        const char* body = request + sizeof(fuse_in_header);
        const std::uint64_t unique = header.unique;
        switch (header.opcode) {
            case FUSE_INIT: {
                const auto in = taken<fuse_init_in>(body);
                const fuse_init_out out{
                    .major = FUSE_KERNEL_VERSION, .minor = std::min<std::uint32_t>(in.minor, 31), .max_write = 4096};
                return reply(unique, 0, &out, sizeof out);
            }
            case FUSE_LOOKUP: return reply_entry(unique, tree_.find(header.nodeid, body));
            case FUSE_GETATTR: {
                const fuse_attr_out out{.attr = attributes(header.nodeid)};
                return reply(unique, 0, &out, sizeof out);
            }
            case FUSE_MKDIR: {
                const std::string name = body + sizeof(fuse_mkdir_in);
                const int result = tree_.make(header.nodeid, name);
                return result < 0 ? reply(unique, result) : reply_entry(unique, tree_.find(header.nodeid, name));
            }
            case FUSE_RMDIR: return reply(unique, tree_.remove(header.nodeid, body));
            case FUSE_OPEN:
            case FUSE_OPENDIR: {
                const fuse_open_out out{.open_flags = FOPEN_DIRECT_IO};
                return reply(unique, 0, &out, sizeof out);
            }
            case FUSE_READ: {
                const auto in = taken<fuse_read_in>(body);
                const std::string text = tree_.read(header.nodeid);
                const std::string part = in.offset < text.size() ? text.substr(in.offset, in.size) : "";
                return reply(unique, 0, part.data(), part.size());
            }
            case FUSE_WRITE: {
                const auto in = taken<fuse_write_in>(body);
                const int result = tree_.write(header.nodeid, std::string(body + sizeof in, in.size));
                const fuse_write_out out{.size = in.size};
                return result < 0 ? reply(unique, result) : reply(unique, 0, &out, sizeof out);
            }
            case FUSE_RELEASE:
            case FUSE_RELEASEDIR: return reply(unique, 0);
            case FUSE_FORGET:
            case FUSE_BATCH_FORGET:
            case FUSE_INTERRUPT: return;
            default: return reply(unique, -ENOSYS);
        }
        static_cast<void>(size);
    }

    int device_;
    Tree tree_;
};

}  // namespace

FakeResctrl::FakeResctrl(const RdtHardware& hardware) {
    const os::UniqueFd device = os::try_open_at(AT_FDCWD, "/dev/fuse", O_RDWR);
    if (!device) SKIP_TEST("/dev/fuse cannot be opened: " + std::string(std::strerror(errno)));
    std::string place = "/tmp/rt-resctrl.XXXXXX";
    REQUIRE(::mkdtemp(place.data()) != nullptr);
    root_ = place;
    const std::string options = concat("fd=", device.get(), ",rootmode=40000,user_id=0,group_id=0");
    REQUIRE(::mount("resctrl", root_.c_str(), "fuse", 0, options.c_str()) == 0);
    const pid_t parent = ::getpid();
    server_ = ::fork();
    REQUIRE(server_ >= 0);
    if (server_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) ::_exit(1);
        Server(device.get(), hardware).serve();
    }
}

FakeResctrl::~FakeResctrl() {
    ::umount2(root_.c_str(), MNT_DETACH);
    ::kill(server_, SIGKILL);
    ::waitpid(server_, nullptr, 0);
    ::rmdir(root_.c_str());
}

bool FakeResctrl::has(const std::string& path) const {
    return os::try_status_at(AT_FDCWD, root_ + "/" + path).has_value();
}

std::string FakeResctrl::text_of(const std::string& path) const { return os::read_file(AT_FDCWD, root_ + "/" + path); }

std::vector<std::string> FakeResctrl::log() const { return split(text_of("log"), '\n'); }

}  // namespace rt::test
