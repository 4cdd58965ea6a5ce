// SPDX-License-Identifier: 0BSD
#include "app/story_text.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace fabula::app {
namespace {

store::Story branched() {
    store::Story story;
    story.record.title = "The well";
    story.tree = story::Tree("The well was dry.");
    const auto left =
        story.tree.add(story::PassageId::root, story::Origin::generated, " She dug.").value();
    const auto right =
        story.tree.add(story::PassageId::root, story::Origin::edited, " She left.").value();
    const auto last = story.tree.add(right, story::Origin::written, "\nRain came.").value();
    for (const auto id : {story::PassageId::root, left, right, last})
        story.passages.push_back({id, story.tree.at(id), {}, {}, Timestamp{0}});
    story.moves.push_back({store::MoveKind::start, story::PassageId::root, Timestamp{0}});
    story.moves.push_back({store::MoveKind::jump, last, Timestamp{0}});
    return story;
}

TEST(StoryText, reads_from_the_opening_to_where_the_story_stands) {
    EXPECT_EQ(story_as_text(branched()), "The well was dry. She left.\nRain came.\n");
    EXPECT_EQ(story_as_markdown(branched()),
              "# The well\n\nThe well was dry. She left.\n\nRain came.\n");
}

TEST(StoryText, draws_branches_below_their_passage_and_marks_the_place) {
    EXPECT_EQ(story_as_tree(branched(), 80),
              "  0   The well was dry.  (opening)\n"
              "    1   She dug.  (generated)\n"
              "    2   She left.  (edited)\n"
              "    3 > Rain came.  (written)\n");
}

TEST(StoryText, draws_no_character_that_turns_the_direction_of_writing) {
    // In two parts, so that no tool takes this file for one that turns its own lines.
    const std::string turns = std::string("\xE2\x80") + "\xAE";
    store::Story story;
    story.tree = story::Tree("a" + turns + "b\nc\x1B[2J");
    story.passages.push_back(
        {story::PassageId::root, story.tree.at(story::PassageId::root), {}, {}, Timestamp{0}});
    story.moves.push_back({store::MoveKind::start, story::PassageId::root, Timestamp{0}});
    const auto drawn = story_as_tree(story, 80);
    EXPECT_EQ(drawn.find(turns), std::string::npos);
    EXPECT_EQ(drawn.find('\x1B'), std::string::npos);
    EXPECT_NE(drawn.find("ab c"), std::string::npos);
}

TEST(StoryText, has_one_line_of_data_for_each_candidate_taken_or_not) {
    auto story = branched();
    store::OfferRecord offer;
    offer.id = store::OfferId{5};
    offer.prompt.push_back({"The well was dry.", {}, "opening", story::PassageId::root, 0});
    for (std::size_t index = 0; index < 2; ++index) {
        store::CandidateRecord candidate;
        candidate.index = index;
        candidate.text = index == 0 ? " She dug." : " She sang.";
        offer.candidates.push_back(candidate);
    }
    story.offers.push_back(offer);
    store::ChoiceRecord choice;
    choice.offer = offer.id;
    choice.index = 0;
    choice.reason = "best";
    story.choices.push_back(choice);
    const auto lines = story_as_jsonl(story);
    EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 2);
    EXPECT_NE(lines.find(R"("text":" She dug.")"), std::string::npos);
    const auto second = lines.substr(lines.find('\n') + 1);
    EXPECT_NE(second.find(R"("picked":false)"), std::string::npos);
    EXPECT_NE(lines.substr(0, lines.find('\n')).find(R"("picked":true)"), std::string::npos);
}

}  // namespace
}  // namespace fabula::app
