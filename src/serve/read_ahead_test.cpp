// SPDX-License-Identifier: 0BSD
#include "serve/read_ahead.h"

#include "engine/choose.h"
#include "engine/story_fixture.h"

#include <gtest/gtest.h>

namespace fabula::serve {
namespace {

constexpr const char* script =
    " She let the bucket down. It came up with a key in it.\n---\n"
    " At night there was a voice in it. It counted slowly.\n---\n"
    " The old man laughed. He had never seen it full.";

class Ahead : public engine::StoryFixture {
protected:
    void SetUp() override {
        StoryFixture::SetUp();
        say(script);
        wanted.candidates = 3;
        wanted.settings.temperature = 1;
        wanted.settings.max_new_tokens = 16;
    }

    store::Story offered() {
        auto story = begin_story("The well was dry.", options(1, 16));
        engine::Events nobody({});
        EXPECT_TRUE(engine::offer({*database, *generator, story}, wanted, nobody, {}));
        return story;
    }

    engine::OfferOptions wanted;
};

constexpr auto everybody_reads = [](store::StoryId) { return true; };

TEST_F(Ahead, gives_the_words_that_are_drawn_after_the_pick_and_stores_nothing) {
    auto story = offered();
    ReadAhead ahead(8);
    ahead.begin(story, story.offers[0], {{wanted, "fixed"}, "{}"});
    while (ahead.has_work(everybody_reads))
        ahead.step(*generator, everybody_reads, {});
    EXPECT_EQ(ahead.counts().offers, 3U);
    EXPECT_EQ(database->load(story.record.id).value().offers.size(), 1U);

    engine::Events nobody({});
    ASSERT_TRUE(engine::choose(*database, story, {story.offers[0].id, 1, "person", ""},
                               Timestamp{2000}, nobody));
    const auto plan = engine::plan_offer(story, story.head(), *generator, wanted);
    ASSERT_TRUE(plan);
    const auto early = ahead.take(story.record.id, *plan);
    ASSERT_TRUE(early);
    const auto late = engine::draw(*plan, *generator, {}, {});
    ASSERT_TRUE(late);
    ASSERT_EQ(early->candidates.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(early->candidates[i].text, late->candidates[i].text);
        EXPECT_EQ(early->candidates[i].ids, late->candidates[i].ids);
        EXPECT_EQ(early->candidates[i].trace, late->candidates[i].trace);
    }
    // Each is given once; candidates of the same words are gone on from alike.
    std::size_t n_given = 1;
    while (ahead.take(story.record.id, *plan))
        ++n_given;
    EXPECT_LE(n_given, 3U);
    EXPECT_EQ(ahead.counts().shown, n_given);
}

TEST_F(Ahead, gives_nothing_where_something_else_is_asked_for) {
    auto story = offered();
    ReadAhead ahead(8);
    ahead.begin(story, story.offers[0], {{wanted, "fixed"}, "{}"});
    while (ahead.has_work(everybody_reads))
        ahead.step(*generator, everybody_reads, {});
    engine::Events nobody({});
    ASSERT_TRUE(engine::choose(*database, story, {story.offers[0].id, 0, "person", ""},
                               Timestamp{2000}, nobody));
    auto others = wanted;
    others.settings.temperature = 0.5;
    EXPECT_FALSE(ahead.take(story.record.id,
                            engine::plan_offer(story, story.head(), *generator, others).value()));
    others = wanted;
    others.notes = [] {
        return Result(std::vector<story::Note>{{story::PartKind::memory, "Calm."}});
    };
    EXPECT_FALSE(ahead.take(story.record.id,
                            engine::plan_offer(story, story.head(), *generator, others).value()));
}

TEST_F(Ahead, tells_what_it_drew) {
    const auto story = offered();
    ReadAhead ahead(1);
    ahead.begin(story, story.offers[0], {{wanted, "fixed"}, R"({"candidates":3})"});
    const auto drawn = ahead.step(*generator, everybody_reads, {});
    ASSERT_TRUE(drawn);
    EXPECT_EQ(drawn->story, story.record.id);
    EXPECT_EQ(drawn->offer, story.offers[0].id);
    EXPECT_EQ(drawn->index, 0U);
    EXPECT_EQ(drawn->asked, R"({"candidates":3})");
    EXPECT_EQ(drawn->generated.candidates.size(), 3U);
    EXPECT_FALSE(ahead.step(*generator, everybody_reads, {}));
}

TEST_F(Ahead, goes_on_from_a_candidate_that_came_later_and_keeps_the_others) {
    auto story = offered();
    ReadAhead ahead(8);
    ahead.begin(story, story.offers[0], {{wanted, "fixed"}, "{}"});
    while (ahead.has_work(everybody_reads))
        ahead.step(*generator, everybody_reads, {});
    auto& offer = story.offers[0];
    offer.candidates.push_back(offer.candidates[0]);
    offer.candidates.back().index = 3;
    offer.candidates.back().text = " Then it rained.";
    ahead.grow(story, offer);
    ASSERT_TRUE(ahead.has_work(everybody_reads));
    const auto drawn = ahead.step(*generator, everybody_reads, {});
    ASSERT_TRUE(drawn);
    EXPECT_EQ(drawn->index, 3U);
    EXPECT_EQ(ahead.counts().offers, 4U);
    const auto taken = if_taken(story, offer, 2);
    EXPECT_TRUE(ahead.take(story.record.id,
                           engine::plan_offer(taken, taken.head(), *generator, wanted).value()));
}

TEST_F(Ahead, forgets_what_a_policy_drew_that_learned_anew) {
    const auto story = offered();
    ReadAhead ahead(8);
    ahead.begin(story, story.offers[0], {{wanted, "average"}, "{}"});
    EXPECT_TRUE(ahead.forget_policy("fixed").empty());
    EXPECT_TRUE(ahead.has_work(everybody_reads));
    EXPECT_EQ(ahead.forget_policy("average"), std::vector{story.record.id});
    EXPECT_FALSE(ahead.has_work(everybody_reads));
}

TEST_F(Ahead, is_broken_off_and_begun_again) {
    auto story = offered();
    ReadAhead ahead(1);
    ahead.begin(story, story.offers[0], {{wanted, "fixed"}, "{}"});
    std::stop_source stop;
    stop.request_stop();
    ahead.step(*generator, everybody_reads, stop.get_token());
    EXPECT_EQ(ahead.counts().offers, 0U);
    EXPECT_EQ(ahead.counts().broken_off, 1U);
    EXPECT_TRUE(ahead.has_work(everybody_reads));
    EXPECT_FALSE(ahead.has_work([](store::StoryId) { return false; }));
    ahead.step(*generator, everybody_reads, {});
    EXPECT_EQ(ahead.counts().offers, 1U);
    EXPECT_FALSE(ahead.has_work(everybody_reads));  // one candidate alone
}

}  // namespace
}  // namespace fabula::serve
