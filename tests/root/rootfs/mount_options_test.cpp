// Every option of the table is read back from mountinfo, on a new file system, on a bind mount and below it, with and
// without a user namespace.

#include <sys/mount.h>

#include <set>

#include "catch.hpp"
#include "container.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"
#include "rt/plan/mount_options.hpp"

#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256  // Linux 5.10
#endif

using namespace rt;
using namespace rt::test;

namespace {

using Options = std::vector<std::string>;

std::string mountinfo(int proc) { return os::read_file(proc, "self/mountinfo"); }

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

struct MountLine {
    std::string attributes;   // of the mount: "rw,nosuid,relatime"
    std::string propagation;  // "shared:N master:N unbindable", without the numbers
    std::string superblock;   // ",rw,size=1m,": each option between commas
};

MountLine parsed_line(const std::string& info, const std::string& mount_point) {
    const std::vector<std::string> fields = split(mountinfo_line(info, mount_point), ' ');
    if (fields.size() < 10) return {};
    MountLine line{.attributes = fields[5], .propagation = {}, .superblock = concat(",", fields.back(), ",")};
    for (std::size_t i = 6; fields[i] != "-"; ++i) line.propagation += fields[i].substr(0, fields[i].find(':')) + " ";
    return line;
}

std::string place(std::size_t row) { return concat("/m", row); }

// One container with all the mounts.
RootfsResult mount_all(std::vector<spec::Mount> mounts, bool user_namespace,
                       const std::function<void(const std::string&)>& arrange = {}) {
    RootfsCase wanted;
    wanted.config.root.path = "rootfs";
    wanted.user_namespace = user_namespace;
    wanted.arrange = [&](const std::string& bundle) {
        for (std::size_t i = 0; i < mounts.size(); ++i) make_directory(concat(bundle, "/rootfs", place(i)), 0777);
        if (arrange) arrange(bundle);
    };
    for (std::size_t i = 0; i < mounts.size(); ++i) mounts[i].destination = place(i);
    wanted.config.mounts = mounts;
    wanted.inside = mountinfo;
    return run_in_rootfs(wanted);
}

struct NewRow {
    Options options;
    const char* attributes;
    Options superblock = {};         // what the file system has
    Options not_in_superblock = {};  // and what it has not
};

const std::vector<NewRow>& rows_of_new_filesystems() {
    static const std::vector<NewRow> rows{
        {{}, "rw,relatime"},
        {{"defaults"}, "rw,relatime"},
        {{"ro"}, "ro,relatime"},
        {{"ro", "rw"}, "rw,relatime"},
        {{"nosuid"}, "rw,nosuid,relatime"},
        {{"nosuid", "suid"}, "rw,relatime"},
        {{"nodev"}, "rw,nodev,relatime"},
        {{"nodev", "dev"}, "rw,relatime"},
        {{"noexec"}, "rw,noexec,relatime"},
        {{"noexec", "exec"}, "rw,relatime"},
        {{"nosymfollow"}, "rw,relatime,nosymfollow"},
        {{"nosymfollow", "symfollow"}, "rw,relatime"},
        {{"nodiratime"}, "rw,nodiratime,relatime"},
        {{"nodiratime", "diratime"}, "rw,relatime"},
        {{"noatime"}, "rw,noatime"},
        {{"noatime", "atime"}, "rw,relatime"},
        {{"strictatime"}, "rw"},
        {{"strictatime", "relatime"}, "rw,relatime"},
        {{"strictatime", "nostrictatime"}, "rw,relatime"},
        {{"noatime", "norelatime"}, "rw,noatime"},
        {{"strictatime", "nodiratime"}, "rw,nodiratime"},
        // There is nothing below a new file system: the r-forms are those of the mount itself.
        {{"rro"}, "ro,relatime"},
        {{"rro", "rw"}, "rw,relatime"},
        {{"rrw", "ro"}, "ro,relatime"},
        {{"rro", "rrw", "rsuid", "rdev", "rexec", "ratime", "rdiratime", "rsymfollow"}, "rw,relatime"},
        {{"rnosuid", "rnodev", "rnoexec", "rnoatime", "rnodiratime", "rnosymfollow"},
         "rw,nosuid,nodev,noexec,noatime,nodiratime,nosymfollow"},
        {{"rstrictatime"}, "rw"},
        {{"user"}, "rw,nosuid,nodev,noexec,relatime"},
        {{"users", "exec"}, "rw,nosuid,nodev,relatime"},
        {{"owner"}, "rw,nosuid,nodev,relatime"},
        {{"group"}, "rw,nosuid,nodev,relatime"},
        {{"auto", "noauto", "_netdev", "nouser", "nousers", "nogroup", "noowner", "x-a=b"}, "rw,relatime"},
        {{"sync"}, "rw,relatime", {"sync"}},
        {{"sync", "async"}, "rw,relatime", {}, {"sync"}},
        {{"dirsync"}, "rw,relatime", {"dirsync"}},
        {{"lazytime"}, "rw,relatime", {"lazytime"}},
        {{"lazytime", "nolazytime"}, "rw,relatime", {}, {"lazytime"}},
        {{"mand", "nomand"}, "rw,relatime", {}, {"mand"}},
        // mount(2) makes these; what else is asked for holds too.
        {{"silent"}, "rw,relatime"},
        {{"silent", "ro", "nodev", "sync", "size=1m"}, "ro,nodev,relatime", {"sync", "size=1024k"}},
        {{"iversion", "noatime", "lazytime", "mode=700"}, "rw,noatime", {"lazytime", "mode=700"}},
        {{"iversion", "silent", "noiversion", "loud", "strictatime"}, "rw"},
        // Unknown to the table: for the file system.
        {{"size=1m", "nr_inodes=100", "mode=0711"}, "rw,relatime", {"size=1024k", "nr_inodes=100", "mode=711"}},
        {{"size=" + std::string(300, '0') + "1m"}, "rw,relatime", {"size=1024k"}},
    };
    return rows;
}

struct BindRow {
    Options options;
    const char* on_host;            // attributes of the mount
    const char* below;              // and of the one below it
    const char* in_user_namespace;  // the same; null: as on_host
    const char* below_in_user_namespace;
};

// The source and the mount below it.
constexpr unsigned long strict_flags = MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME | MS_NOSYMFOLLOW;
constexpr const char* strict_text = "rw,nosuid,nodev,noexec,noatime,nodiratime,nosymfollow";

void mount_source(const std::string& path, unsigned long flags) {
    make_directory(path);
    ::mount("tmpfs", path.c_str(), "tmpfs", flags, "mode=755");
    make_directory(path + "/below");
    ::mount("tmpfs", (path + "/below").c_str(), "tmpfs", flags, "mode=755");
}

void check_bind_rows(const std::vector<BindRow>& rows, unsigned long source_flags) {
    for (const bool user_namespace : {false, true}) {
        std::vector<spec::Mount> mounts;
        for (const BindRow& row : rows) {
            mounts.push_back({.destination = {}, .type = "none", .source = "source", .options = row.options});
            mounts.back().options.emplace_back("rbind");
        }
        const RootfsResult result = mount_all(
            mounts, user_namespace, [&](const std::string& bundle) { mount_source(bundle + "/source", source_flags); });
        INFO(result.inside);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const BindRow& row = rows[i];
            INFO(join(row.options, ",") << (user_namespace ? ", user namespace" : ""));
            const bool differs = user_namespace && row.in_user_namespace != nullptr;
            CHECK(parsed_line(result.inside, place(i)).attributes == (differs ? row.in_user_namespace : row.on_host));
            CHECK(parsed_line(result.inside, place(i) + "/below").attributes ==
                  (differs ? row.below_in_user_namespace : row.below));
        }
    }
}

