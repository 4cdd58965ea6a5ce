// SPDX-License-Identifier: 0BSD
// The log of choices: what was edited, written, rated, and what the policies learn from it.
#include "store/random_story.h"
#include "store/test_database.h"

#include <gtest/gtest.h>

namespace fabula::store {
namespace {

class Choices : public testing::TestWithParam<DatabaseKind> {
protected:
    void SetUp() override {
        auto opened = database.open();
        ASSERT_TRUE(opened) << opened.error().message;
        store = std::move(*opened);
    }

    TestDatabase database{GetParam()};
    std::unique_ptr<Store> store;
};

TEST_P(Choices, an_edited_candidate_is_a_passage_of_its_own_words) {
    const auto id = *store->create({}, "Once.");
    const auto offer = *store->add_offer(id, some_offer(story::PassageId::root, {" A.", " B."}));
    ChoiceRecord choice{offer, 1, {}, "person", "style", {}, "ada", {1, 0}, 2.5};

    const auto passage = store->choose({choice, Timestamp{9}, {}, " B, she said."});

    ASSERT_TRUE(passage) << passage.error().message;
    const auto story = *store->load(id);
    EXPECT_EQ(story.tree.at(*passage).origin, story::Origin::edited);
    EXPECT_EQ(story.tree.at(*passage).text, " B, she said.");
    EXPECT_EQ(story.passages[1].offer, offer);
    EXPECT_EQ(story.passages[1].index, 1U);
    EXPECT_EQ(story.head(), *passage);
    choice.passage = *passage;
    choice.created = Timestamp{9};
    EXPECT_EQ(story.choices, std::vector{choice});
}

TEST_P(Choices, words_that_were_not_changed_are_no_edit) {
    const auto id = *store->create({}, "Once.");
    const auto offer = *store->add_offer(id, some_offer(story::PassageId::root, {" A."}));
    ASSERT_TRUE(store->choose({{offer, 0, {}, "person", "", {}}, Timestamp{9}, {}, " A."}));
    EXPECT_EQ(store->load(id)->tree.at(story::PassageId{1}).origin, story::Origin::generated);
}

TEST_P(Choices, what_was_written_in_place_of_all_is_kept_with_the_refusal) {
    const auto id = *store->create({}, "Once.");
    const auto first = *store->add_offer(id, some_offer(story::PassageId::root, {" A."}));
    const auto written =
        store->choose({{first, std::nullopt, {}, "person", "", {}}, Timestamp{9}, {}, " Mine."});
    ASSERT_TRUE(written) << written.error().message;
    // Refusing what is offered behind it does not make it a part of that offer.
    const auto second = *store->add_offer(id, some_offer(*written, {" C."}));
    ASSERT_TRUE(store->choose({{second, std::nullopt, {}, "person", "", {}}, Timestamp{10}}));

    const auto story = *store->load(id);
    EXPECT_EQ(story.tree.at(*written).origin, story::Origin::written);
    EXPECT_EQ(story.passages[1].offer, first);
    EXPECT_FALSE(story.passages[1].index);
    EXPECT_EQ(story.choices[0].passage, *written);
    EXPECT_EQ(story.choices[1].passage, *written);
    EXPECT_EQ(story.head(), *written);
    EXPECT_TRUE(store->check()->is_sound) << store->check()->findings;
}

TEST_P(Choices, ratings_are_added_and_not_changed) {
    const auto id = *store->create({}, "Once.");
    const auto offer = *store->add_offer(id, some_offer(story::PassageId::root, {" A."}));
    const std::vector<RatingRecord> ratings{{offer, 0, 1, "turn", "ada", Timestamp{4}},
                                            {offer, 0, 0, "", "ada", Timestamp{5}}};
    for (const auto& rating : ratings)
        ASSERT_TRUE(store->rate(rating));
    EXPECT_EQ(store->load(id)->ratings, ratings);
    EXPECT_NE(database.fault_of("update ratings set rating = 1"), "");
    const auto lost = store->rate({offer, 3, 1, "", "", {}});
    ASSERT_FALSE(lost);
    EXPECT_NE(lost.error().message.find("has no candidate 3"), std::string::npos);
    EXPECT_FALSE(store->rate({offer, 0, 2, "", "", {}}));
}

TEST_P(Choices,
       the_history_is_what_people_were_shown_in_that_order_and_the_last_choice_of_an_offer) {
    const auto id = *store->create({}, "Once.");
    auto made = some_offer(story::PassageId::root, {" A.", " B.", " C."});
    made.candidates[2].settings.temperature = 1.25;
    made.candidates[2].settings.top_k = 40;
    made.candidates[2].propensity = 0.5;
    const auto offer = *store->add_offer(id, made);
    ASSERT_TRUE(store->choose({{offer, 0, {}, "person", "", {}}, Timestamp{9}}));
    const auto passage =
        *store->choose({{offer, 2, {}, "person", "", {}, "ada", {2, 0}, {}}, Timestamp{12}});
    const auto second = *store->add_offer(id, some_offer(passage, {" D.", " E."}));
    ASSERT_TRUE(store->choose({{second, 1, {}, "score", "", {}}, Timestamp{20}}));
    ASSERT_TRUE(store->choose({{second, std::nullopt, {}, "person", "", {}}, Timestamp{21}}));

    const auto history = store->history("person");

    ASSERT_TRUE(history) << history.error().message;
    ASSERT_EQ(history->size(), 2U);
    const auto& first = history->front();
    EXPECT_EQ(first.story, static_cast<std::int64_t>(id));
    EXPECT_EQ(first.step, 1U);
    EXPECT_EQ(first.picked, 0U);
    ASSERT_EQ(first.shown.size(), 2U);
    EXPECT_EQ(first.shown[0].temperature, 1.25);
    EXPECT_EQ(first.shown[0].top_k, 40);
    EXPECT_EQ(first.shown[0].propensity, 0.5);
    EXPECT_EQ((*history)[1].step, 2U);
    EXPECT_FALSE((*history)[1].picked);
    EXPECT_EQ((*history)[1].shown.size(), 2U);
    EXPECT_EQ(store->history("score")->size(), 1U);
    EXPECT_TRUE(store->history("nobody")->empty());
}

TEST_P(Choices, stories_of_a_source_that_is_here_are_not_added_again) {
    std::vector<Story> stories{random_story(1), random_story(2), random_story(3)};
    stories[0].record.source = "import:a";
    stories[1].record.source = "import:b";
    stories[2].record.source = "import:a";
    const auto ids = store->add_stories(stories);
    ASSERT_TRUE(ids) << ids.error().message;
    EXPECT_TRUE((*ids)[0]);
    EXPECT_TRUE((*ids)[1]);
    EXPECT_FALSE((*ids)[2]);
    EXPECT_EQ(*store->sources(), (std::vector<std::string>{"import:a", "import:b"}));
    const auto copy = store->add_story(stories[1]);
    ASSERT_TRUE(copy) << copy.error().message;
    EXPECT_EQ(store->load(*copy)->record.source, "");
    EXPECT_EQ(renumbered(*store->load(*(*ids)[1])), renumbered(stories[1]));
}

INSTANTIATE_TEST_SUITE_P(Each, Choices, testing::ValuesIn(database_kinds()),
                         [](const auto& kind) { return std::string(name_of(kind.param)); });

}  // namespace
}  // namespace fabula::store
