// SPDX-License-Identifier: 0BSD
#include "engine/write.h"

#include "engine/choose.h"
#include "engine/story_fixture.h"

#include <algorithm>
#include <limits>
#include <set>

namespace fabula::engine {
namespace {

constexpr const char* three_ways =
    " She ran home. It rained all night long.\n---\n She sat down. It was quite dark by "
    "then.\n---\n"
    " A dog came. It barked at her all day.\n";

using Write = StoryFixture;

TEST_F(Write, goes_step_by_step_until_the_model_ends_the_story) {
    say(three_ways);
    auto story = begin_story("The well was dry.", options(5, 8));
    const auto done = write({*database, *generator, story}, options(5, 8),
                            [&](const Event& event) { events.push_back(event); }, {});
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->finish, Finish::end_of_text);
    const std::set<std::string> endings{
        "The well was dry. She ran home. It rained all night long.",
        "The well was dry. She sat down. It was quite dark by then.",
        "The well was dry. A dog came. It barked at her all day."};
    EXPECT_TRUE(endings.contains(done->text)) << done->text;
    const auto kept = database->load(story.record.id).value();
    EXPECT_EQ(kept.tree.read(kept.head()).value(), done->text);
    EXPECT_EQ(kept, story);
}

TEST_F(Write, numbers_its_eventsand_tells_of_a_choice_after_its_candidates) {
    say(three_ways);
    auto story = begin_story("The well was dry.", options(1, 8));
    ASSERT_TRUE(write({*database, *generator, story}, options(1, 8),
                      [&](const Event& event) {
                          if (std::holds_alternative<ChoiceMade>(event.body)) {
                              // What is told is already kept: a second reader sees it.
                              const auto other =
                                  store::open_sqlite((folder / "story.db").string()).value();
                              EXPECT_EQ(other->load(story.record.id)->choices.size(), 1U);
                          }
                          events.push_back(event);
                      },
                      {}));
    for (std::size_t i = 0; i < events.size(); ++i)
        EXPECT_EQ(events[i].sequence, i + 1);
    ASSERT_GE(events.size(), 7U);
    EXPECT_TRUE(std::holds_alternative<StoryBegan>(events.front().body));
    EXPECT_TRUE(std::holds_alternative<WritingDone>(events.back().body));
    EXPECT_TRUE(std::holds_alternative<ChoiceMade>(events[events.size() - 2].body));
    const auto n_candidates = std::count_if(events.begin(), events.end(), [](const Event& event) {
        return std::holds_alternative<CandidateWritten>(event.body);
    });
    EXPECT_EQ(n_candidates, 3);
}

TEST_F(Write, keeps_every_candidate_with_what_made_it) {
    say(three_ways);
    auto wanted = options(2, 8);
    wanted.offer.proposer = *preference::learn(preference::Policy::random, {}, {});
    auto story = begin_story("The well was dry.", wanted);
    ASSERT_TRUE(write({*database, *generator, story}, wanted, {}, {}));
    const auto kept = database->load(story.record.id).value();
    ASSERT_EQ(kept.offers.size(), 2U);
    for (const auto& offer : kept.offers) {
        EXPECT_EQ(offer.candidates.size(), 3U);
        EXPECT_EQ(offer.backend, "scripted");
        EXPECT_EQ(offer.arithmetic, "scripted");
        EXPECT_EQ(offer.model_hash.size(), 64U);
        for (const auto& candidate : offer.candidates) {
            EXPECT_EQ(candidate.policy, "random");
            EXPECT_TRUE(candidate.propensity.has_value());
            EXPECT_EQ(candidate.tokens.size(), candidate.text.size());
            EXPECT_EQ(candidate.stream,
                      candidate_stream(kept, offer.parent, offer.number, candidate.index)
                          .child(0)
                          .name());
        }
    }
    std::string prompt;
    for (const auto& block : kept.offers[1].prompt)
        prompt += block.text;
    EXPECT_EQ(prompt, kept.tree.read(kept.offers[1].parent).value());
    EXPECT_EQ(kept.offers[1].prompt[1].ids.size(), kept.offers[1].prompt[1].text.size());
}

TEST_F(Write, writes_the_same_words_from_the_same_seed_and_others_from_another) {
    say(three_ways);
    std::set<std::string> texts;
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
        auto first = begin_story("The well was dry.", options(3, 8), seed);
        auto second = begin_story("The well was dry.", options(3, 8), seed);
        const auto one = write({*database, *generator, first}, options(3, 8), {}, {});
        const auto two = write({*database, *generator, second}, options(3, 8), {}, {});
        ASSERT_TRUE(one && two);
        EXPECT_EQ(one->text, two->text);
        texts.insert(one->text);
    }
    EXPECT_GT(texts.size(), 1U);
}

