// SPDX-License-Identifier: 0BSD
#include "engine/replay.h"

#include "engine/story_fixture.h"

#include <cmath>
#include <limits>

namespace fabula::engine {
namespace {

constexpr const char* script =
    " She ran home. It rained all night. Then it was still. The sun came up.\n---\n"
    " She sat down. It was dark by then. An owl called. She did not answer.\n---\n"
    " A dog came. It barked at her all day. At last it slept. So did she.\n---\n"
    " A door fell shut. Nobody was there. She laughed. Somebody else did, too.\n";

class Replay : public StoryFixture {
protected:
    void SetUp() override {
        StoryFixture::SetUp();
        say(script);
    }

    // Four steps of `n` candidates, with every setting drawn and most kinds of ending.
    store::Story written(std::size_t n) {
        auto wanted = options(4, 8);
        wanted.offer.candidates = n;
        wanted.offer.proposer = *preference::learn(preference::Policy::random, {}, {});
        wanted.offer.settings.repetition_penalty = 1.1;
        wanted.offer.settings.bad_words = {"night"};
        wanted.offer.settings.stop = {"barked"};
        auto story = begin_story("The well was dry.", wanted, 11);
        EXPECT_TRUE(write({*database, *generator, story}, wanted, {}, {}));
        return database->load(story.record.id).value();
    }

    Replayed replayed(const store::Story& story, std::size_t group = 0) {
        auto done = replay(story, [&](const auto&) { return generator.get(); }, {group, {}}, {});
        EXPECT_TRUE(done) << done.error().message;
        return done ? *std::move(done) : Replayed{};
    }

