// SPDX-License-Identifier: 0BSD
#include "app/evaluate_report.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace fabula::app {
namespace {

using Json = nlohmann::json;

TEST(EvaluateJson, has_the_names_that_programs_rely_on) {
    PolicyRow row{.reader = "one_peak",
                  .policy = "auto",
                  .collecting = "own",
                  .seeds = 20,
                  .scale = {0.1, 1.0},
                  .curve = {{0, {-0.1, -0.2, 0.0}}, {1000, {0.9, 0.85, 0.95}}},
                  .held_out = {{{preference::Policy::average, -0.9, 0, 0, 80}, 20}}};
    const auto text = as_json(row);
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
    const auto json = Json::parse(text);
    EXPECT_EQ(json["reader"], "one_peak");
    EXPECT_EQ(json["policy"], "auto");
    EXPECT_EQ(json["stories"], 1000);
    EXPECT_EQ(json["share"], 0.9);
    EXPECT_EQ(json["low"], 0.85);
    EXPECT_EQ(json["high"], 0.95);
    EXPECT_EQ(json["curve"][0],
              Json({{"stories", 0}, {"share", -0.1}, {"low", -0.2}, {"high", 0.0}}));
    EXPECT_EQ(json["held_out"][0]["policy"], "average");
    EXPECT_EQ(json["held_out"][0]["taken"], 20);
    row.curve = {{5, {0.9, {}, {}}}};  // one seed has no interval
    EXPECT_TRUE(Json::parse(as_json(row))["low"].is_null());
}

TEST(OffPolicyJson, has_null_where_there_is_no_figure) {
    OffPolicyRow row{.reader = "a",
                     .target = "narrow",
                     .centre = {0.9, 45, 0.8, 64, {}},
                     .widths = {0.12, 0.45, 0.06},
                     .stories = 5,
                     .record = {}};
    row.record.seeds = 20;
    row.record.truth = {0.4, 0.001};
    row.record.doubly_robust = {.seeds = 20,
                                .mean = 0.42,
                                .largest_relative_error = 0.1,
                                .within_tenth = 19,
                                .covering = 18};
    const auto json = Json::parse(as_json(row));
    EXPECT_TRUE(json["self_normalised"].is_null());
    EXPECT_TRUE(json["why_none"].is_null());
    EXPECT_NEAR(json["doubly_robust"]["relative_error"].get<double>(), 0.05, 1e-9);
    EXPECT_EQ(json["doubly_robust"]["within_tenth"], 19);
    EXPECT_EQ(json["doubly_robust"]["coverage"], 0.9);
    EXPECT_EQ(json["width"]["ln_top_k"], 0.45);
}

}  // namespace
}  // namespace fabula::app