const std::vector<BindRow>& rows_of_plain_source() {
    static const std::vector<BindRow> rows{
        {{}, "rw,relatime", "rw,relatime", nullptr, nullptr},
        {{"defaults"}, "rw,relatime", "rw,relatime", nullptr, nullptr},
        {{"rw"}, "rw,relatime", "rw,relatime", nullptr, nullptr},
        {{"ro"}, "ro,relatime", "rw,relatime", nullptr, nullptr},
        {{"nosuid"}, "rw,nosuid,relatime", "rw,relatime", nullptr, nullptr},
        {{"nodev"}, "rw,nodev,relatime", "rw,relatime", nullptr, nullptr},
        {{"noexec"}, "rw,noexec,relatime", "rw,relatime", nullptr, nullptr},
        {{"nosymfollow"}, "rw,relatime,nosymfollow", "rw,relatime", nullptr, nullptr},
        {{"noatime"}, "rw,noatime", "rw,relatime", nullptr, nullptr},
        {{"nodiratime"}, "rw,nodiratime,relatime", "rw,relatime", nullptr, nullptr},
        {{"strictatime"}, "rw", "rw,relatime", nullptr, nullptr},
        {{"rro"}, "ro,relatime", "ro,relatime", nullptr, nullptr},
        {{"rnosuid"}, "rw,nosuid,relatime", "rw,nosuid,relatime", nullptr, nullptr},
        {{"rnodev"}, "rw,nodev,relatime", "rw,nodev,relatime", nullptr, nullptr},
        {{"rnoexec"}, "rw,noexec,relatime", "rw,noexec,relatime", nullptr, nullptr},
        {{"rnosymfollow"}, "rw,relatime,nosymfollow", "rw,relatime,nosymfollow", nullptr, nullptr},
        {{"rnoatime"}, "rw,noatime", "rw,noatime", nullptr, nullptr},
        {{"rnodiratime"}, "rw,nodiratime,relatime", "rw,nodiratime,relatime", nullptr, nullptr},
        {{"rstrictatime"}, "rw", "rw", nullptr, nullptr},
        {{"rnorelatime"}, "rw,relatime", "rw,relatime", nullptr, nullptr},
        {{"rro", "rw"}, "rw,relatime", "ro,relatime", nullptr, nullptr},
        {{"rnoatime", "strictatime"}, "rw", "rw,noatime", nullptr, nullptr},
        {{"rnoatime", "rstrictatime"}, "rw", "rw", nullptr, nullptr},
        {{"rstrictatime", "rnoatime", "rnostrictatime"}, "rw,noatime", "rw,noatime", nullptr, nullptr},
    };
    return rows;
}

