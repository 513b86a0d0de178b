#pragma once

#include <string_view>

#include "catch.hpp"
#include "rt/base/error.hpp"

namespace rt::test {

/// The failure that the work ends with; that it does not fail is one of the test.
template <class Work>
Failure refusal_of(Work&& work) {
    try {
        work();
    } catch (const Error& error) {
        return error.failure();
    }
    FAIL("accepted");
    return {};
}

inline bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace rt::test