TEST_F(Write, another_offer_at_the_same_place_draws_other_numbers) {
    say(three_ways);
    auto story = begin_story("The well was dry.", options(1, 8));
    Events quiet({});
    std::set<std::string> texts;
    std::set<std::uint64_t> streams;
    for (std::size_t number = 0; number < 6; ++number) {
        ASSERT_TRUE(offer({*database, *generator, story}, options(1, 8).offer, quiet, {}));
        EXPECT_EQ(story.offers.back().number, number);
        for (const auto& candidate : story.offers.back().candidates) {
            texts.insert(candidate.text);
            streams.insert(candidate.stream);
        }
    }
    EXPECT_EQ(streams.size(), 18U);
    EXPECT_EQ(texts.size(), 3U);
}

TEST_F(Write, continues_where_the_story_stands_after_undo) {
    say(three_ways);
    auto story = begin_story("The well was dry.", options(1, 8));
    ASSERT_TRUE(write({*database, *generator, story}, options(1, 8), {}, {}));
    const auto first = story.head();
    ASSERT_TRUE(database->move(story.record.id, store::MoveKind::undo, story::PassageId::root,
                               Timestamp{2000}));
    auto again = database->load(story.record.id).value();
    ASSERT_TRUE(write({*database, *generator, again}, options(1, 8), {}, {}));
    EXPECT_NE(again.head(), first);
    EXPECT_EQ(again.tree.at(again.head()).parent, story::PassageId::root);
    EXPECT_TRUE(again.tree.has(first));
}

TEST_F(Write, an_undo_by_somebody_else_holds_against_a_choice_made_meanwhile) {
    say(three_ways);
    auto story = begin_story("The well was dry.", options(2, 8));
    const auto done = write({*database, *generator, story}, options(2, 8),
                            [&](const Event& event) {
                                const auto* made = std::get_if<ChoiceMade>(&event.body);
                                if (made == nullptr || made->step != 1) return;
                                const auto other =
                                    store::open_sqlite((folder / "story.db").string()).value();
                                ASSERT_TRUE(other->move(story.record.id, store::MoveKind::undo,
                                                        story::PassageId::root, Timestamp{2000}));
                            },
                            {});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::conflict);
    EXPECT_NE(done.error().message.find("was moved by somebody else"), std::string::npos)
        << done.error().message;
    const auto kept = database->load(story.record.id).value();
    EXPECT_EQ(kept.head(), story::PassageId::root);
    EXPECT_EQ(kept.offers.size(), 2U);  // what was drawn for the second step is not lost
    EXPECT_EQ(kept.choices.size(), 1U);
}

TEST_F(Write, a_stop_keeps_the_partial_candidates_and_is_no_error) {
    say(three_ways);
    auto story = begin_story("The well was dry.", options(3, 8));
    std::stop_source stop;
    int n_texts = 0;
    const auto done = write(
        {*database, *generator, story}, options(3, 8),
        [&](const Event& event) {
            if (std::holds_alternative<TextDrawn>(event.body) && ++n_texts == 9)
                stop.request_stop();
        },
        stop.get_token());
    ASSERT_TRUE(done);
    EXPECT_EQ(done->finish, Finish::stopped);
    const auto kept = database->load(story.record.id).value();
    ASSERT_EQ(kept.offers.size(), 1U);
    EXPECT_EQ(kept.choices.size(), 0U);
    EXPECT_EQ(kept.offers[0].candidates[0].ending, "stopped");
    EXPECT_EQ(kept.offers[0].candidates[0].text.size(), 3U);
}

