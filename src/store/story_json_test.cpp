// SPDX-License-Identifier: 0BSD
#include "store/story_json.h"

#include "base/scratch_folder.h"
#include "store/random_story.h"
#include "store/test_files.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>

namespace fabula::store {
namespace {

/// The document with the first `from` in it replaced.
std::string with(std::string document, const std::string& from, const std::string& to) {
    const std::size_t at = document.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return document.replace(at, from.size(), to);
}

std::string refusal_of(const std::string& document) {
    const auto story = story_from_json(document);
    if (story) return "accepted";
    EXPECT_EQ(story.error().code, ErrorCode::invalid_input);
    EXPECT_EQ(story.error().message.find('\n'), std::string::npos);
    return story.error().message;
}

/// An opening, and a passage taken from the one offer.
Story small_story() {
    Story story;
    story.record = {StoryId{3}, "Small", ~std::uint64_t{0}, "stories15M", "", "", Timestamp{1000}};
    story.tree = story::Tree("Once.");
    const auto id = story.tree.add(story::PassageId::root, story::Origin::generated, " She ran.");
    EXPECT_TRUE(id.has_value());
    story.passages = {
        {story::PassageId::root, story.tree.at(story::PassageId::root), {}, {}, Timestamp{1000}},
        {*id, story.tree.at(*id), OfferId{5}, 0, Timestamp{2000}}};
    story.offers = {some_offer(story::PassageId::root, {" She ran."})};
    story.offers[0].id = OfferId{5};
    story.choices = {{OfferId{5}, 0, *id, "score", "best score -1.21 of 1", Timestamp{2000}}};
    story.moves = {{MoveKind::start, story::PassageId::root, Timestamp{1000}},
                   {MoveKind::choice, *id, Timestamp{2000}}};
    return story;
}

TEST(StoryJson, gives_back_every_random_story_bit_for_bit) {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        const Story story = random_story(seed);
        const std::string document = to_json(story);
        const auto back = story_from_json(document);
        ASSERT_TRUE(back) << "seed " << seed << ": " << back.error().message;
        EXPECT_EQ(*back, story) << "seed " << seed;
        EXPECT_EQ(to_json(*back), document);
    }
}

TEST(StoryJson, survives_the_way_through_a_database) {
    const ScratchFolder folder;
    const auto store = open_sqlite(folder.at("x.db"));
    ASSERT_TRUE(store) << store.error().message;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        Story story = random_story(seed);
        const auto first = (*store)->add_story(story);
        ASSERT_TRUE(first) << first.error().message;
        const auto exported = story_from_json(to_json(*(*store)->load(*first)));
        ASSERT_TRUE(exported) << exported.error().message;
        const auto second = (*store)->add_story(*exported);
        ASSERT_TRUE(second) << second.error().message;
        EXPECT_EQ(renumbered(*exported), renumbered(story));
        story.record.source = "";  // the first copy has it
        EXPECT_EQ(renumbered(*(*store)->load(*second)), renumbered(story));
    }
}

TEST(StoryJson, keeps_the_bits_of_every_kind_of_float) {
    Story story = small_story();
    for (const std::uint32_t bits :
         {0x80000000U, 0x00000001U, 0x007FFFFFU, 0x7F7FFFFFU, 0xFF7FFFFFU, 0x7F800000U, 0xFF800000U,
          0x3DCCCCCDU, 0x4B800001U}) {
        story.offers[0].candidates[0].tokens[0].logprob = std::bit_cast<float>(bits);
        const auto back = story_from_json(to_json(story));
        ASSERT_TRUE(back) << back.error().message;
        EXPECT_EQ(std::bit_cast<std::uint32_t>(back->offers[0].candidates[0].tokens[0].logprob),
                  bits);
    }
    for (const double number : {0.1, 1.0 / 3, 5e-324, 1.7976931348623157e308, -0.0,
                                -std::numeric_limits<double>::infinity()}) {
        story.offers[0].candidates[0].score = number;
        const auto back = story_from_json(to_json(story));
        ASSERT_TRUE(back) << back.error().message;
        EXPECT_EQ(std::bit_cast<std::uint64_t>(back->offers[0].candidates[0].score),
                  std::bit_cast<std::uint64_t>(number));
    }
}

