// SPDX-License-Identifier: 0BSD
#include "engine/why.h"

#include "engine/choose.h"
#include "engine/story_fixture.h"

#include <cmath>

namespace fabula::engine {
namespace {

constexpr const char* script =
    " She ran home. It rained all night. Then it was still. The sun came up.\n---\n"
    " She sat down. It was dark by then. An owl called. She did not answer.\n---\n"
    " A dog came. It barked at her all day. At last it slept. So did she.\n";

class WhyOfStory : public StoryFixture {
protected:
    void SetUp() override {
        StoryFixture::SetUp();
        say(script);
        auto wanted = options(3, 8);
        wanted.offer.proposer = *preference::learn(preference::Policy::random, {}, {});
        wanted.offer.settings.repetition_penalty = 1.1;
        wanted.offer.settings.bad_words = {"dog"};
        auto begun = begin_story("The well was dry.", wanted, 11);
        ASSERT_TRUE(write({*database, *generator, begun}, wanted, {}, {}));
        story = database->load(begun.record.id).value();
    }

    Result<Why> why_of(const FoundCandidate& found, std::size_t position) {
        return why(found, {position, 10}, [&](const auto&) { return generator.get(); }, {});
    }

    FoundCandidate candidate(std::size_t offer, std::size_t index) const {
        return {&story.offers[offer], &story.offers[offer].candidates[index]};
    }

    std::string refusal(const CandidatePlace& place) const {
        const auto found = find_candidate(story, place);
        EXPECT_FALSE(found);
        return found ? "" : found.error().message;
    }