    // The story is drawn again, and only candidate 1 of its second offer differs.
    void expect_one(const store::Story& story, std::size_t position, const std::string& what) {
        const auto done = replayed(story);
        ASSERT_EQ(done.differing.size(), 1U) << what;
        EXPECT_EQ(done.equal, done.candidates - 1) << what;
        EXPECT_EQ(done.differing[0].offer, story.offers[1].id);
        EXPECT_EQ(done.differing[0].step, 2U);
        EXPECT_EQ(done.differing[0].index, 1U);
        EXPECT_EQ(done.differing[0].position, position) << what;
        EXPECT_EQ(done.differing[0].what, what);
    }
};

TEST_F(Replay, finds_every_candidate_equal_alone_and_in_any_company) {
    for (const std::size_t n : {1U, 3U, 8U}) {
        const auto story = written(n);
        for (const std::size_t group : {0U, 1U, 3U, 8U}) {
            const auto done = replayed(story, group);
            EXPECT_EQ(done.candidates, story.offers.size() * n);
            EXPECT_EQ(done.equal, done.candidates) << n << " in groups of " << group;
            EXPECT_TRUE(done.differing.empty() && done.other.empty() && done.not_promised.empty());
            EXPECT_FALSE(done.was_stopped);
        }
    }
}

TEST_F(Replay, finds_equal_what_was_taken_back_and_drawn_again) {
    auto wanted = options(4, 8);
    wanted.offer.candidates = 4;
    wanted.offer.settings.bad_words = {"she ran", "A DOG came", "it was"};
    wanted.offer.settings.bad_patterns = {"s[at]\\w+ d", "[Nn]obody"};
    auto story = begin_story("The well was dry.", wanted, 5);
    ASSERT_TRUE(write({*database, *generator, story}, wanted, {}, {}));
    story = database->load(story.record.id).value();
    std::size_t n_bans = 0;
    for (const auto& offer : story.offers) {
        for (const auto& candidate : offer.candidates)
            n_bans += candidate.bans.size();
    }
    EXPECT_GT(n_bans, 4U);
    for (const std::size_t group : {0U, 1U, 3U}) {
        const auto done = replayed(story, group);
        EXPECT_EQ(done.equal, done.candidates) << "in groups of " << group;
    }
    const auto banned = [&](auto& change) {
        for (auto& offer : story.offers) {
            for (auto& candidate : offer.candidates) {
                if (candidate.bans.empty()) continue;
                auto altered = story;
                auto& mine = altered.offers[static_cast<std::size_t>(&offer - story.offers.data())]
                                 .candidates[candidate.index];
                change(mine);
                return replayed(altered);
            }
        }
        return Replayed{};
    };
    for (const auto& change : std::vector<std::function<void(store::CandidateRecord&)>>{
             [](auto& c) { c.bans.pop_back(); }, [](auto& c) { c.bans[0].id += 1; }}) {
        const auto done = banned(change);
        ASSERT_EQ(done.differing.size(), 1U);
        EXPECT_EQ(done.differing[0].what, "bans");
    }
}

TEST_F(Replay, draws_a_story_again_that_went_through_another_database_and_other_objects) {
    const auto story = written(3);
    const auto elsewhere = store::open_sqlite((folder / "other.db").string()).value();
    const auto moved = elsewhere->load(elsewhere->add_story(story).value()).value();
    say(script);
    EXPECT_EQ(replayed(moved).equal, 3 * moved.offers.size());
}

TEST_F(Replay, reports_one_altered_token_and_nothing_else) {
    const auto story = written(3);
    auto altered = story;
    auto& candidate = altered.offers[1].candidates[1];
    ASSERT_GT(candidate.tokens.size(), 5U);
    candidate.tokens[5].id += 1;
    expect_one(altered, 5, "token");
    const auto kept = altered.offers[1].candidates[1].tokens[5].id;
    EXPECT_EQ(replayed(altered).differing[0].kept, std::to_string(kept));
    EXPECT_EQ(replayed(altered).differing[0].drawn, std::to_string(kept - 1));
}

TEST_F(Replay, reports_a_single_bit_of_every_number_and_what_else_was_kept) {
    const auto story = written(3);
    const auto with = [&](const auto& change) {
        auto altered = story;
        change(altered.offers[1].candidates[1]);
        return altered;
    };
    const auto next = [](float& number) {
        number = std::nextafter(number, -std::numeric_limits<float>::infinity());
    };
    const std::size_t n = story.offers[1].candidates[1].tokens.size();
    expect_one(with([&](auto& c) { next(c.tokens[2].logprob_model); }), 2, "logprob_model");
    expect_one(with([&](auto& c) { next(c.tokens[0].logprob); }), 0, "logprob");
    expect_one(with([&](auto& c) { next(c.tokens[n - 1].entropy); }), n - 1, "entropy");
    expect_one(with([&](auto& c) { c.tokens[1].rank += 1; }), 1, "rank");
    expect_one(with([&](auto& c) { c.tokens.pop_back(); }), n - 1, "length");
    expect_one(with([&](auto& c) { c.ending = "window"; }), n, "ending");
    expect_one(with([&](auto& c) {
                   c.bans.push_back({static_cast<std::int32_t>(n), 7});
               }),
               n, "bans");
    expect_one(with([&](auto& c) { c.draws += 1; }), n, "draws");
    expect_one(with([&](auto& c) { c.text += "!"; }), n, "text");
}

TEST_F(Replay, reports_a_record_that_the_model_refuses_and_goes_on) {
    auto altered = written(3);
    altered.offers[1].candidates[1].settings.logit_bias[999] = 1;
    const auto done = replayed(altered, 1);
    EXPECT_EQ(done.equal, done.candidates - 1);
    ASSERT_EQ(done.differing.size(), 1U);
    EXPECT_EQ(done.differing[0].what, "record");
    EXPECT_NE(done.differing[0].drawn.find("has no token 999"), std::string::npos);
}

TEST_F(Replay, holds_a_stopped_candidate_to_the_tokens_that_it_has) {
    auto wanted = options(3, 8);
    auto story = begin_story("The well was dry.", wanted);
    std::stop_source stop;
    int n_texts = 0;
    ASSERT_TRUE(write(
        {*database, *generator, story}, wanted,
        [&](const Event& event) {
            if (std::holds_alternative<TextDrawn>(event.body) && ++n_texts == 9)
                stop.request_stop();
        },
        stop.get_token()));
    auto& candidate = story.offers[0].candidates[0];
    ASSERT_EQ(candidate.ending, "stopped");
    ASSERT_EQ(candidate.tokens.size(), 3U);
    EXPECT_EQ(replayed(story).equal, 3U);
    candidate.tokens[2].id += 1;
    EXPECT_EQ(replayed(story).differing.at(0).position, 2U);
    candidate.tokens[2].id -= 1;
    candidate.draws = 0;  // as in records from before they were kept
    EXPECT_EQ(replayed(story).equal, 3U);
    candidate.tokens.clear();  // stopped before its first token
    EXPECT_EQ(replayed(story).equal, 3U);
}

TEST_F(Replay, names_what_cannot_be_compared_and_draws_the_rest) {
    auto story = written(2);
    ASSERT_GE(story.offers.size(), 3U);
    story.offers[0].arithmetic = "";
    story.offers[0].backend = "llama";
    story.offers[1].arithmetic = "cpu avx512 f16";
    story.offers[2].model_hash = "000590644cd5";
    const auto done = replayed(story);
    EXPECT_EQ(done.candidates, 2 * story.offers.size());
    EXPECT_EQ(done.equal, done.candidates - 6);
    ASSERT_EQ(done.not_promised.size(), 1U);
    EXPECT_EQ(done.not_promised[0].reason, "backend 'llama' does not promise the same bits");
    EXPECT_EQ(done.not_promised[0].n_candidates, 2U);
    EXPECT_EQ(count(done.other), 4U);
    ASSERT_EQ(done.other.size(), 2U);
    EXPECT_NE(done.other[0].reason.find("its sha256 was 000590644cd5..., that of 'scripted' is "),
              std::string::npos)
        << done.other[0].reason;
    EXPECT_EQ(done.other[1].reason,
              "they were computed with 'cpu avx512 f16', and this is 'scripted'");
}

TEST_F(Replay, counts_what_no_model_is_there_for) {
    const auto story = written(2);
    const auto done = replay(story,
                             [](const auto&) -> Result<model::Generator*> {
                                 return Error{ErrorCode::not_found, "no model 'north'"};
                             },
                             {}, {});
    ASSERT_TRUE(done);
    ASSERT_EQ(done->other.size(), 1U);
    EXPECT_EQ(done->other[0].reason, "no model 'north'");
    EXPECT_EQ(done->other[0].n_candidates, done->candidates);
}

TEST_F(Replay, keeps_the_counts_so_far_when_it_is_stopped) {
    const auto story = written(3);
    std::stop_source stop;
    std::size_t seen = 0;
    const auto done = replay(
        story, [&](const auto&) { return generator.get(); },
        {1,
         [&](std::size_t n_done) {
             seen = n_done;
             if (n_done == 4) stop.request_stop();
         }},
        stop.get_token());
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_TRUE(done->was_stopped);
    EXPECT_EQ(seen, 4U);
    EXPECT_EQ(done->equal, 4U);
    EXPECT_EQ(done->candidates, 3 * story.offers.size());
}

}  // namespace
}  // namespace fabula::engine
