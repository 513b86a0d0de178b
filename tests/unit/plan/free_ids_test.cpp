#include "rt/plan/free_ids.hpp"

#include "catch.hpp"

using namespace rt;
using plan::find_free_ids;
using plan::IdRange;

TEST_CASE("free ids are in the pool, in nobody's range, and in a row", "[plan][free-ids]") {
    const std::vector<IdRange> pool{{500, 600}, {100, 200}};
    CHECK(find_free_ids(pool, {}, 100, 0) == 100U);
    CHECK(find_free_ids(pool, {}, 101, 0) == std::nullopt);
    CHECK(find_free_ids(pool, {{100, 110}}, 90, 0) == 110U);
    CHECK(find_free_ids(pool, {{100, 110}}, 91, 0) == 500U);
    CHECK(find_free_ids(pool, {{0, 1000}}, 1, 0) == std::nullopt);
    // Between two that are used; they may overlap and stand in any order.
    CHECK(find_free_ids(pool, {{150, 700}, {120, 130}, {90, 101}, {125, 140}}, 10, 0) == 101U);
    CHECK(find_free_ids(pool, {{150, 700}, {120, 130}, {90, 111}, {125, 140}}, 10, 0) == 140U);
    CHECK(find_free_ids(pool, {{199, 200}}, 100, 0) == 500U);
    CHECK(find_free_ids(pool, {{200, 500}}, 100, 0) == 100U);  // neighbours do not touch it
}

TEST_CASE("the search begins at a place and goes round", "[plan][free-ids]") {
    const std::vector<IdRange> pool{{100, 200}, {500, 600}};
    CHECK(find_free_ids(pool, {}, 10, 150) == 150U);
    CHECK(find_free_ids(pool, {}, 60, 150) == 500U);
    CHECK(find_free_ids(pool, {}, 10, 595) == 100U);
    CHECK(find_free_ids(pool, {}, 10, 10000) == 100U);
    CHECK(find_free_ids(pool, {{150, 600}}, 10, 150) == 100U);
    CHECK(find_free_ids({{4294967290U, 4294967295U}}, {}, 5, 0) == 4294967290U);
}

TEST_CASE("ranges overlap when an id is in both", "[plan][free-ids]") {
    CHECK(plan::overlap({{1, 5}, {10, 20}}, {{19, 30}}));
    CHECK_FALSE(plan::overlap({{1, 5}, {10, 20}}, {{5, 10}, {20, 30}}));
    CHECK_FALSE(plan::overlap({}, {{0, 1}}));
    CHECK(plan::host_ranges({{0, 4294967290U, 5}}) == std::vector<IdRange>{{4294967290U, 4294967295U}});
    CHECK(plan::has_chosen_range({{"org.rt.userns", "auto"}}));
    CHECK_FALSE(plan::has_chosen_range({{"org.rt.userns", "no"}}));
    CHECK_FALSE(plan::has_chosen_range({}));
}
