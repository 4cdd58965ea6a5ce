// SPDX-License-Identifier: 0BSD
#include "exchange/import.h"

#include "store/check.h"

#include <gtest/gtest.h>

#include <memory>

namespace fabula::exchange {
namespace {

constexpr Timestamp now{1000};

BuiltStory story_of(const std::string& json, const FieldMap& map = standard_map(Format::json)) {
    const auto value = value_from_json(json);
    EXPECT_TRUE(value) << (value ? "" : value.error().message);
    const auto foreign = story_from(*value, map, 1);
    EXPECT_TRUE(foreign) << (foreign ? "" : foreign.error().message);
    auto story = built(*foreign, now);
    if (!story.story.passages.empty()) {
        const auto sound = store::check_story(story.story);
        EXPECT_TRUE(sound) << (sound ? "" : sound.error().message);
    }
    return story;
}

std::string words_of(const store::Story& story) {
    return *story.tree.read(story.head());
}

ImportReport imported(const std::string& text, ImportOptions options = {}) {
    options.now = now;
    auto report = import_histories(text, options, {});
    EXPECT_TRUE(report) << (report ? "" : report.error().message);
    return report ? *report : ImportReport{};
}

TEST(BuiltStory, has_the_picks_as_passages_and_the_rest_beside_them) {
    const auto built = story_of(R"({"_id":"s","prompt":"Once.","seed":5,"user":"ada","steps":[
        {"step":1,"input":"Once.","created":"2024-01-30T12:40:00Z","seconds":2.5,"reason":"style",
         "candidates":[{"text":"A cat.","settings":{"temperature":0.5,"top_k":20,"typical_p":0.9}},
                       {"text":"A dog.","picked":true,"settings":{"temperature":1.25}}]},
        {"step":2,"candidates":[{"text":"It slept.","picked":true},{"text":"It ran."}]}]})");
    const auto& story = built.story;
    EXPECT_EQ(words_of(story), "Once. A dog. It slept.");
    EXPECT_TRUE(built.skipped.empty());
    ASSERT_EQ(story.offers.size(), 2U);
    const auto& first = story.offers[0].candidates;
    EXPECT_EQ(first[0].text, " A cat.");
    EXPECT_EQ(first[0].settings.temperature, 0.5);
    EXPECT_EQ(first[0].settings.top_k, 20);
    EXPECT_EQ(first[0].settings.typical_p, 0.9);
    EXPECT_EQ(first[1].settings.temperature, 1.25);
    EXPECT_EQ(first[1].settings.top_k, 0);  // not said: off
    EXPECT_EQ(story.offers[0].prompt[0].text, "Once.");
    EXPECT_EQ(story.offers[1].prompt[0].text, "Once. A dog.");
    ASSERT_EQ(story.choices.size(), 2U);
    EXPECT_EQ(story.choices[0].index, 1U);
    EXPECT_EQ(story.choices[0].chooser, "person");
    EXPECT_EQ(story.choices[0].user, "ada");
    EXPECT_EQ(story.choices[0].reason, "style");
    EXPECT_EQ(story.choices[0].seconds, 2.5);
    EXPECT_EQ(story.choices[0].created, Timestamp{1706618400000});
    EXPECT_EQ(story.choices[1].created, now);
    EXPECT_EQ(story.record.seed, 5U);
}

TEST(BuiltStory, a_pick_may_be_a_number_or_the_words_of_the_step) {
    FieldMap map = standard_map(Format::json);
    const std::string head = R"({"prompt":"Once.","steps":[{"picked":)";
    const std::string tail = R"(,"candidates":[{"text":"A."},{"text":"B."}]}]})";
    EXPECT_EQ(words_of(story_of(head + "1" + tail).story), "Once. B.");
    EXPECT_EQ(words_of(story_of(head + "\"A.\"" + tail).story), "Once. A.");
    EXPECT_TRUE(story_of(head + "-1" + tail).story.choices.empty());
    EXPECT_EQ(story_of(head + "2" + tail).skipped.at(0).kind, "unknown pick");
    map.first_index = 1;
    EXPECT_EQ(words_of(story_of(head + "2" + tail, map).story), "Once. B.");
    EXPECT_EQ(story_of(head + "0" + tail, map).skipped.at(0).kind, "unknown pick");
}

