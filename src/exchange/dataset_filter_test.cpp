// SPDX-License-Identifier: 0BSD
#include "exchange/dataset_filter.h"

#include <gtest/gtest.h>

namespace fabula::exchange {
namespace {

constexpr std::int64_t day_ms = 86'400'000;

Filter of(const std::vector<std::string>& words) {
    auto filter = Filter::of(words);
    EXPECT_TRUE(filter) << filter.error().message;
    return *std::move(filter);
}

std::string refusal_of(const std::string& word) {
    const auto filter = Filter::of({word});
    if (filter) return "taken";
    EXPECT_EQ(filter.error().code, ErrorCode::invalid_input);
    return filter.error().message;
}

store::OfferRecord offer_of(const std::string& model, std::int64_t created) {
    store::OfferRecord offer;
    offer.model = model;
    offer.created = Timestamp{created};
    offer.candidates.resize(2);
    offer.candidates[1].policy = "random";
    return offer;
}

TEST(DatasetFilter, reads_days) {
    EXPECT_EQ(*day_named("1970-01-02"), Timestamp{day_ms});
    EXPECT_EQ(*day_named("2026-01-31"), Timestamp{1769817600000});  // date -ud 2026-01-31 +%s
    EXPECT_EQ(*day_named("2024-02-29"), Timestamp{1709164800000});
    for (const char* text :
         {"2026-02-29", "2026-1-31", "2026-13-01", "20260131", "", "x", "2026-01-3x", "-026-01-31"})
        EXPECT_FALSE(day_named(text)) << text;
}

TEST(DatasetFilter, wants_every_key_and_any_of_its_values) {
    const auto filter = of({"model=a,b", "since=1970-01-02", "user=ada", "user=ben"});
    store::ChoiceRecord choice;
    choice.user = "ben";
    EXPECT_TRUE(filter.takes_offer(offer_of("b", day_ms), &choice));
    EXPECT_FALSE(filter.takes_offer(offer_of("c", day_ms), &choice));
    EXPECT_FALSE(filter.takes_offer(offer_of("b", day_ms - 1), &choice));
    EXPECT_FALSE(filter.takes_offer(offer_of("b", day_ms), nullptr));
    choice.user = "eve";
    EXPECT_FALSE(filter.takes_offer(offer_of("b", day_ms), &choice));
}

TEST(DatasetFilter, knows_stories_policies_choosers_and_ends) {
    EXPECT_TRUE(of({}).takes_story(store::StoryId{9}));
    EXPECT_TRUE(of({"story=1,9"}).takes_story(store::StoryId{9}));
    EXPECT_FALSE(of({"story=1", "story=2"}).takes_story(store::StoryId{9}));
    EXPECT_TRUE(of({"policy=random"}).takes_offer(offer_of("a", 0), nullptr));
    EXPECT_FALSE(of({"policy=fixed"}).takes_offer(offer_of("a", 0), nullptr));
    EXPECT_FALSE(of({"until=1970-01-02"}).takes_offer(offer_of("a", day_ms), nullptr));
    EXPECT_TRUE(of({"until=1970-01-02"}).takes_offer(offer_of("a", day_ms - 1), nullptr));
    store::ChoiceRecord choice;
    choice.chooser = "score";
    EXPECT_TRUE(of({"chooser=score"}).takes_offer(offer_of("a", 0), &choice));
    EXPECT_FALSE(of({"chooser=person"}).takes_offer(offer_of("a", 0), &choice));
}

TEST(DatasetFilter, describes_itself_without_naming_users) {
    EXPECT_EQ(of({"model=tiny", "user=ada", "story=1,2"}).described(),
              "model=tiny; user; story=1,2");
}

TEST(DatasetFilter, refuses_unknown_keys_and_values) {
    EXPECT_NE(refusal_of("modle=x").find("model"), std::string::npos);
    EXPECT_NE(refusal_of("model").find("no value"), std::string::npos);
    EXPECT_NE(refusal_of("model=").find("no value"), std::string::npos);
    EXPECT_NE(refusal_of("story=1,,2"), "taken");
    EXPECT_NE(refusal_of("story=x"), "taken");
    EXPECT_NE(refusal_of("since=yesterday"), "taken");
    EXPECT_NE(refusal_of("chooser=any"), "taken");
    EXPECT_FALSE(Filter::of({"since=2026-01-01", "since=2026-01-02"}));
}

}  // namespace
}  // namespace fabula::exchange