// Nothing given keeps the flags; any flag given clears the others, but not the access times (mount(8)). In a user namespace
// what is not mentioned stays.
const std::vector<BindRow>& rows_of_strict_source() {
    static const std::vector<BindRow> rows{
        {{}, strict_text, strict_text, nullptr, nullptr},
        {{"norelatime"}, strict_text, strict_text, nullptr, nullptr},
        {{"ro"},
         "ro,noatime,nodiratime",
         strict_text,
         "ro,nosuid,nodev,noexec,noatime,nodiratime,nosymfollow",
         strict_text},
        {{"rw"}, "rw,noatime,nodiratime", strict_text, strict_text, strict_text},
        {{"nosuid"}, "rw,nosuid,noatime,nodiratime", strict_text, strict_text, strict_text},
        {{"symfollow"}, "rw,noatime,nodiratime", strict_text, "rw,nosuid,nodev,noexec,noatime,nodiratime", strict_text},
        {{"atime"}, "rw,nosuid,nodev,noexec,nodiratime,relatime,nosymfollow", strict_text, nullptr, nullptr},
        {{"relatime"}, "rw,nosuid,nodev,noexec,nodiratime,relatime,nosymfollow", strict_text, nullptr, nullptr},
        {{"nostrictatime"}, "rw,nosuid,nodev,noexec,nodiratime,relatime,nosymfollow", strict_text, nullptr, nullptr},
        {{"strictatime"}, "rw,nosuid,nodev,noexec,nodiratime,nosymfollow", strict_text, nullptr, nullptr},
        {{"diratime"}, "rw,nosuid,nodev,noexec,noatime,nosymfollow", strict_text, nullptr, nullptr},
        {{"ratime"},
         "rw,nosuid,nodev,noexec,nodiratime,relatime,nosymfollow",
         "rw,nosuid,nodev,noexec,nodiratime,relatime,nosymfollow",
         nullptr,
         nullptr},
        {{"rrelatime"},
         "rw,nosuid,nodev,noexec,nodiratime,relatime,nosymfollow",
         "rw,nosuid,nodev,noexec,nodiratime,relatime,nosymfollow",
         nullptr,
         nullptr},
        {{"rnostrictatime"},
         "rw,nosuid,nodev,noexec,nodiratime,relatime,nosymfollow",
         "rw,nosuid,nodev,noexec,nodiratime,relatime,nosymfollow",
         nullptr,
         nullptr},
        {{"rdiratime"},
         "rw,nosuid,nodev,noexec,noatime,nosymfollow",
         "rw,nosuid,nodev,noexec,noatime,nosymfollow",
         nullptr,
         nullptr},
        {{"rsymfollow"},
         "rw,nosuid,nodev,noexec,noatime,nodiratime",
         "rw,nosuid,nodev,noexec,noatime,nodiratime",
         nullptr,
         nullptr},
    };
    return rows;
}

