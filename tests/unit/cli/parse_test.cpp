#include "rt/cli/parse.hpp"

#include "catch.hpp"
#include "refusal.hpp"
#include "rt/base/error.hpp"
#include "rt/cli/help.hpp"

using namespace rt;

namespace {

cli::CommandLine parsed(const std::vector<std::string>& words) {
    cli::CommandLine line;
    cli::parse(words, line);
    return line;
}

Failure refusal_of(const std::vector<std::string>& words) {
    return test::refusal_of([&] { parsed(words); });
}

}  // namespace

TEST_CASE("options stand before or after the words, in each spelling", "[cli]") {
    const std::vector<std::vector<std::string>> spellings{{"run", "--bundle", "/b", "-d", "web1"},
                                                          {"run", "web1", "--bundle=/b", "--detach"},
                                                          {"run", "-d", "-b", "/b", "web1"},
                                                          {"run", "-b/b", "web1", "-d"},
                                                          {"run", "-db", "/b", "web1"},
                                                          {"run", "-db=/b", "--", "web1"}};
    for (const auto& words : spellings) {
        const cli::CommandLine line = parsed(words);
        REQUIRE(line.command != nullptr);
        CHECK(line.command->name == "run");
        CHECK(line.arguments.words == std::vector<std::string>{"web1"});
        CHECK(line.arguments.value("bundle") == "/b");
        CHECK(line.arguments.has("detach"));
        CHECK_FALSE(line.arguments.has("keep"));
        CHECK(line.arguments.value("pid-file", "none") == "none");
    }
}

TEST_CASE("global options stand before the command", "[cli]") {
    const cli::CommandLine line = parsed({"--root", "/r", "--log-format=json", "--debug", "state", "web1"});
    CHECK(line.global.value("root") == "/r");
    CHECK(line.global.value("log-format") == "json");
    CHECK(line.global.has("debug"));
    CHECK(line.command->name == "state");
    CHECK(refusal_of({"state", "--root", "/r", "web1"}).object == "--root");
    CHECK(parsed({}).command == nullptr);
}

TEST_CASE("after --, a word is a word", "[cli]") {
    CHECK(parsed({"delete", "--", "-f", "--x"}).arguments.words == std::vector<std::string>{"-f", "--x"});
}

TEST_CASE("what follows the id of ps belongs to ps(1), but for the format", "[cli]") {
    CHECK(parsed({"ps", "web1", "-e", "-x"}).arguments.words == std::vector<std::string>{"web1", "-e", "-x"});
    CHECK(parsed({"ps", "-f", "json", "web1"}).arguments.value("format") == "json");
    CHECK(parsed({"ps", "web1", "--format=json"}).arguments.value("format") == "json");
    const cli::CommandLine line = parsed({"ps", "web1", "-f", "json"});
    CHECK(line.arguments.value("format") == "json");
    CHECK(line.arguments.words == std::vector<std::string>{"web1"});
    CHECK(parsed({"ps", "web1", "-f"}).arguments.words == std::vector<std::string>{"web1", "-f"});
}

TEST_CASE("what is not understood is refused, with the nearest known word", "[cli]") {
    CHECK(refusal_of({"lst"}).hint.find("'list'") != std::string::npos);
    CHECK(refusal_of({"run", "--bundel", "x", "y"}).hint.find("'--bundle'") != std::string::npos);
    CHECK(refusal_of({"run", "-z", "y"}).reason == "there is no option -z");
    CHECK(refusal_of({"run", "--detach=yes", "y"}).reason == "the option takes no value");
    CHECK(refusal_of({"run", "y", "--bundle"}).reason == "the option needs a value");
    CHECK(refusal_of({"start"}).reason == "it needs CONTAINER-ID");
    CHECK(refusal_of({"start", "a", "b"}).object == "b");
    CHECK(refusal_of({"list", "a"}).object == "a");
    CHECK(cli::nearest("xyzzy", {"list", "run"}).empty());
}

TEST_CASE("the command is known even when its arguments are wrong: its exit status depends on it", "[cli]") {
    cli::CommandLine line;
    CHECK_THROWS_AS(cli::parse({"run"}, line), Error);
    REQUIRE(line.command != nullptr);
    CHECK(line.command->failure_status == 125);
}

TEST_CASE("the help names every command and option once, and asks for no words", "[cli]") {
    const std::string text = cli::help_text();
    for (const cli::Command& command : cli::commands()) {
        CHECK(text.find("  " + std::string(command.name) + " ") != std::string::npos);
        CHECK(parsed({std::string(command.name), "--help"}).arguments.has("help"));
        CHECK(parsed({std::string(command.name), "-h"}).arguments.has("help"));
        for (const cli::Option& option : command.options) {
            CHECK(cli::help_text(command).find("--" + std::string(option.name)) != std::string::npos);
        }
    }
}
