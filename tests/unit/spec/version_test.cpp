#include "rt/spec/version.hpp"

#include "catch.hpp"
#include "config.hpp"

TEST_CASE("versions 1.x.y of the OCI spec are supported, in the format of SemVer", "[spec]") {
    for (const char* version : {"1.0.0", "1.3.0", "1.0.2-dev", "1.0.0-rc.1", "1.0.0-rc5+dev", "1.2.3+build.01",
                                "1.99.0", "1.0.0--", "1.0.0-a.b.0"}) {
        CAPTURE(version);
        CHECK(rt::spec::is_supported_version(version));
    }
    for (const char* version :
         {"",       "abc",    "0.9",    "0.9.0",  "2.0.0",    "1",          "1.0",       "1.0.0.0",
          "01.0.0", "1.00.0", "1.0.0-", "1.0.0+", "1.0.0-01", "1.0.0-a..b", "1.0.0-a_b", "v1.0.0",
          " 1.0.0", "1.0.0 ", "1..0",   "1.-1.0", "11.0.0",   "1.0.0+a+b"}) {
        CAPTURE(version);
        CHECK_FALSE(rt::spec::is_supported_version(version));
    }
}

TEST_CASE("an unsupported version is refused before anything else", "[spec]") {
    const rt::Failure failure = rt::test::failure_of_reading(R"({"ociVersion": "2.0.0", "root": 1})");
    CHECK(failure.object == "/ociVersion");
    CHECK(failure.reason == R"("2.0.0" is not supported: expected a version 1.x.y of the OCI runtime spec)");
    CHECK(failure.hint == R"(write "ociVersion": "1.3.0")");
}
