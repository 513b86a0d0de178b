#include "rt/plan/file_access.hpp"

#include <sys/stat.h>

#include "catch.hpp"
#include "rt/base/json_pointer.hpp"

using namespace rt;
using namespace rt::plan;

namespace {

struct stat file(mode_t mode, std::uint32_t uid, std::uint32_t gid) {
    struct stat status{};
    status.st_mode = mode;
    status.st_uid = uid;
    status.st_gid = gid;
    return status;
}

FileUser user(std::uint32_t uid, std::uint32_t gid, std::vector<std::uint32_t> groups = {}) {
    return {.who = "somebody", .uid = uid, .gid = gid, .groups = std::move(groups)};
}

FileUser root_of_container() {
    return {.who = "root", .uid = 100000, .gid = 100000, .groups = {}, .overrides_modes = true};
}

UserMappings mapped() {
    UserMappings mappings;
    mappings.mapped = true;
    const std::vector<spec::IdMapping> range{{.container_id = 0, .host_id = 100000, .size = 1000}};
    mappings.uids = IdMappings::validate(range, JsonPointer("/linux/uidMappings"));
    mappings.gids = IdMappings::validate(range, JsonPointer("/linux/gidMappings"));
    return mappings;
}

}  // namespace

TEST_CASE("the bits of the owner, of the group, of others: the first class that fits decides", "[access]") {
    const UserMappings host;
    CHECK(may_access(file(S_IFREG | 0500, 1, 2), {}, user(1, 9), host, execute_right | read_right));
    CHECK_FALSE(may_access(file(S_IFREG | 0077, 1, 2), {}, user(1, 2), host, execute_right));
    CHECK(may_access(file(S_IFREG | 0010, 1, 2), {}, user(3, 2), host, execute_right));
    CHECK(may_access(file(S_IFREG | 0010, 1, 2), {}, user(3, 9, {7, 2}), host, execute_right));
    CHECK_FALSE(may_access(file(S_IFREG | 0701, 1, 2), {}, user(3, 2), host, execute_right));
    CHECK(may_access(file(S_IFREG | 0701, 1, 2), {}, user(3, 9), host, execute_right));
    CHECK_FALSE(may_access(file(S_IFREG | 0701, 1, 2), {}, user(3, 9), host, execute_right | read_right));
}

TEST_CASE("root of a user namespace has rights over what its ids own, and over nothing else", "[access]") {
    const struct stat own = file(S_IFDIR | 0700, 100033, 100033);
    const struct stat foreign = file(S_IFDIR | 0700, 0, 0);
    const struct stat half = file(S_IFDIR | 0700, 100033, 0);
    CHECK(may_access(own, {}, root_of_container(), mapped(), execute_right));
    CHECK_FALSE(may_access(foreign, {}, root_of_container(), mapped(), execute_right));
    CHECK_FALSE(may_access(half, {}, root_of_container(), mapped(), execute_right));
    CHECK(may_access(foreign, {}, root_of_container(), UserMappings(), execute_right));
}

TEST_CASE("not even root executes a file that nobody may execute", "[access]") {
    CHECK_FALSE(may_access(file(S_IFREG | 0644, 1, 1), {}, root_of_container(), UserMappings(), execute_right));
    CHECK(may_access(file(S_IFREG | 0645, 1, 1), {}, root_of_container(), UserMappings(), execute_right));
    CHECK(may_access(file(S_IFDIR | 0000, 1, 1), {}, root_of_container(), UserMappings(), execute_right));
    CHECK(may_access(file(S_IFREG | 0000, 1, 1), {}, root_of_container(), UserMappings(), read_right | write_right));
}

TEST_CASE("an access list as acl(5) has it", "[access]") {
    using Tag = AccessEntry::Tag;
    const UserMappings host;
    const struct stat status = file(S_IFREG | 0750, 1, 2);  // the bits of the group are the mask
    const auto list = [](unsigned named, unsigned group, unsigned mask) {
        return std::vector<AccessEntry>{{Tag::owner, 7, 0},      {Tag::user, named, 33}, {Tag::owning_group, 0, 0},
                                        {Tag::group, group, 44}, {Tag::mask, mask, 0},   {Tag::others, 4, 0}};
    };
    CHECK(may_access(status, list(5, 0, 5), user(33, 9), host, execute_right));
    CHECK_FALSE(may_access(status, list(4, 0, 5), user(33, 9), host, execute_right));
    CHECK_FALSE(may_access(status, list(5, 0, 4), user(33, 9), host, execute_right));
    CHECK(may_access(status, list(0, 5, 5), user(8, 9, {44}), host, execute_right));
    // A group that grants nothing keeps its members from what others may.
    CHECK_FALSE(may_access(status, list(0, 0, 5), user(8, 9, {44}), host, read_right));
    CHECK_FALSE(may_access(status, list(0, 0, 5), user(8, 2), host, read_right));
    CHECK(may_access(status, list(0, 0, 5), user(8, 9), host, read_right));
}

TEST_CASE("the attribute of an access list", "[access]") {
    // What setfacl -m u:33:rx writes on x86, by the layout of include/uapi/linux/posix_acl_xattr.h.
    const std::string attribute(
        "\x02\x00\x00\x00"
        "\x01\x00\x07\x00\xff\xff\xff\xff"
        "\x02\x00\x05\x00\x21\x00\x00\x00"
        "\x04\x00\x00\x00\xff\xff\xff\xff"
        "\x10\x00\x05\x00\xff\xff\xff\xff"
        "\x20\x00\x04\x00\xff\xff\xff\xff",
        44);
    const std::vector<AccessEntry> entries = parse_access_list(attribute);
    REQUIRE(entries.size() == 5);
    CHECK(entries[1].tag == AccessEntry::Tag::user);
    CHECK(entries[1].rights == 5);
    CHECK(entries[1].id == 33);
    CHECK(parse_access_list("").empty());
    CHECK(parse_access_list(attribute.substr(0, 43)).empty());
    CHECK(parse_access_list("\x03" + attribute.substr(1)).empty());
}

TEST_CASE("CAP_DAC_READ_SEARCH reads files and searches directories, and executes and writes nothing", "[access]") {
    FileUser reader = user(3, 3);
    reader.reads_everything = true;
    const UserMappings host;
    CHECK(may_access(file(S_IFDIR | 0700, 1, 1), {}, reader, host, execute_right | read_right));
    CHECK(may_access(file(S_IFREG | 0700, 1, 1), {}, reader, host, read_right));
    CHECK_FALSE(may_access(file(S_IFREG | 0700, 1, 1), {}, reader, host, execute_right));
    CHECK_FALSE(may_access(file(S_IFDIR | 0700, 1, 1), {}, reader, host, write_right));
    CHECK_FALSE(may_access(file(S_IFDIR | 0700, 1, 1), {}, reader, mapped(), execute_right));
}