TEST_F(Write, takes_up_an_offer_that_nobody_decided_on_and_becomes_what_it_would_have_been) {
    say(three_ways);
    auto whole = begin_story("The well was dry.", options(2, 8), 7);
    ASSERT_TRUE(write({*database, *generator, whole}, options(2, 8), {}, {}));

    auto cut = begin_story("The well was dry.", options(2, 8), 7);
    Events nobody({});
    ASSERT_TRUE(offer({*database, *generator, cut}, options(2, 8).offer, nobody, {}));
    auto again = database->load(cut.record.id).value();
    ASSERT_TRUE(open_offer(again));
    auto wanted = options(2, 8);
    wanted.takes_up_offers = true;
    ASSERT_TRUE(write({*database, *generator, again}, wanted, {}, {}));
    EXPECT_EQ(again.offers.size(), 2U);
    EXPECT_FALSE(open_offer(again));
    EXPECT_EQ(again.tree, whole.tree);
    EXPECT_EQ(again.choices[0].reason, whole.choices[0].reason);
}

TEST_F(Write, a_stopped_offer_is_not_taken_up) {
    say(three_ways);
    auto story = begin_story("The well was dry.", options(1, 8));
    std::stop_source stop;
    stop.request_stop();
    Events nobody({});
    ASSERT_TRUE(
        offer({*database, *generator, story}, options(1, 8).offer, nobody, stop.get_token()));
    EXPECT_FALSE(open_offer(story));
}

TEST_F(Write, refuses_an_opening_that_is_empty_broken_or_too_long) {
    say(three_ways, 100);
    const auto refusal = [&](const std::string& opening) {
        return begin(*database, *generator, {}, opening, options(1, 8)).error();
    };
    EXPECT_EQ(refusal("  \n").code, ErrorCode::invalid_input);
    EXPECT_EQ(refusal("ab\xFF").message, "the prompt is not UTF-8 at byte 2");
    const auto error = refusal(std::string(90, 'x'));
    EXPECT_EQ(error.code, ErrorCode::invalid_input);
    EXPECT_NE(error.message.find("takes 90 tokens"), std::string::npos) << error.message;
    EXPECT_EQ(database->list().value().size(), 0U);
}

TEST_F(Write, ends_without_words_when_no_candidate_has_any) {
    say(" x\n---\n x");
    auto wanted = options(3, 8);
    wanted.offer.settings.logit_bias[' '] = -100;
    auto story = begin_story("The well was dry.", wanted);
    const auto done = write({*database, *generator, story}, wanted, {}, {});
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->finish, Finish::no_words);
    EXPECT_EQ(done->text, "The well was dry.");
}

TEST(Best, is_the_highest_score_and_the_lower_index_on_a_tie) {
    Offered offered;
    offered.scores = {{-1, 0, -1}, {-0.5, 0, -0.5}, {-0.5, 0, -0.5}};
    offered.endings.assign(3, model::Ending::budget);
    EXPECT_EQ(best(offered), 1U);
    offered.endings[1] = offered.endings[2] = model::Ending::connection_lost;
    EXPECT_EQ(best(offered), 0U);  // what broke off is taken only where there is nothing else
    offered.endings[0] = model::Ending::connection_lost;
    EXPECT_EQ(best(offered), 1U);
    offered.scores = {{0, 0, -std::numeric_limits<double>::infinity()}};
    EXPECT_EQ(best(offered), std::nullopt);
}

}  // namespace
}  // namespace fabula::engine