    store::Story story;
};

TEST_F(WhyOfStory, shows_every_token_with_the_numbers_that_it_was_kept_with) {
    for (const auto& offer : story.offers) {
        for (const auto& each : offer.candidates) {
            for (std::size_t i = 0; i < each.tokens.size(); ++i) {
                const auto shown = why_of({&offer, &each}, i);
                ASSERT_TRUE(shown) << shown.error().message;
                EXPECT_EQ(shown->caution, "");
                EXPECT_TRUE(shown->differences.empty()) << shown->differences.front();
                const auto& kept = each.tokens[i];
                const auto& list = shown->reach.alternatives;
                const auto row = std::find_if(list.begin(), list.end(), [&](const auto& option) {
                    return option.id == kept.id;
                });
                ASSERT_NE(row, list.end());
                EXPECT_NEAR(std::log(row->probability_model), kept.logprob_model, 1e-5);
                EXPECT_NEAR(std::log(row->probability), kept.logprob, 1e-5);
                EXPECT_EQ(row->rank, kept.rank);
            }
        }
    }
}

TEST_F(WhyOfStory, names_what_could_have_stood_there_instead) {
    const auto shown = why_of(candidate(0, 0), 1);
    ASSERT_TRUE(shown);
    ASSERT_EQ(shown->before.size(), 1U);
    EXPECT_EQ(shown->before[0].text, " ");
    std::string reachable;
    for (const auto& option : shown->reach.alternatives) {
        if (option.probability_model > 0) reachable += option.text;
    }
    EXPECT_EQ(reachable, "SA");
}

TEST_F(WhyOfStory, says_what_is_not_as_it_was) {
    auto& token = story.offers[1].candidates[1].tokens[2];
    token.logprob = -1.25F;
    const auto shown = why_of(candidate(1, 1), 2);
    ASSERT_TRUE(shown);
    ASSERT_EQ(shown->differences.size(), 1U);
    EXPECT_TRUE(shown->differences[0].starts_with("logprob was -1.25 and is "))
        << shown->differences[0];
    token.id = 'z';
    const auto other = why_of(candidate(1, 1), 2);
    ASSERT_TRUE(other);
    ASSERT_GE(other->differences.size(), 2U);
    EXPECT_EQ(other->differences[0], "the same settings and seed draw another token here now");
}

TEST_F(WhyOfStory, is_careful_where_the_bits_are_not_promised) {
    story.offers[0].arithmetic = "";
    story.offers[0].backend = "llama";
    story.offers[0].candidates[0].tokens[0].logprob += 0.001F;
    const auto shown = why_of(candidate(0, 0), 0);
    ASSERT_TRUE(shown);
    EXPECT_TRUE(shown->caution.starts_with("backend 'llama' does not promise the same bits"));
    EXPECT_TRUE(shown->differences.empty());
    story.offers[0].arithmetic = "cpu avx512 f16";
    EXPECT_EQ(why_of(candidate(0, 0), 0)->caution,
              "it was computed with 'cpu avx512 f16', and this is 'scripted': the last digits may "
              "differ");
}

TEST_F(WhyOfStory, needs_the_model_that_drew_it) {
    story.offers[0].model_hash = "000590644cd5";
    const auto other = why_of(candidate(0, 0), 0);
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, ErrorCode::not_found);
    EXPECT_TRUE(other.error().message.starts_with(
        "model 'scripted' drew it, and is another file now: its sha256 was 000590644cd5..., "))
        << other.error().message;
    const auto absent = why(candidate(1, 0), {0, 10},
                            [](const auto&) -> Result<model::Generator*> {
                                return Error{ErrorCode::not_found, "no model 'north'"};
                            },
                            {});
    ASSERT_FALSE(absent);
    EXPECT_EQ(absent.error().message, "no model 'north'");
}

TEST_F(WhyOfStory, counts_the_tokens_that_there_are) {
    const auto n = story.offers[0].candidates[0].tokens.size();
    const auto beyond = why_of(candidate(0, 0), n);
    ASSERT_FALSE(beyond);
    EXPECT_EQ(beyond.error().message, "the candidate has no token " + std::to_string(n + 1) +
                                          ", only " + std::to_string(n));
}

TEST_F(WhyOfStory, spells_the_whole_candidate) {
    const auto tokens =
        spell(candidate(1, 1), [&](const auto&) { return generator.get(); }).value();
    std::string text;
    for (const auto& token : tokens)
        text += token.text;
    const auto& kept = story.offers[1].candidates[1];
    EXPECT_EQ(text, kept.text.substr(0, kept.ids_bytes));
    EXPECT_EQ(tokens[2].kept, kept.tokens[2]);
}

TEST_F(WhyOfStory, finds_the_candidate_that_is_meant) {
    const auto& passage = story.passages.back();
    const auto of_head = find_candidate(story, {});
    ASSERT_TRUE(of_head);
    EXPECT_EQ(of_head->offer->id, *passage.offer);
    EXPECT_EQ(of_head->candidate->index, *passage.index);
    EXPECT_EQ(of_head->candidate->text, passage.passage.text);
    const auto other = find_candidate(story, {story::PassageId{1}, {}, 2});
    ASSERT_TRUE(other);
    EXPECT_EQ(other->candidate, &story.offers[0].candidates[2]);
    const auto by_offer = find_candidate(story, {{}, story.offers[1].id, {}});
    ASSERT_TRUE(by_offer);
    EXPECT_EQ(by_offer->candidate->text, story.passages[2].passage.text);
}

TEST_F(WhyOfStory, says_why_no_candidate_is_meant) {
    EXPECT_EQ(refusal({story::PassageId::root, {}, {}}),
              "no model wrote passage 0: it is the opening");
    EXPECT_EQ(refusal({story::PassageId{99}, {}, {}}),
              "this story has no passage 99: `fabula story tree` names them");
    EXPECT_EQ(refusal({{}, store::OfferId{99}, {}}),
              "this story has no offer 99: `fabula story offers` names them");
    EXPECT_EQ(refusal({story::PassageId{1}, {}, 3}),
              "offer " + std::to_string(static_cast<std::int64_t>(story.offers[0].id)) +
                  " has no candidate 4, only 3");
    EXPECT_EQ(refusal({story::PassageId{1}, story.offers[0].id, {}}),
              "name a passage or an offer, not both");
    story.choices.clear();
    EXPECT_TRUE(refusal({{}, story.offers[0].id, {}}).ends_with("name one with --candidate"));
    const auto edited = database->add_passage(story.record.id, story::PassageId{1},
                                              story::Origin::edited, " She hid.", Timestamp{1});
    ASSERT_TRUE(edited);
    story = database->load(story.record.id).value();
    EXPECT_TRUE(refusal({}).ends_with("it is a person's own"));
}

}  // namespace
}  // namespace fabula::engine
