#include <linux/mount.h>

#include <set>

#include "catch.hpp"
#include "rt/base/error.hpp"
#include "rt/plan/mount_options.hpp"

using rt::plan::parse_mount_options;

namespace {

rt::plan::ParsedMountOptions parse(const std::vector<std::string>& options) {
    return parse_mount_options(options, rt::JsonPointer("/mounts/2/options"));
}

struct Row {
    std::vector<std::string> options;
    std::uint64_t set;
    std::uint64_t clear;
};

}  // namespace

TEST_CASE("every option of the spec's table is known, by one name only", "[plan][mounts]") {
    const std::vector<std::string> of_the_spec{
        "async",          "atime",      "bind",         "defaults",    "dev",
        "diratime",       "dirsync",    "exec",         "iversion",    "lazytime",
        "loud",           "mand",       "noatime",      "nodev",       "nodiratime",
        "noexec",         "noiversion", "nolazytime",   "nomand",      "norelatime",
        "nostrictatime",  "nosuid",     "nosymfollow",  "private",     "ratime",
        "rbind",          "rdev",       "rdiratime",    "relatime",    "remount",
        "rexec",          "rnoatime",   "rnodiratime",  "rnoexec",     "rnorelatime",
        "rnostrictatime", "rnosuid",    "rnosymfollow", "ro",          "rprivate",
        "rrelatime",      "rro",        "rrw",          "rshared",     "rslave",
        "rstrictatime",   "rsuid",      "rsymfollow",   "runbindable", "rw",
        "shared",         "silent",     "slave",        "strictatime", "suid",
        "symfollow",      "sync",       "tmpcopyup",    "unbindable",  "idmap",
        "ridmap",         "rnodev"};
    for (const std::string& name : of_the_spec) {
        INFO(name);
        CHECK(rt::plan::find_mount_option(name));
    }
    std::multiset<std::string_view> names;
    for (const rt::plan::MountOption& option : rt::plan::mount_options()) {
        names.insert(option.name);
        if (!option.recursive_name.empty()) names.insert(option.recursive_name);
    }
    CHECK(names.size() == std::set(names.begin(), names.end()).size());
    CHECK_FALSE(rt::plan::find_mount_option("mode=755"));
    CHECK_FALSE(rt::plan::find_mount_option(""));
}

TEST_CASE("options add up to what mount_setattr takes, the later ones winning", "[plan][mounts]") {
    const std::vector<Row> rows{
        {{"ro"}, MOUNT_ATTR_RDONLY, 0},
        {{"ro", "rw"}, 0, MOUNT_ATTR_RDONLY},
        {{"rw", "ro"}, MOUNT_ATTR_RDONLY, MOUNT_ATTR_RDONLY},
        {{"nosuid", "noexec", "nodev"}, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NODEV, 0},
        {{"suid", "exec", "dev"}, 0, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NODEV},
        {{"noatime"}, MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME},
        {{"strictatime"}, MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME},
        {{"strictatime", "noatime"}, MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME},
        {{"noatime", "strictatime"}, MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME},
        {{"noatime", "atime"}, 0, MOUNT_ATTR__ATIME},
        {{"noatime", "nostrictatime"}, MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME},
        {{"strictatime", "relatime"}, 0, MOUNT_ATTR__ATIME},
        {{"nodiratime", "diratime"}, 0, MOUNT_ATTR_NODIRATIME},
        {{"nosymfollow"}, 0x00200000, 0},
        {{"nosuid", "defaults", "silent", "loud", "norelatime", "iversion", "auto"}, MOUNT_ATTR_NOSUID, 0},
        {{"user", "exec"}, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC},  // mount(8)
        {{"owner"}, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, 0},
    };
    for (const Row& row : rows) {
        INFO(row.options.front() << " ... " << row.options.back());
        const auto parsed = parse(row.options);
        CHECK(parsed.attributes.set == row.set);
        CHECK(parsed.attributes.clear == row.clear);
        CHECK(parsed.recursive_attributes.empty());
    }
}

TEST_CASE("the r-form of an attribute acts on the mounts below, and on nothing else", "[plan][mounts]") {
    const auto parsed = parse({"rro", "rnosuid", "noexec"});
    CHECK(parsed.recursive_attributes.set == (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID));
    CHECK(parsed.attributes.set == MOUNT_ATTR_NOEXEC);
}

