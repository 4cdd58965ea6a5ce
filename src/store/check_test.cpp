// SPDX-License-Identifier: 0BSD
#include "store/check.h"

#include "store/random_story.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <utility>

namespace fabula::store {
namespace {

/// An opening, a passage taken from offer 1, one that was written, and a refusal of offer 2.
Story small_story() {
    Story story;
    story.record.title = "small";
    story.tree = story::Tree("Once.");
    const story::PassageId root = story::PassageId::root;
    const auto first = story::PassageId{1};
    const auto second = story::PassageId{2};
    EXPECT_TRUE(story.tree.add(root, story::Origin::generated, " One.").has_value());
    EXPECT_TRUE(story.tree.add(first, story::Origin::written, " Two.").has_value());
    story.passages = {{root, story.tree.at(root), {}, {}, {}},
                      {first, story.tree.at(first), OfferId{1}, 1, {}},
                      {second, story.tree.at(second), {}, {}, {}}};
    story.offers = {some_offer(root, {" Zero.", " One."}), some_offer(second, {" Three."})};
    story.offers[0].id = OfferId{1};
    story.offers[1].id = OfferId{2};
    story.choices = {{OfferId{1}, 1, first, "score", "", {}},
                     {OfferId{2}, std::nullopt, second, "person", "", {}}};
    story.moves = {{MoveKind::start, root, {}},
                   {MoveKind::choice, first, {}},
                   {MoveKind::edit, second, {}},
                   {MoveKind::undo, first, {}}};
    return story;
}

std::string fault_after(const std::function<void(Story&)>& change) {
    Story story = small_story();
    change(story);
    const auto checked = check_story(story);
    return checked ? "" : checked.error().message;
}

TEST(Check, accepts_a_story_that_fits_together) {
    EXPECT_EQ(fault_after([](Story&) {}), "");
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        const auto checked = check_story(random_story(seed));
        EXPECT_TRUE(checked) << checked.error().message;
    }
}

TEST(Check, names_the_reference_that_finds_nothing) {
    const std::vector<std::pair<std::string, std::function<void(Story&)>>> cases{
        {"passages[2].id", [](Story& s) { s.passages[2].id = story::PassageId{7}; }},
        {"passages[2]: not as", [](Story& s) { s.passages[2].passage.text = "other"; }},
        {"passages[1].offer", [](Story& s) { s.passages[1].offer.reset(); }},
        {"passages[1].offer", [](Story& s) { s.passages[1].index.reset(); }},
        {"passages[1].offer", [](Story& s) { s.passages[1].offer = OfferId{9}; }},
        {"passages[1].index", [](Story& s) { s.passages[1].index = 5; }},
        {"passages[1].text", [](Story& s) { s.passages[1].index = 0; }},
        {"passages[2].offer", [](Story& s) { s.passages[2].offer = OfferId{1}; }},
        {"passages: not those", [](Story& s) { s.passages.pop_back(); }},
        {"offers[1].parent", [](Story& s) { s.offers[1].parent = story::PassageId{8}; }},
        {"offers[1].number", [](Story& s) { s.offers[1].number = 1; }},
        {"offers[1].id", [](Story& s) { s.offers[1].id = OfferId{1}; }},
        {"choices[0].offer", [](Story& s) { s.choices[0].offer = OfferId{4}; }},
        {"choices[0].passage", [](Story& s) { s.choices[0].passage = story::PassageId{2}; }},
        {"choices[0].passage", [](Story& s) { s.choices[0].passage = story::PassageId{9}; }},
        {"choices[1].passage", [](Story& s) { s.choices[1].passage = story::PassageId{1}; }},
        {"passages[1]: taken", [](Story& s) { s.choices.erase(s.choices.begin()); }},
        {"passages[1]: taken", [](Story& s) { s.choices.push_back(s.choices[0]); }},
        {"moves[3].passage", [](Story& s) { s.moves[3].passage = story::PassageId{3}; }},
        {"moves[3].kind", [](Story& s) { s.moves[3].kind = MoveKind::start; }},
        {"moves[0].kind", [](Story& s) { s.moves.erase(s.moves.begin()); }},
        {"moves: there is none", [](Story& s) { s.moves.clear(); }},
    };
    for (const auto& [expected, change] : cases) {
        EXPECT_EQ(fault_after(change).substr(0, expected.size()), expected);
    }
}

TEST(Check, names_the_value_that_cannot_be_kept) {
    const auto nan = std::numeric_limits<double>::quiet_NaN();
    const auto candidate = [](Story& s) -> CandidateRecord& { return s.offers[0].candidates[1]; };
    const std::vector<std::pair<std::string, std::function<void(Story&)>>> cases{
        {"story.title: not UTF-8 at byte 1", [](Story& s) { s.record.title = "a\xff"; }},
        {"story.model: NUL at byte 0", [](Story& s) { s.record.model = std::string(1, '\0'); }},
        {"story.title: 65537 bytes", [](Story& s) { s.record.title.assign(65537, 'x'); }},
        {"offers[0].prompt[1].text", [](Story& s) { s.offers[0].prompt[1].text = "\xc3"; }},
        {"offers[0].prompt[0].kind", [](Story& s) { s.offers[0].prompt[0].kind = "poem"; }},
        {"offers[0].prompt[0].passage",
         [](Story& s) { s.offers[0].prompt[0].passage = story::PassageId{99}; }},
        {"offers[0].prompt[0].begin", [](Story& s) { s.offers[0].prompt[0].begin = 99999; }},
        {"offers[0].prompt_ids: -1", [](Story& s) { s.offers[0].prompt_ids = {-1}; }},
        {"offers[0].candidates[1].text", [&](Story& s) { candidate(s).text += "\x80"; }},
        {"offers[0].candidates[1].ids_bytes", [&](Story& s) { candidate(s).ids_bytes = 6; }},
        {"offers[0].candidates[1].ids_bytes", [&](Story& s) { candidate(s).tokens.clear(); }},
        {"offers[0].candidates[1].index", [&](Story& s) { candidate(s).index = 0; }},
        {"offers[0].candidates[1].tokens: -3", [&](Story& s) { candidate(s).tokens[0].rank = -3; }},
        {"offers[0].candidates[1].tokens: not a number",
         [&](Story& s) { candidate(s).tokens[1].entropy = static_cast<float>(nan); }},
        {"offers[0].candidates[1].bans: -1",
         [&](Story& s) {
             candidate(s).bans = {{0, -1}};
         }},
        {"offers[0].candidates[1].bans: not by",
         [&](Story& s) {
             candidate(s).bans = {{-1, 1}};
         }},
        {"offers[0].candidates[1].bans: not by",
         [&](Story& s) {
             candidate(s).bans = {{1, 1}, {0, 1}};
         }},
        {"offers[0].candidates[1].bans: behind the tokens",
         [&](Story& s) {
             candidate(s).bans = {{3, 1}};
         }},
        {"offers[0].candidates[1].draws", [&](Story& s) { candidate(s).draws = ~0ULL; }},
        {"offers[0].candidates[1].settings: bad_patterns: the pattern '(' is no regular expression",
         [&](Story& s) { candidate(s).settings.bad_patterns = {"("}; }},
        {"offers[0].candidates[1].score", [&](Story& s) { candidate(s).score = nan; }},
        {"offers[0].candidates[1].propensity", [&](Story& s) { candidate(s).propensity = nan; }},
        {"offers[0].candidates[1].settings: top_p",
         [&](Story& s) { candidate(s).settings.top_p = 1.5; }},
        {"offers[0].candidates[1].settings: order",
         [&](Story& s) { candidate(s).settings.order.pop_back(); }},
        {"choices[0].reason", [](Story& s) { s.choices[0].reason = "\xed\xa0\x80"; }},
    };
    for (const auto& [expected, change] : cases) {
        EXPECT_EQ(fault_after(change).substr(0, expected.size()), expected);
    }
}

}  // namespace
}  // namespace fabula::store