// The opposites of what the kernel locks in a user namespace.
struct LockedRow {
    const char* option;
    unsigned long source_flag;
    const char* flag;
    const char* on_host;
    const char* below;
};
constexpr LockedRow locked_rows[]{
    {"rw", MS_RDONLY, "ro", "rw,relatime", "ro,relatime"},
    {"suid", MS_NOSUID, "nosuid", "rw,relatime", "rw,nosuid,relatime"},
    {"dev", MS_NODEV, "nodev", "rw,relatime", "rw,nodev,relatime"},
    {"exec", MS_NOEXEC, "noexec", "rw,relatime", "rw,noexec,relatime"},
    {"rrw", MS_RDONLY, "ro", "rw,relatime", "rw,relatime"},
    {"rsuid", MS_NOSUID, "nosuid", "rw,relatime", "rw,relatime"},
    {"rdev", MS_NODEV, "nodev", "rw,relatime", "rw,relatime"},
    {"rexec", MS_NOEXEC, "noexec", "rw,relatime", "rw,relatime"},
};

struct PropagationRow {
    const char* option;
    const char* new_filesystem;
    const char* bind;
    const char* below;
    const char* bind_in_user_namespace;
    const char* below_in_user_namespace;
};
// The source and what is below it are shared on the host.
constexpr PropagationRow propagation_rows[]{
    {"private", "", "", "", "", ""},
    {"rprivate", "", "", "", "", ""},
    {"slave", "", "master ", "master ", "master ", "master "},
    {"rslave", "", "master ", "master ", "master ", "master "},
    {"shared", "shared ", "shared ", "shared ", "shared master ", "master "},
    {"rshared", "shared ", "shared ", "shared ", "shared master ", "shared master "},
    {"unbindable", "unbindable ", "unbindable ", "", "unbindable ", ""},
    {"runbindable", "unbindable ", "unbindable ", "unbindable ", "unbindable ", "unbindable "},
};

}  // namespace

TEST_CASE("each option on a new file system", "[rootfs][options]") {
    const std::vector<NewRow>& rows = rows_of_new_filesystems();
    for (const bool user_namespace : {false, true}) {
        std::vector<spec::Mount> mounts;
        for (const NewRow& row : rows) mounts.push_back({.destination = {}, .type = "tmpfs", .options = row.options});
        const RootfsResult result = mount_all(mounts, user_namespace);
        INFO(result.inside);
        CHECK(result.warnings.empty());
        for (std::size_t i = 0; i < rows.size(); ++i) {
            INFO(join(rows[i].options, ",") << (user_namespace ? ", user namespace" : ""));
            const MountLine line = parsed_line(result.inside, place(i));
            CHECK(line.attributes == rows[i].attributes);
            INFO(line.superblock);
            for (const std::string& word : rows[i].superblock) CHECK(contains(line.superblock, concat(",", word, ",")));
            for (const std::string& word : rows[i].not_in_superblock)
                CHECK_FALSE(contains(line.superblock, concat(",", word, ",")));
        }
    }
}

TEST_CASE("each option on a bind mount of a plain source, and on what is below it", "[rootfs][options]") {
    check_bind_rows(rows_of_plain_source(), 0);
}

TEST_CASE("each option on a bind mount of a source with flags", "[rootfs][options]") {
    check_bind_rows(rows_of_strict_source(), strict_flags);
}

TEST_CASE("a flag of the source is taken back on request, but not by a container in a user namespace",
          "[rootfs][options]") {
    for (const LockedRow& row : locked_rows) {
        INFO(row.option);
        const spec::Mount mount{
            .destination = {}, .type = "none", .source = "source", .options = {"rbind", row.option}};
        const auto arrange = [&](const std::string& bundle) {
            mount_source(bundle + "/source", 0);
            for (const char* part : {"/source/below", "/source"}) {
                ::mount(nullptr, (bundle + part).c_str(), nullptr, MS_REMOUNT | MS_BIND | row.source_flag, nullptr);
            }
        };
        const RootfsResult on_host = mount_all({mount}, false, arrange);
        INFO(on_host.inside);
        CHECK(parsed_line(on_host.inside, place(0)).attributes == row.on_host);
        CHECK(parsed_line(on_host.inside, place(0) + "/below").attributes == row.below);
        const std::string text = mount_all({mount}, true, arrange).inside;
        INFO(text);
        CHECK(contains(text, "mount 0 (bind on /m0): cannot take back mount options of '"));
        CHECK(contains(text, concat("the host mounts it with ", row.flag, ", which a container in a user namespace")));
        CHECK(contains(text, "hint: "));
    }
}

