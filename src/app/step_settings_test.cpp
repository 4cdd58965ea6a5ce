// SPDX-License-Identifier: 0BSD
#include "app/step_settings.h"

#include <gtest/gtest.h>

#include <cmath>

namespace fabula::app {
namespace {

preference::SeenOffer picked(std::size_t step, double temperature, int top_k) {
    preference::SeenOffer offer;
    offer.story = static_cast<std::int64_t>(top_k);
    offer.step = step;
    offer.shown = {{temperature, top_k, 0.9, 64, {}}, {1.2, 20, 0.7, 64, {}}};
    offer.picked = 0;
    return offer;
}

const preference::History some{picked(1, 0.6, 50), picked(1, 0.8, 70), picked(3, 1.0, 90)};

std::string refusal_of(const std::string& json) {
    const auto dump = dump_from_json(json);
    EXPECT_FALSE(dump) << json;
    return dump ? "" : dump.error().message;
}

TEST(StepSettings, a_dump_is_read_back_as_it_was_written) {
    const StepDump dump = dump_of(some);
    ASSERT_EQ(dump.steps.size(), 3U);
    EXPECT_NEAR(*dump.at(1).temperature.mean, 0.7, 1e-12);
    EXPECT_EQ(dump.at(1).n, 2U);
    EXPECT_FALSE(dump.at(2).temperature.mean);
    const std::string json = dump_as_json(dump);
    EXPECT_TRUE(is_step_dump(json));
    const auto back = dump_from_json(json);
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(back->steps, dump.steps);
    EXPECT_EQ(back->other, dump.other);
    EXPECT_EQ(dump_as_json(*back), json);
}

TEST(StepSettings, one_step_holds_for_every_step) {
    const auto dump = dump_from_json(step_as_json(dump_of(some).at(1)));
    ASSERT_TRUE(dump) << dump.error().message;
    EXPECT_EQ(dump->at(7).temperature.used, dump_of(some).at(1).temperature.used);
}

TEST(StepSettings, what_is_out_of_range_is_refused_by_its_name) {
    EXPECT_EQ(refusal_of(R"({"step":1,"temperature":{"used":12}})"),
              "temperature: temperature 12 is out of range: at least 0, at most 10");
    EXPECT_EQ(refusal_of(R"({"step":1,"typical_p":{"used":0}})"),
              "typical_p: typical_p 0 is out of range: greater than 0, at most 1");
    EXPECT_EQ(refusal_of(R"({"step":1,"top_k":{"mean":-3}})"),
              "top_k: top_k -3 is out of range: a whole number, at least 0, at most 1000000");
    EXPECT_EQ(refusal_of(R"({"step":1,"top_k":{"spread":-3}})"), "top_k.spread: below 0");
    EXPECT_EQ(refusal_of(R"({"step":1,"top_k":{"used":"many"}})"), "top_k.used: not a number");
    EXPECT_EQ(
        refusal_of(
            R"({"format":"fabula-step-settings","version":1,"steps":[{"step":1,"top_k":{}},{"step":1,"top_k":{}}],"other":{"top_k":{}}})"),
        "steps[1].step: 1 comes twice");
    EXPECT_EQ(refusal_of(R"({"format":"fabula-step-settings","version":2})"),
              "format: only fabula-step-settings version 1 is known");
    EXPECT_EQ(refusal_of(R"({"step":1})"),
              "document: none of temperature, top_k, typical_p, max_new_tokens is in it");
    EXPECT_FALSE(dump_from_json("[]"));
    EXPECT_FALSE(dump_from_json("{\"step\":1,\"temperature\":{\"used\":1e999}}"));
}

TEST(StepSettings, every_prefix_and_every_broken_byte_is_refused_or_read_but_never_worse) {
    const std::string good = dump_as_json(dump_of(some));
    for (std::size_t size = 0; size + 2 < good.size(); ++size)
        EXPECT_FALSE(dump_from_json(good.substr(0, size)));
    for (std::size_t i = 0; i < good.size(); ++i) {
        for (const char c : {'\0', '\xff', '"', '9', '{', '-'}) {
            std::string broken = good;
            broken[i] = c;
            if (const auto dump = dump_from_json(broken)) {
                const auto again = dump_from_json(dump_as_json(*dump));
                ASSERT_TRUE(again) << again.error().message;
                EXPECT_EQ(again->steps, dump->steps);
            }
        }
    }
}

TEST(StepSettings, ordinary_settings_are_no_dump) {
    EXPECT_FALSE(is_step_dump(R"({"temperature":0.7})"));
    EXPECT_FALSE(is_step_dump("temperature = 0.7"));
    EXPECT_FALSE(is_step_dump(""));
}

TEST(StepSettings, means_at_the_ends_of_their_ranges_can_be_drawn_about) {
    for (const std::string top_k : {"0", "0.3", "1", "1000000"}) {
        for (const std::string spread : {"0", "1e300"}) {
            std::string json = R"({"step":1,"temperature":{"used":10,"spread":)";
            json.append(spread).append(R"(},"top_k":{"used":)");
            json.append(top_k == "0.3" ? "0" : top_k).append(R"(,"spread":)").append(spread);
            json.append(R"(},"typical_p":{"used":1,"spread":)").append(spread).append("}}");
            const auto dump = dump_from_json(json);
            ASSERT_TRUE(dump) << dump.error().message;
            const auto proposal = propose_from(*dump, {})->propose({1, 0, 3}, {}, Rng(3));
            EXPECT_TRUE(sample::validate(proposal.settings));
            EXPECT_GE(proposal.settings.top_k, 10);
            EXPECT_TRUE(std::isfinite(proposal.propensity.value_or(0)));
        }
    }
}

TEST(StepSettings, a_policy_draws_about_the_means_of_a_dump) {
    const auto proposer = propose_from(dump_of(some), {});
    EXPECT_EQ(proposer->policy(), preference::Policy::average);
    double sum = 0;
    constexpr int n = 400;
    for (int i = 0; i < n; ++i) {
        const auto proposal = proposer->propose({1, 0, 3}, {}, Rng(7).child(i));
        sum += proposal.settings.temperature;
        EXPECT_GT(proposal.propensity.value_or(0), 0);
    }
    EXPECT_NEAR(sum / n, proposer->best(1, {}).temperature, 0.06);
}

}  // namespace
}  // namespace fabula::app
