// SPDX-License-Identifier: 0BSD
#include "sample/settings.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

namespace fabula::sample {
namespace {

std::string fault(const Settings& settings) {
    const auto valid = validate(settings);
    return valid ? "" : valid.error().message;
}

TEST(Fields, lie_in_their_own_range_by_default_and_have_a_name_and_a_hint) {
    std::set<std::string> names;
    for (const auto& field : fields()) {
        EXPECT_TRUE(names.insert(field.name).second) << field.name;
        EXPECT_NE(field.real == nullptr, field.whole == nullptr) << field.name;
        EXPECT_EQ(field.of(Settings{}), field.standard) << field.name;
        EXPECT_LT(field.low, field.high) << field.name;
        EXPECT_FALSE(std::string(field.hint).empty()) << field.name;
        Settings settings;
        EXPECT_TRUE(set(settings, field.name, field.high).has_value()) << field.name;
        EXPECT_EQ(field.of(settings), field.high) << field.name;
        EXPECT_EQ(set(settings, field.name, field.low).has_value(), !field.low_is_open)
            << field.name;
    }
    EXPECT_EQ(names.size(), 28U);
}

TEST(FieldNamed, reads_dashes_as_underscores) {
    EXPECT_STREQ(field_named("top-p").value()->name, "top_p");
    EXPECT_STREQ(field_named("top_p").value()->name, "top_p");
}

TEST(FieldNamed, asks_whether_the_nearest_was_meant) {
    EXPECT_EQ(field_named("temprature").error().message,
              "unknown setting 'temprature': did you mean 'temperature'?");
    EXPECT_EQ(field_named("topp").error().message, "unknown setting 'topp': did you mean 'top_p'?");
    EXPECT_EQ(field_named("x").error().code, ErrorCode::invalid_input);
}

TEST(Set, refuses_what_lies_outside_and_names_the_range) {
    Settings settings;
    EXPECT_EQ(set(settings, "top_p", 1.5).error().message,
              "top_p 1.5 is out of range: greater than 0, at most 1");
    EXPECT_EQ(set(settings, "top_p", 0).error().message,
              "top_p 0 is out of range: greater than 0, at most 1");
    EXPECT_EQ(set(settings, "top_k", 2.5).error().message,
              "top_k 2.5 is out of range: a whole number, at least 0, at most 1000000");
    EXPECT_EQ(set(settings, "temperature", -0.1).error().message,
              "temperature -0.1 is out of range: at least 0, at most 10");
    EXPECT_FALSE(set(settings, "min_p", std::nan("")).has_value());
    EXPECT_FALSE(set(settings, "max_new_tokens", 1e300).has_value());
    EXPECT_FALSE(
        set(settings, "penalty_window", -std::numeric_limits<double>::infinity()).has_value());
    EXPECT_EQ(settings, Settings{});
}

TEST(Set, writes_whole_and_real_settings) {
    Settings settings;
    ASSERT_TRUE(set(settings, "top-k", 40).has_value());
    ASSERT_TRUE(set(settings, "temperature", 0).has_value());
    EXPECT_EQ(settings.top_k, 40);
    EXPECT_EQ(settings.temperature, 0);
}

TEST(Validate, accepts_the_defaults) {
    EXPECT_EQ(fault(Settings{}), "");
}

TEST(Validate, names_what_is_wrong) {
    Settings s;
    s.typical_p = 0;
    EXPECT_EQ(fault(s), "typical_p 0 is out of range: greater than 0, at most 1");
    s = {};
    s.bad_words = {"fine", " \n"};
    EXPECT_EQ(fault(s), "bad_words: entry 2 is empty");
    s.bad_words = {"\xFF"};
    EXPECT_EQ(fault(s), "bad_words: entry 1 is not UTF-8");
    s = {};
    s.stop = {""};
    EXPECT_EQ(fault(s), "stop: entry 1 is empty");
    s.stop = {"\n\n"};
    EXPECT_EQ(fault(s), "");
    s.logit_bias[7] = 100.5;
    EXPECT_EQ(fault(s), "logit_bias 100.5 of token 7 is out of range: at least -100, at most 100");
    s.logit_bias = {{-1, 0}};
    EXPECT_EQ(fault(s), "logit_bias: there is no token -1");
}

TEST(Validate, wants_every_stage_once) {
    Settings s;
    s.order.push_back(Stage::top_k);
    EXPECT_EQ(fault(s), "order: the stage top_k is doubled");
    s.order = {Stage::temperature};
    EXPECT_EQ(fault(s), "order: the stage penalties is missing");
    s.order = completed_order(s.order);
    EXPECT_EQ(fault(s), "");
}

TEST(Validate, wants_a_number_to_choose_from_for_contrastive_search) {
    Settings s;
    s.penalty_alpha = 0.6;
    EXPECT_EQ(fault(s), "penalty_alpha 0.6 wants a top_k from 2 to 256 (4 is usual), not 0");
    s.top_k = 4;
    EXPECT_EQ(fault(s), "");
    s.num_beams = 2;
    EXPECT_EQ(fault(s), "penalty_alpha and num_beams are two searches: use one of them");
}

TEST(CompletedOrder, puts_what_was_left_out_behind_in_the_default_order) {
    EXPECT_EQ(completed_order({Stage::top_p, Stage::penalties}),
              (std::vector{Stage::top_p, Stage::penalties, Stage::dry, Stage::temperature,
                           Stage::top_k, Stage::min_p, Stage::typical_p, Stage::epsilon_cutoff,
                           Stage::eta_cutoff, Stage::top_n_sigma, Stage::xtc}));
    EXPECT_EQ(completed_order({}), Settings{}.order);
}

TEST(StageNamed, knows_every_stage_by_its_name) {
    for (const auto stage : Settings{}.order)
        EXPECT_EQ(stage_named(name_of(stage)).value(), stage);
    EXPECT_EQ(stage_named("typicalp").error().message,
              "unknown stage 'typicalp': did you mean 'typical_p'?");
}

}  // namespace
}  // namespace fabula::sample