TEST_CASE("each kind of propagation, on a new file system and on a bind mount of a shared one", "[rootfs][options]") {
    for (const bool user_namespace : {false, true}) {
        std::vector<spec::Mount> mounts;
        for (const PropagationRow& row : propagation_rows) {
            mounts.push_back({.destination = {}, .type = "tmpfs", .options = {row.option}});
            mounts.push_back({.destination = {}, .type = "none", .source = "source", .options = {"rbind", row.option}});
        }
        const RootfsResult result = mount_all(mounts, user_namespace, [](const std::string& bundle) {
            mount_source(bundle + "/source", 0);
            ::mount(nullptr, (bundle + "/source").c_str(), nullptr, MS_SHARED | MS_REC, nullptr);
        });
        INFO(result.inside);
        for (std::size_t i = 0; i < std::size(propagation_rows); ++i) {
            const PropagationRow& row = propagation_rows[i];
            INFO(row.option << (user_namespace ? ", user namespace" : ""));
            CHECK(parsed_line(result.inside, place(2 * i)).propagation == row.new_filesystem);
            CHECK(parsed_line(result.inside, place(2 * i + 1)).propagation ==
                  (user_namespace ? row.bind_in_user_namespace : row.bind));
            CHECK(parsed_line(result.inside, place(2 * i + 1) + "/below").propagation ==
                  (user_namespace ? row.below_in_user_namespace : row.below));
        }
    }
}

TEST_CASE("bind takes the one mount, rbind those below it too", "[rootfs][options]") {
    // A bind that leaves out what is mounted below would uncover it: the kernel refuses it only to those without rights there.
    for (const bool user_namespace : {false, true}) {
        const spec::Mount one{.destination = {}, .type = "none", .source = "source", .options = {"bind"}};
        const spec::Mount all{.destination = {}, .type = "none", .source = "source", .options = {"rbind"}};
        const spec::Mount by_type{.destination = {}, .type = "bind", .source = "source", .options = {}};
        const RootfsResult result = mount_all({one, all, by_type}, user_namespace,
                                              [](const std::string& bundle) { mount_source(bundle + "/source", 0); });
        INFO(result.inside);
        CHECK(mount_count(result.inside, "/m0") == 1);
        CHECK(mount_count(result.inside, "/m0/below") == 0);
        CHECK(mount_count(result.inside, "/m1/below") == 1);
        CHECK(mount_count(result.inside, "/m2") == 1);
    }
}

TEST_CASE("no option of the table is without a row here", "[rootfs][options]") {
    std::set<std::string> tested{"bind", "rbind"};
    const auto add = [&](const Options& options) { tested.insert(options.begin(), options.end()); };
    for (const NewRow& row : rows_of_new_filesystems()) add(row.options);
    for (const BindRow& row : rows_of_plain_source()) add(row.options);
    for (const BindRow& row : rows_of_strict_source()) add(row.options);
    for (const LockedRow& row : locked_rows) tested.insert(row.option);
    for (const PropagationRow& row : propagation_rows) tested.insert(row.option);
    // mount_actions_test.cpp and copy_up_test.cpp; cli/mount-options.sh looks at the system calls for silent and iversion.
    add({"remount", "tmpcopyup", "copy-symlink", "src-nofollow", "dest-nofollow"});
    add({"idmap", "ridmap"});  // cli/idmapped-mounts.sh: it takes the runtime to map
    for (const plan::MountOption& option : plan::mount_options()) {
        if (option.kind == plan::MountOptionKind::unsupported) continue;
        INFO(option.name);
        CHECK(tested.count(std::string(option.name)) == 1);
        INFO(option.recursive_name);
        CHECK((option.recursive_name.empty() || tested.count(std::string(option.recursive_name)) == 1));
    }
}