TEST(StoryJson, writes_what_people_and_programs_look_for) {
    const std::string document = to_json(small_story());
    EXPECT_EQ(document.find("{\n  \"format\": \"fabula-story\",\n  \"version\": 1,\n"), 0U);
    EXPECT_EQ(document.back(), '\n');
    for (const char* part :
         {"\"seed\": \"18446744073709551615\"", "\"step\": 1,\n", "\"text\": \" She ran.\"",
          "\"head\": 1,\n", "\"logprob_model\": [-0.1,-2.5]",
          "\"prompt_ids\": [1,9038,2501,727,471]", "\"stream\": \"18446744073709551615\"",
          "\"propensity\": null", "\"parent\": null"}) {
        EXPECT_NE(document.find(part), std::string::npos) << part;
    }
}

TEST(StoryJson, the_example_in_its_document_is_what_is_written) {
    const std::string page = bytes_of(FABULA_DOCS "/formats/story.md");
    const std::string fence = "```json\n";
    const std::size_t begin = page.find(fence) + fence.size();
    const std::size_t end = page.find("```\n", begin);
    ASSERT_NE(end, std::string::npos);
    const std::string example = page.substr(begin, end - begin);
    const auto story = story_from_json(example);
    ASSERT_TRUE(story) << story.error().message;
    EXPECT_EQ(to_json(*story), example);
}

TEST(StoryJson, reads_documents_from_before_arithmetic_was_kept) {
    Story story = small_story();
    story.offers[0].arithmetic = "cpu avx512 f16";
    const std::string document = to_json(story);
    EXPECT_EQ(story_from_json(document)->offers[0].arithmetic, "cpu avx512 f16");
    const auto older = story_from_json(with(document, "\"arithmetic\": \"cpu avx512 f16\",", ""));
    ASSERT_TRUE(older) << older.error().message;
    EXPECT_EQ(older->offers[0].arithmetic, "");
    EXPECT_EQ(refusal_of(with(document, "\"cpu avx512 f16\"", "null")),
              "story: offers[0].arithmetic: not a text");
}

TEST(StoryJson, reads_documents_from_before_bans_were_kept) {
    Story story = small_story();
    auto& candidate = story.offers[0].candidates[0];
    candidate.bans = {{0, 5}, {1, 7}};
    candidate.draws = 12;
    const std::string document = to_json(story);
    EXPECT_EQ(story_from_json(document).value(), story);
    const std::string bans =
        "\"bans\": {\n            \"positions\": [0,1],\n            \"ids\": [5,7]\n          },";
    const auto older = story_from_json(with(with(document, bans, ""), "\"draws\": 12,", ""));
    ASSERT_TRUE(older) << older.error().message;
    EXPECT_TRUE(older->offers[0].candidates[0].bans.empty());
    EXPECT_EQ(older->offers[0].candidates[0].draws, 0U);
    EXPECT_EQ(refusal_of(with(document, "\"ids\": [5,7]", "\"ids\": [5]")),
              "story: offers[0].candidates[0].bans: lists of different lengths");
}

TEST(StoryJson, reads_wide_numbers_as_digits_or_as_numbers) {
    const std::string document = to_json(small_story());
    const auto story =
        story_from_json(with(document, "\"18446744073709551615\"", "18446744073709551615"));
    ASSERT_TRUE(story) << story.error().message;
    EXPECT_EQ(story->record.seed, ~std::uint64_t{0});
    EXPECT_EQ(refusal_of(with(document, "\"18446744073709551615\"", "18446744073709551616")),
              "story: story.seed: not a whole number from 0 to 18446744073709551615");
}

