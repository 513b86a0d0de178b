#include "rt/spec/document.hpp"

#include "catch.hpp"
#include "config.hpp"
#include "rt/spec/default_config.hpp"

namespace {

std::string reason_for(const std::string& text) {
    const rt::Failure failure = rt::test::failure_of_reading(text);
    CHECK(failure.doing == "read");
    CHECK(failure.object == "/bundle/config.json");
    return failure.reason;
}

std::string repeated(const std::string& text, int times) {
    std::string result;
    for (int i = 0; i < times; ++i) result += text;
    return result;
}

std::string with_unknown(const std::string& value) {
    return R"({"ociVersion": "1.0.0", "root": {"path": "rootfs"}, "unknown": )" + value + "}";
}

}  // namespace

TEST_CASE("text that is not JSON is refused with line, column and what was expected", "[spec]") {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"", "line 1, column 1: invalid JSON: unexpected end of input; expected a value"},
        {"{", "line 1, column 2: invalid JSON: unexpected end of input; expected a key in double quotes"},
        {"{\n", "line 2, column 1: invalid JSON: unexpected end of input; expected a key in double quotes"},
        {"{]", "line 1, column 2: invalid JSON: unexpected ']'; expected a key in double quotes"},
        {"{\n  \"a\": 1,\n}", "line 3, column 1: invalid JSON: unexpected '}'; expected a key in double quotes"},
        {"{\"a\": [1,\n\n 2", "line 3, column 3: invalid JSON: unexpected end of input; expected ',' or ']'"},
        {"{\"a\": 1\n\"b\": 2}", "line 2, column 3: invalid JSON: unexpected string literal; expected ',' or '}'"},
        {"{\"\xc3\xa4\xc3\xb6\": ]", "line 1, column 8: invalid JSON: unexpected ']'; expected a value"},
        {"{} {}", "line 1, column 4: invalid JSON: unexpected '{'; expected end of input"},
        {"{\"a\": 1e400}", "line 1, column 11: invalid JSON: number overflow parsing '1e400'"},
        {"{\"a\": tru}", "line 1, column 10: invalid JSON: invalid literal; last read: '\"a\": tru}'"},
        {std::string("{}\0{}", 5), "line 1, column 3: invalid JSON: unexpected NUL byte"},
        {"// note\n{}", "line 1, column 1: invalid JSON: invalid literal; last read: '/'"},
    };
    for (const auto& [text, reason] : cases) CHECK(reason_for(text) == reason);
}

TEST_CASE("a long string without its end is not repeated in the message", "[spec]") {
    const std::string reason = reason_for("{\"a\": \"" + std::string(100000, 'x'));
    CHECK(reason.find("line 1, column 100008: invalid JSON: invalid string: missing closing quote") == 0);
    CHECK(reason.size() < 150);
}

TEST_CASE("text that was cut off anywhere is refused with a position", "[spec]") {
    const std::string text = rt::spec::default_config({});
    for (std::size_t size = 0; size < text.find_last_of('}'); ++size) {
        const std::string reason = reason_for(text.substr(0, size));
        CHECK(reason.find("line ") == 0);
    }
}

TEST_CASE("a key given twice is refused with its place", "[spec]") {
    CHECK(reason_for(R"({"root": {}, "root": {}})") == "'/root' is given twice");
    CHECK(reason_for(R"({"a": [1, {"b": {}, "c": [[], {"d/e": 1, "d/e": 1}]}]})") == "'/a/1/c/1/d~1e' is given twice");
    CHECK_NOTHROW(rt::spec::Document::parse(R"([{"a": {"a": [{"a": 1}, {"a": 1}]}}])", "name"));
}

TEST_CASE("deep nesting is read, and a wrong value below it refused", "[spec]") {
    for (const int depth : {1000, 50000}) {
        CHECK_NOTHROW(rt::spec::Document::parse(with_unknown(repeated("[", depth) + repeated("]", depth)), "name"));
        const std::string objects = repeated("{\"a\":", depth);
        CHECK_NOTHROW(rt::spec::Document::parse(with_unknown(objects + "1" + repeated("}", depth)), "name"));
        CHECK(reason_for(with_unknown(objects)).find("line 1, column ") == 0);
        const std::string twice = reason_for(with_unknown(objects + R"({"b": 1, "b": 2)"));
        CHECK(twice.find("'/unknown/a/a/a") == 0);
    }
    const rt::Failure failure =
        rt::test::failure_of_reading(rt::test::config_with("/hostname", repeated("[", 1000) + repeated("]", 1000)));
    CHECK(failure.object == "/hostname");
    CHECK(failure.reason == "expected a string, found an array");
}

TEST_CASE("a text without one of its values", "[document]") {
    CHECK(rt::spec::try_without(R"({"a":{"b":1,"c":2}})", "/a/b") == R"({"a":{"c":2}})");
    CHECK(rt::spec::try_without(R"({"a":[1,2,3]})", "/a/1") == R"({"a":[1,3]})");
    CHECK(rt::spec::try_without(R"({"a/b":1,"c":2})", "/a~1b") == R"({"c":2})");
    CHECK_FALSE(rt::spec::try_without(R"({"a":1})", "/b"));
    CHECK_FALSE(rt::spec::try_without(R"({"a":[1]})", "/a/x"));
    CHECK_FALSE(rt::spec::try_without(R"({"a":1})", "a"));
    CHECK_FALSE(rt::spec::try_without("{", "/a"));
}