TEST(BuiltStory, the_next_input_shows_what_was_taken_changed_or_written) {
    const auto with_next = [](const std::string& pick, const std::string& input) {
        return story_of(R"({"prompt":"Once upon a time.","steps":[{"candidates":[{"text":"A cat."},
            {"text":"A dog.")" +
                        pick + R"(}]},{"input":")" + input +
                        R"(","candidates":[{"text":"End.","picked":true}]}]})");
    };
    const auto taken = with_next("", "Once upon a time. A cat.");
    EXPECT_EQ(words_of(taken.story), "Once upon a time. A cat. End.");
    EXPECT_EQ(taken.story.choices[0].index, 0U);
    const auto changed = with_next(",\"picked\":true", "Once upon a time. A big dog!");
    EXPECT_EQ(words_of(changed.story), "Once upon a time. A big dog! End.");
    EXPECT_EQ(changed.story.passages[1].passage.origin, story::Origin::edited);
    EXPECT_EQ(changed.story.choices[0].index, 1U);
    EXPECT_EQ(changed.n_edited, 1U);
    const auto written = with_next("", "Once upon a time. Nothing was.");
    EXPECT_EQ(words_of(written.story), "Once upon a time. Nothing was. End.");
    EXPECT_EQ(written.story.passages[1].passage.origin, story::Origin::written);
    EXPECT_FALSE(written.story.choices[0].index);
    const auto glued = with_next(",\"picked\":true", "Once upon a time.A dog.");
    EXPECT_EQ(words_of(glued.story), "Once upon a time.A dog. End.");
    const auto other = with_next(",\"picked\":true", "Quite another text.");
    EXPECT_EQ(words_of(other.story), "Once upon a time. A dog. End.");
    EXPECT_EQ(other.n_unmatched, 1U);
}

TEST(BuiltStory, ends_where_nobody_knows_what_was_taken) {
    const auto built = story_of(R"({"prompt":"Once.","steps":[
        {"step":1,"candidates":[{"text":"A."},{"text":"B."}]},
        {"step":2,"candidates":[{"text":"C.","picked":true}]},
        {"step":3,"candidates":[{"text":"D.","picked":true}]}]})");
    EXPECT_EQ(built.story.offers.size(), 1U);
    EXPECT_TRUE(built.story.choices.empty());
    ASSERT_EQ(built.skipped.size(), 2U);
    EXPECT_EQ(built.skipped[0].kind, "no pick before it");
}

TEST(BuiltStory, an_offer_out_of_range_is_left_out_and_the_steps_behind_it_keep_their_numbers) {
    const auto built = story_of(R"({"_id":"s","prompt":"Once.","steps":[
        {"step":1,"candidates":[{"text":"A.","picked":true,"settings":{"temperature":-1}}]},
        {"step":2,"candidates":[{"text":"B.","picked":true}]}]})");
    ASSERT_EQ(built.skipped.size(), 1U);
    EXPECT_EQ(built.skipped[0].place, "story s, step 1");
    EXPECT_NE(built.skipped[0].reason.find("temperature -1"), std::string::npos);
    EXPECT_EQ(words_of(built.story), "Once. A. B.");
    ASSERT_EQ(built.story.offers.size(), 1U);
    EXPECT_EQ(built.story.tree.step(built.story.offers[0].parent) + 1, 2U);
    for (const char* bad : {R"("x")", R"({"$numberDouble":"NaN"})", "[]", "true"}) {
        const auto refused =
            story_of(R"({"prompt":"O.","steps":[{"candidates":[{"text":"A.","settings":{"top_k":)" +
                     std::string(bad) + "}}]}]}");
        ASSERT_EQ(refused.skipped.size(), 1U) << bad;
        EXPECT_NE(refused.skipped[0].reason.find("top_k"), std::string::npos) << bad;
    }
}

TEST(BuiltStory, steps_come_in_the_order_of_their_numbers_and_a_gap_is_told) {
    const auto built = story_of(R"({"prompt":"Once.","steps":[
        {"step":4,"candidates":[{"text":"D.","picked":true}]},
        {"step":2,"candidates":[{"text":"B.","picked":true}]},
        {"step":1,"candidates":[{"text":"A.","picked":true}]}]})");
    EXPECT_EQ(words_of(built.story), "Once. A. B.");
    ASSERT_EQ(built.skipped.size(), 1U);
    EXPECT_EQ(built.skipped[0].kind, "gap");
    EXPECT_NE(built.skipped[0].reason.find("step 3"), std::string::npos);
}