TEST_CASE("bind, propagation and what belongs to the file system are told apart", "[plan][mounts]") {
    const auto parsed = parse({"rbind", "rslave", "size=1m", "sync", "newinstance", "mode="});
    CHECK(parsed.bind);
    CHECK(parsed.recursive_bind);
    CHECK(parsed.propagation == MS_SLAVE);
    CHECK(parsed.propagation_recursive);
    REQUIRE(parsed.data.size() == 3);
    CHECK(parsed.data[0].key == "size");
    CHECK(parsed.data[0].value == "1m");
    CHECK(parsed.data[1].key == "newinstance");
    CHECK_FALSE(parsed.data[1].value);
    CHECK(parsed.data[2].value == "");
    CHECK(parsed.data_places == std::vector<std::size_t>{2, 4, 5});
    CHECK(parsed.superblock.set == MS_SYNCHRONOUS);
}

TEST_CASE("flags of the file system itself: as mount(2) counts them, and as fsconfig(2) calls them", "[plan][mounts]") {
    struct Flags {
        std::vector<std::string> options;
        std::uint64_t set;
        std::uint64_t clear;
        std::vector<std::string> words;
    };
    const std::vector<Flags> rows{
        {{"sync"}, MS_SYNCHRONOUS, 0, {"sync"}},
        {{"async"}, 0, MS_SYNCHRONOUS, {"async"}},
        {{"sync", "async"}, 0, MS_SYNCHRONOUS, {"async"}},
        {{"async", "sync"}, MS_SYNCHRONOUS, MS_SYNCHRONOUS, {"sync"}},
        {{"dirsync"}, MS_DIRSYNC, 0, {"dirsync"}},
        {{"lazytime"}, MS_LAZYTIME, 0, {"lazytime"}},
        {{"nolazytime"}, 0, MS_LAZYTIME, {"nolazytime"}},
        {{"mand"}, MS_MANDLOCK, 0, {"mand"}},
        {{"nomand"}, 0, MS_MANDLOCK, {"nomand"}},
        {{"silent"}, MS_SILENT, 0, {}},
        {{"silent", "loud"}, 0, MS_SILENT, {}},
        {{"iversion"}, MS_I_VERSION, 0, {}},
        {{"iversion", "noiversion"}, 0, MS_I_VERSION, {}},
    };
    for (const Flags& row : rows) {
        INFO(row.options.front() << " ... " << row.options.back());
        const auto parsed = parse(row.options);
        CHECK(parsed.superblock.set == row.set);
        CHECK(parsed.superblock.clear == row.clear);
        CHECK(rt::plan::superblock_words(parsed.superblock) == row.words);
        CHECK(parsed.data.empty());
    }
    CHECK(rt::plan::superblock_words({.set = MS_RDONLY, .clear = 0}) == std::vector<std::string>{"ro"});
    CHECK(rt::plan::superblock_words({.set = 0, .clear = MS_RDONLY}) == std::vector<std::string>{"rw"});
}

TEST_CASE("what is to be done besides mounting", "[plan][mounts]") {
    CHECK(parse({"remount"}).remount);
    CHECK(parse({"tmpcopyup"}).copy_up);
    CHECK(parse({"copy-symlink"}).copy_symlink);
    CHECK(parse({"src-nofollow"}).source_nofollow);
    CHECK(parse({"dest-nofollow"}).destination_nofollow);
}

TEST_CASE("words for other programs reach no file system (mount(8))", "[plan][mounts]") {
    const auto parsed = parse({"x-systemd.automount", "X-anything=1", "X-mount.mkdir", "comment=cloud", "_netdev", ""});
    CHECK(parsed.data.empty());
    CHECK(parsed.attributes.empty());
}

TEST_CASE("an option that this version cannot do is refused with its place", "[plan][mounts]") {
    for (const char* option : {"nofail", "X-mount.subdir=a"}) {
        INFO(option);
        try {
            parse({"ro", option});
            FAIL("accepted");
        } catch (const rt::Error& error) {
            CHECK(error.failure().object == "/mounts/2/options/1");
            CHECK(error.failure().reason.find("not supported by this version of rt") != std::string::npos);
        }
    }
}
