// SPDX-License-Identifier: 0BSD
#include "serve/asked.h"

#include <gtest/gtest.h>

#include <string>

namespace fabula::serve {
namespace {

template <typename T>
std::string trouble(const Result<T>& result) {
    return result ? "" : result.error().message;
}

TEST(Asked, reads_what_it_knows) {
    const auto story = asked_story(R"({"prompt":"a","title":"b","seed":"18446744073709551615"})");
    ASSERT_TRUE(story) << trouble(story);
    EXPECT_EQ(story->seed, UINT64_MAX);
    const auto offer = asked_offer(R"({"candidates":8,"settings":{"top_k":3},"parent":2})");
    ASSERT_TRUE(offer) << trouble(offer);
    EXPECT_EQ(offer->candidates, 8U);
    EXPECT_EQ(offer->settings, R"({"top_k":3})");
    EXPECT_EQ(offer->parent, story::PassageId{2});
    const auto choice =
        asked_choice(R"({"offer":4,"index":null,"text":"x","shown":[2,0],"seconds":1.5})");
    ASSERT_TRUE(choice) << trouble(choice);
    EXPECT_EQ(choice->index, std::nullopt);
    EXPECT_EQ(choice->text, "x");
    EXPECT_EQ(choice->shown, (std::vector<std::size_t>{2, 0}));
    EXPECT_TRUE(asked_move(R"({"kind":"undo"})"));
    EXPECT_TRUE(asked_preset(R"({"settings":{}})"));
}

TEST(Asked, names_what_is_wrong) {
    EXPECT_EQ(trouble(asked_story("{}")), "prompt is missing");
    EXPECT_EQ(trouble(asked_story(R"({"prompt":1})")), "prompt is no text");
    EXPECT_EQ(trouble(asked_story(R"({"prompt":"a","x":1})")), "'x' is not known here");
    EXPECT_EQ(trouble(asked_story(R"({"prompt":"a","x\ny":1})")), "'x y' is not known here");
    EXPECT_EQ(trouble(asked_offer(R"({"candidates":0})")),
              "candidates is no whole number from 1 to 8");
    EXPECT_EQ(trouble(asked_offer(R"({"candidates":2.5})")),
              "candidates is no whole number from 1 to 8");
    EXPECT_EQ(trouble(asked_offer(R"({"candidates":18446744073709551615})")),
              "candidates is no whole number from 1 to 8");
    EXPECT_EQ(trouble(asked_choice(R"({"offer":1,"shown":[-1]})")),
              "shown is no list of candidates");
    EXPECT_EQ(trouble(asked_choice(R"({"offer":1,"seconds":-1})")),
              "seconds is no number of seconds");
    EXPECT_EQ(trouble(asked_move(R"({"kind":"jump"})")), "to is missing");
    EXPECT_EQ(trouble(asked_passage(R"({"parent":0,"text":"a","origin":"stolen"})")),
              "origin is 'written' or 'edited', not 'stolen'");
    EXPECT_EQ(trouble(asked_rating("[]")), "the body is no JSON object");
}

TEST(Asked, refuses_what_is_deep_broken_or_said_twice) {
    const std::string deep =
        R"({"settings":)" + std::string(10000, '[') + std::string(10000, ']') + "}";
    EXPECT_FALSE(asked_offer(deep));
    for (const char* bad : {"", "{", "nul", R"({"prompt":"a)", R"({"prompt":"a","prompt":"b"})",
                            "{\"prompt\":\"\xFF\"}"})
        EXPECT_FALSE(asked_story(bad)) << bad;
}

}  // namespace
}  // namespace fabula::serve
