#include "rt/plan/device_rules.hpp"

#include "catch.hpp"
#include "device_access.hpp"
#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/plan/device_list.hpp"

using namespace rt;
using namespace rt::test;
using plan::DeviceRule;

namespace {

// Reads a line of devices.allow as the kernel does (security/device_cgroup.c).
DeviceRule read_line(const std::string& line) {
    const std::vector<std::string> words = split(line, ' ');
    REQUIRE(words.size() == 3);
    REQUIRE((words[0] == "c" || words[0] == "b"));
    const std::vector<std::string> numbers = split(words[1], ':');
    REQUIRE(numbers.size() == 2);
    DeviceRule rule{.devices = {.type = words[0][0]}, .access = 0};
    if (numbers[0] != "*") {
        rule.devices.major = parse_number<std::uint32_t>(numbers[0]);
        REQUIRE(rule.devices.major);
    }
    if (numbers[1] != "*") {
        rule.devices.minor = parse_number<std::uint32_t>(numbers[1]);
        REQUIRE(rule.devices.minor);
    }
    for (const char letter : words[2]) {
        rule.access |= letter == 'm'   ? plan::device_access::make_node
                       : letter == 'r' ? plan::device_access::read
                                       : plan::device_access::write;
    }
    return rule;
}

// match_exception() and match_exception_partial() of the kernel's security/device_cgroup.c.
bool kernel_allows(const plan::DeviceList& list, const DeviceRequest& request) {
    for (const std::string& line : list.exceptions) {
        const DeviceRule exception = read_line(line);
        if (!speaks_of(exception, request)) continue;
        if (list.allow && (request.access & exception.access) != 0) return false;
        if (!list.allow && (request.access & ~exception.access) == 0) return true;
    }
    return list.allow;
}

std::string refusal_of(const std::vector<spec::DeviceRule>& rules) {
    try {
        plan::plan_device_rules(rules);
    } catch (const Error& error) {
        return error.failure().message();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("an empty list denies all but the customary devices", "[plan][device]") {
    const std::vector<DeviceRule> rules = plan::plan_device_rules({});
    CHECK(rules == plan::plan_device_rules(std::vector<spec::DeviceRule>{}));
    for (const auto& [major, minor] : std::vector<std::pair<unsigned, unsigned>>{
             {1, 3}, {1, 5}, {1, 7}, {1, 8}, {1, 9}, {5, 0}, {5, 2}, {136, 0}, {136, 1000}}) {
        INFO(major << ":" << minor);
        CHECK(allowed(rules, {'c', major, minor, plan::device_access::all}));
    }
    // mem, kmem, console, tty1, hpet; sda
    for (const auto& [major, minor] :
         std::vector<std::pair<unsigned, unsigned>>{{1, 1}, {1, 2}, {5, 1}, {4, 1}, {10, 228}, {8, 0}}) {
        for (const char type : {'c', 'b'}) {
            INFO(type << " " << major << ":" << minor);
            CHECK_FALSE(allowed(rules, {type, major, minor, plan::device_access::read}));
            CHECK_FALSE(allowed(rules, {type, major, minor, plan::device_access::write}));
            CHECK(allowed(rules, {type, major, minor, plan::device_access::make_node}));
        }
    }
    CHECK_FALSE(plan::allows_everything(rules));
}

TEST_CASE("the customary devices are allowed whatever the list says", "[plan][device]") {
    const std::vector<DeviceRule> rules = plan::plan_device_rules({{.allow = false, .access = "rwm"}});
    CHECK(allowed(rules, {'c', 1, 3, plan::device_access::all}));
    CHECK_FALSE(allowed(rules, {'c', 10, 200, plan::device_access::read}));
}

TEST_CASE("values of a rule become typed", "[plan][device]") {
    const std::vector<spec::DeviceRule> listed{
        {.allow = true, .type = spec::DeviceRuleType::block, .major = 8, .access = "rw"},
        {.allow = false, .type = spec::DeviceRuleType::character, .major = 4095, .minor = 1048575, .access = "m"},
        {.allow = true}};
    const std::vector<DeviceRule> rules = plan::plan_device_rules(listed);
    CHECK(rules[0] == DeviceRule{.allow = true, .devices = {.type = 'b', .major = 8}, .access = 6});
    CHECK(rules[1] == DeviceRule{.devices = {.type = 'c', .major = 4095, .minor = 1048575}, .access = 1});
    CHECK(rules[2] == DeviceRule{.allow = true, .access = 7});
    CHECK(plan::text_of(rules[0].devices, rules[0].access) == "b 8:* rw");
    CHECK(plan::allows_everything({{.allow = true}}));
    CHECK_FALSE(plan::allows_everything({{.allow = true}, {.allow = false, .devices = {.type = 'b'}}}));
    CHECK(plan::allows_everything(plan::plan_device_rules({{.allow = false}, {.allow = true}})));
    CHECK_FALSE(plan::allows_everything({}));
}

TEST_CASE("wrong values of a rule are refused by their place", "[plan][device]") {
    CHECK(refusal_of({{}, {.type = static_cast<spec::DeviceRuleType>('u')}}) ==
          "cannot use the device rule at '/linux/resources/devices/1/type': expected \"a\", \"c\" or \"b\"");
    CHECK(refusal_of({{.major = 4096}}) ==
          "cannot use the device rule at '/linux/resources/devices/0/major': 4096 is more than Linux has: the largest "
          "is 4095");
    CHECK(refusal_of({{.minor = 1048576}}).find("/linux/resources/devices/0/minor") != std::string::npos);
    CHECK(refusal_of({{.access = "rwx"}})
              .find("/linux/resources/devices/0/access': expected a text made of r, w and m") != std::string::npos);
}

TEST_CASE("the customary list of the v1 controller", "[plan][device]") {
    const plan::DeviceList list = plan::plan_device_list(plan::plan_device_rules({{.allow = false, .access = "rwm"}}));
    const plan::DeviceList expected{.allow = false,
                                    .exceptions = {"c *:* m", "b *:* m", "c 1:3 rwm", "c 1:5 rwm", "c 1:7 rwm",
                                                   "c 1:8 rwm", "c 1:9 rwm", "c 5:0 rwm", "c 5:2 rwm", "c 136:* rwm"}};
    CHECK(list == expected);
}

TEST_CASE("rules as lines of the v1 controller", "[plan][device]") {
    // A type that is left out means both: the kernel reads "a 8:0 r" as all devices.
    CHECK(plan::plan_device_list({{.allow = true, .devices = {.major = 8, .minor = 0}, .access = 2}}) ==
          plan::DeviceList{.exceptions = {"c 8:0 r", "b 8:0 r"}});
    CHECK(plan::plan_device_list({{.allow = true}, {.allow = false, .devices = {.type = 'b'}, .access = 6}}) ==
          plan::DeviceList{.allow = true, .exceptions = {"b *:* rw"}});
    // One line must name all that is asked for, so the narrower one takes up what the wider one allows.
    CHECK(plan::plan_device_list({{.allow = true, .devices = {.type = 'c', .major = 1}, .access = 2},
                                  {.allow = true, .devices = {.type = 'c', .major = 1, .minor = 3}, .access = 4}}) ==
          plan::DeviceList{.exceptions = {"c 1:* r", "c 1:3 rw"}});
    CHECK(plan::plan_device_list({{.allow = true, .devices = {.type = 'c', .major = 8}},
                                  {.allow = false, .devices = {.type = 'c'}, .access = 4}}) ==
          plan::DeviceList{.exceptions = {"c 8:* rm"}});
}

TEST_CASE("a hole in a wider rule cannot be told to the v1 controller and is refused", "[plan][device]") {
    try {
        plan::plan_device_list({{.allow = true, .devices = {.type = 'c', .major = 8}},
                                {.allow = false, .devices = {.type = 'c', .major = 8, .minor = 1}}});
        FAIL("accepted");
    } catch (const Error& error) {
        CHECK(error.failure().message() ==
              "cannot deny the devices 'c 8:1 rwm': cgroup v1 cannot except a part of what an earlier rule allows "
              "(c 8:* rwm)");
    }
}

TEST_CASE("the v1 list decides as the rules do, or is refused", "[plan][device]") {
    std::mt19937 random(1123);  // NOLINT(cert-msc51-cpp): the same rules in every run
    int accepted = 0;
    for (int i = 0; i < 600; ++i) {
        const std::vector<DeviceRule> rules = random_rules(random);
        plan::DeviceList list;
        try {
            list = plan::plan_device_list(rules);
        } catch (const Error&) {
            continue;
        }
        ++accepted;
        for (const DeviceRequest& request : all_requests()) {
            if (kernel_allows(list, request) == allowed(rules, request)) continue;
            FAIL_CHECK("the list differs from the rules in " << text_of(request) << " of\n" << text_of(rules));
        }
    }
    CHECK(accepted > 200);
}