TEST(BuiltStory, several_offers_of_a_step_stand_at_one_passage) {
    const auto built = story_of(R"({"prompt":"Once.","steps":[
        {"step":1,"candidates":[{"text":"A."},{"text":"B."}]},
        {"step":1,"candidates":[{"text":"C.","picked":true,"position":2},{"text":"D.","position":1}]},
        {"step":2,"candidates":[{"text":"E.","picked":true}]}]})");
    EXPECT_EQ(words_of(built.story), "Once. C. E.");
    ASSERT_EQ(built.story.offers.size(), 3U);
    EXPECT_EQ(built.story.offers[1].number, 1U);
    EXPECT_EQ(built.story.choices.size(), 2U);
    EXPECT_EQ(built.story.choices[0].shown, (std::vector<std::size_t>{1, 0}));
}

TEST(Source, says_where_a_story_comes_from) {
    ForeignStory story;
    story.prompt = "Once.";
    EXPECT_EQ(source_of(story, "65b8f0a1c2d3e4f506172801"), "import:65b8f0a1c2d3e4f506172801");
    const std::string numbered = source_of(story, "7");
    EXPECT_TRUE(numbered.starts_with("import:7@")) << numbered;
    const std::string nameless = source_of(story, "");
    story.prompt = "Twice.";
    EXPECT_NE(source_of(story, "7"), numbered);
    EXPECT_NE(source_of(story, ""), nameless);
    EXPECT_LT(source_of(story, std::string(100000, 'x')).size(), 200U);
}

TEST(Import, rows_of_a_story_may_stand_anywhere) {
    const auto report = imported(
        "story,prompt,step,text,picked,temperature\n"
        "a,Once.,1,A.,1,0.5\nb,Twice.,1,C.,1,0.5\na,,1,B.,0,0.7\nb,,1,D.,0,900\na,,2,E.,1,1\n");
    EXPECT_EQ(report.format, Format::csv);
    EXPECT_EQ(report.stories, 1U);
    EXPECT_EQ(report.offers, 2U);
    EXPECT_EQ(report.choices, 2U);
    EXPECT_EQ(report.skipped_by_kind.at("settings"), 1U);
    EXPECT_EQ(report.skipped_by_kind.at("nothing in it"), 1U);
}

TEST(Import, a_whole_story_is_sent_to_the_verb_that_reads_it) {
    const auto refused = import_histories("{\n  \"format\": \"fabula-story\",\n", {}, {});
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("fabula story import"), std::string::npos);
}

TEST(Import, stops_when_it_is_told_to) {
    // On the heap: with -Og and sanitizers GCC 12 takes one on the stack for uninitialised.
    const auto source = std::make_unique<std::stop_source>();
    source->request_stop();
    ImportOptions options;
    options.stop = source->get_token();
    const auto report = imported(
        R"({"prompt":"O.","steps":[{"candidates":[{"text":"A.","picked":true}]}]})", options);
    EXPECT_TRUE(report.was_stopped);
    EXPECT_EQ(report.stories, 0U);
}

TEST(Map, names_what_it_does_not_know) {
    const auto message = [](const char* json) {
        const auto map = map_from_json(json);
        return map ? std::string() : map.error().message;
    };
    EXPECT_NE(message(R"({"promt":"p"})").find("did you mean 'prompt'"), std::string::npos);
    EXPECT_NE(message(R"({"settings":{"temprature":"t"}})").find("temperature"), std::string::npos);
    EXPECT_NE(message(R"({"steps":"s","candidates":"c"})").find("'text'"), std::string::npos);
    EXPECT_NE(message(R"({"text":"t"})").find("'steps' or 'story'"), std::string::npos);
    EXPECT_NE(message(R"({"text":7})").find("path"), std::string::npos);
    EXPECT_NE(message("[]").find("object"), std::string::npos);
    const auto map = map_from_json(R"({"story":["a","b"],"text":"t","settings":"s"})");
    ASSERT_TRUE(map);
    EXPECT_EQ(map->story, (Paths{"a", "b"}));
    EXPECT_EQ(map->settings_object, Paths{"s"});
}

}  // namespace
}  // namespace fabula::exchange
