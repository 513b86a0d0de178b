// Catch2 as the distribution has it: version 2 is one header, version 3 a library.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <string>

namespace rt::test {

// Says why the test case can't be run here, and ends it: neither passed nor failed. May be called from helpers too,
// but not from a child process.
[[noreturn]] void skip(const std::string& reason);

}  // namespace rt::test

#define SKIP_TEST(reason) ::rt::test::skip(reason)