TEST(StoryJson, names_the_place_of_what_is_wrong) {
    const std::string good = to_json(small_story());
    const std::vector<std::array<std::string, 3>> cases{
        {"\"fabula-story\"", "\"novel\"", "story: format: not \"fabula-story\""},
        {"\"version\": 1", "\"version\": 2", "story: version: only 1 is known to this fabula"},
        {"\"title\": \"Small\"", "\"title\": 5", "story: story.title: not a text"},
        {"\"title\": \"Small\"", "\"titel\": \"Small\"", "story: story: unknown key 'titel'"},
        {"\"title\": \"Small\",", "", "story: story.title: missing"},
        {"\"title\": \"Small\"", "\"title\": \"a\\u0000b\"", "story: story.title: NUL at byte 1"},
        {"\"head\": 1", "\"head\": 0", "story: head: not the passage of the last move"},
        {"\"head\": 1", "\"head\": -1", "story: head: not a whole number in its range"},
        {"\"parent\": 0", "\"parent\": 9",
         "story: passages[1].parent: 9 is not an earlier passage"},
        {"\"parent\": 0", "\"parent\": 1",
         "story: passages[1].parent: 1 is not an earlier passage"},
        {"\"parent\": null", "\"parent\": 0",
         "story: passages[0].parent: not null, as the opening's must be"},
        {"\"step\": 1", "\"step\": 2", "story: passages[1].step: not 1, as its parents say"},
        {"\"origin\": \"generated\"", "\"origin\": \"written\"",
         "story: passages[1].index: a written passage was no candidate"},
        {"\"text\": \" She ran.\"", "\"text\": \"\"",
         "story: passages[1].text: not that of its candidate"},
        {"\"ids_bytes\": 9", "\"ids_bytes\": 10",
         "story: offers[0].candidates[0].ids_bytes: longer than the text"},
        {"\"rank\": [0,4]", "\"rank\": [0]",
         "story: offers[0].candidates[0].tokens: its lists differ in length"},
        {"\"rank\": [0,4]", "\"rank\": [0,4.5]",
         "story: offers[0].candidates[0].tokens.rank: not a whole number in its range"},
        {"\"rank\": [0,4]", "\"rank\": 4",
         "story: offers[0].candidates[0].tokens.rank: not a list"},
        {"\"entropy\": [1.5", "\"entropy\": [1e39",
         "story: offers[0].candidates[0].tokens.entropy: beyond 32-bit floats"},
        {"\"score\": -1.21", "\"score\": \"nan\"",
         "story: offers[0].candidates[0].score: not a number"},
        {"\"top_p\": 1.0", "\"top_p\": 1.5",
         "story: offers[0].candidates[0].settings: top_p 1.5 is out of range: greater than 0, at "
         "most 1"},
        {"\"shown\": []", "\"shown\": [9]",
         "story: choices[0].shown: the choice, 0, is not among them"},
        {"\"shown\": []", "\"shown\": [0,0]", "story: choices[0].shown: 0 comes twice"},
        {"\"shown\": []", "\"shown\": [0,9]",
         "story: choices[0].index: offer 5 has no candidate 9"},
        {"\"seconds\": null", "\"seconds\": -1",
         "story: choices[0].seconds: not a time that passed"},
        {"\"kind\": \"choice\"", "\"kind\": \"leap\"",
         "story: moves[1].kind: move kind 'leap' is none of start, choice, undo, jump, edit"},
    };
    for (const auto& [from, to, expected] : cases) {
        EXPECT_EQ(refusal_of(with(good, from, to)), expected);
    }
    EXPECT_EQ(refusal_of("[]"), "story: format: not \"fabula-story\"");
    EXPECT_EQ(refusal_of(""), "story: not JSON at byte 1");
    EXPECT_EQ(refusal_of(R"({"format":"fabula-story","format":"x"})"),
              "story: key 'format' comes twice in one object");
}

TEST(StoryJson, every_prefix_and_every_broken_byte_is_refused_or_read_but_never_worse) {
    const std::string good = to_json(small_story());
    for (std::size_t size = 0; size + 1 < good.size(); ++size) {
        EXPECT_FALSE(story_from_json(good.substr(0, size)));
    }
    for (std::size_t i = 0; i < good.size(); ++i) {
        for (const char c : {'\0', '\xff', '"', '9', '{', '\n'}) {
            std::string broken = good;
            broken[i] = c;
            if (const auto story = story_from_json(broken)) {
                EXPECT_EQ(*story_from_json(to_json(*story)), *story);
            }
        }
    }
}

TEST(StoryJson, more_values_than_a_story_has_are_refused_before_they_are_built) {
    std::string many = R"({"format":"fabula-story","moves":[1)";
    for (int i = 0; i < 10'000'000; ++i)
        many += ",1";
    EXPECT_EQ(refusal_of(many + "]}"), "story: more than 10000000 values");
}

TEST(StoryJson, times_beyond_the_calendar_are_refused) {
    auto story = random_story(1);
    story.moves.back().created = Timestamp{253'402'300'800'000};
    EXPECT_NE(refusal_of(to_json(story)).find("not a time before the year 10000"),
              std::string::npos);
}

TEST(StoryJson, deep_nesting_is_refused_before_it_costs_anything) {
    for (const std::string bracket : {"[", "{\"a\":"}) {
        std::string deep;
        for (int i = 0; i < 1'000'000; ++i)
            deep += bracket;
        EXPECT_EQ(refusal_of(deep), "story: nested deeper than 12");
    }
}

}  // namespace
}  // namespace fabula::store
