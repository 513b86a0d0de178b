#include "rt/plan/exec_user.hpp"

#include "catch.hpp"
#include "rt/base/error.hpp"
#include "rt/plan/accounts.hpp"

using namespace rt;

namespace {

constexpr const char* passwd =
    "root:x:0:0:root:/root:/bin/sh\n"
    "not a line\n"
    "bad:x:one:1::/:\n"
    "www-data:x:33:33:www:/var/www:/bin/sh\n"
    "_apt:x:42:65534::/nonexistent:/bin/false\n"
    "big:x:4294967296:1::/:/bin/sh\n"
    "www-data:x:99:99:a second one:/:/bin/sh\n";
constexpr const char* group =
    "root:x:0:\n"
    "adm:x:4:syslog,www-data\n"
    "broken\n"
    "tape:x:26:www-data\n"
    "near:x:27:www-data2,www\n";

// The user of the config, as the words change it: "uid:gid (groups)", or the reason of the refusal.
std::string chosen(const std::optional<std::string>& user, const std::vector<std::string>& groups = {},
                   const plan::UserFiles& files = {passwd, group}) {
    spec::User result{.uid = 7, .gid = 8, .umask = {}, .additional_gids = {9}};
    try {
        plan::choose_user({.user = user, .groups = groups}, files, result);
    } catch (const Error& error) {
        return error.failure().reason;
    }
    std::string text = std::to_string(result.uid) + ":" + std::to_string(result.gid);
    for (const std::uint32_t gid : result.additional_gids) text += " " + std::to_string(gid);
    return text;
}

constexpr const char* no_number = "it is no number from 0 to 4294967294";
constexpr const char* empty_part = "a part of it is empty";
constexpr const char* no_user = "unable to find user in the /etc/passwd of the container";
constexpr const char* no_group = "unable to find group in the /etc/group of the container";

}  // namespace

TEST_CASE("a user by number: what is left out stays, what is no number is refused and never root", "[plan][exec]") {
    CHECK(chosen(std::nullopt) == "7:8 9");
    CHECK(chosen("1") == "1:8 9");
    CHECK(chosen("1:2") == "1:2 9");
    CHECK(chosen("0:0") == "0:0 9");
    CHECK(chosen("4294967294:4294967294") == "4294967294:4294967294 9");
    // CVE-2026-30892.
    for (const char* word : {"-1", "4294967295", "4294967296", "18446744073709551616", " 1", "0x1", "+1", "1 ", "1a",
                             "1.0", "1e3", "\n1", "%d", "1:-1", "1:4294967295", "1: 2", "1:0x2", "1:2:3"}) {
        INFO(word);
        CHECK(chosen(word) == no_number);
    }
    for (const char* word : {"", ":", "1:", ":1", "www-data:"}) {
        INFO(word);
        CHECK(chosen(word) == empty_part);
    }
}

TEST_CASE("a user by name is that of the container, with its groups", "[plan][exec]") {
    CHECK(chosen("root") == "0:0");
    CHECK(chosen("www-data") == "33:33 4 26");
    CHECK(chosen("www-data:5") == "33:5 4 26");
    CHECK(chosen("www-data:adm") == "33:4 4 26");
    CHECK(chosen("1:tape") == "1:26 9");
    CHECK(chosen("_apt") == "42:65534");
    CHECK(chosen("www-data", {"27", "root"}) == "33:33 4 26 27 0");
    CHECK(chosen(std::nullopt, {"5", "5"}) == "7:8 9 5 5");
    CHECK(chosen("abc") == no_user);
    CHECK(chosen("bad") == no_user);
    CHECK(chosen("big") == no_user);
    CHECK(chosen("Root") == no_user);
    CHECK(chosen("1:abc") == no_group);
    CHECK(chosen(std::nullopt, {"broken"}) == no_group);
    CHECK(chosen(std::nullopt, {""}) == "it is empty");
    CHECK(chosen(std::nullopt, {"-5"}) == no_number);
    CHECK(chosen("abc", {}, {}) == "the container has no file /etc/passwd that can be read");
    CHECK(chosen("1:abc", {}, {passwd, std::nullopt}) == "the container has no file /etc/group that can be read");
    CHECK(chosen("www-data", {}, {passwd, std::nullopt}) == "33:33");
}

TEST_CASE("the files of the container are read for names only", "[plan][exec]") {
    CHECK_FALSE(plan::uses_names({}));
    CHECK_FALSE(plan::uses_names({.user = "1:2", .groups = {"3"}}));
    CHECK_FALSE(plan::uses_names({.user = "0x1"}));
    CHECK_FALSE(plan::uses_names({.user = ""}));
    CHECK(plan::uses_names({.user = "web"}));
    CHECK(plan::uses_names({.user = "_web"}));
    CHECK(plan::uses_names({.user = "1:web"}));
    CHECK(plan::uses_names({.user = {}, .groups = {"1", "web"}}));
}
