// SPDX-License-Identifier: 0BSD
#include "engine/prompt.h"

#include "engine/story_fixture.h"

namespace fabula::engine {
namespace {

using StoryPromptTest = StoryFixture;

std::string text_of(const StoryPrompt& made) {
    std::string text;
    for (const auto& block : made.prompt.blocks)
        text += block.text;
    return text;
}

TEST_F(StoryPromptTest, gives_drawn_passages_with_their_tokens) {
    say(" She ran home. It rained. The end came.");
    auto story = begin_story("It was late.", options(2, 8));
    ASSERT_TRUE(write({*database, *generator, story}, options(2, 8), {}, {}));
    const auto made = make_prompt(story, story.head(), {8, Chat::off, {}}, *generator);
    ASSERT_TRUE(made);
    EXPECT_EQ(text_of(*made), story.tree.read(story.head()).value());
    EXPECT_TRUE(made->prompt.blocks.front().ids.empty());
    EXPECT_EQ(made->prompt.blocks.at(1).ids.size(), made->prompt.blocks.at(1).text.size());
    EXPECT_EQ(made->omitted_bytes, 0U);
}

TEST_F(StoryPromptTest, gives_only_text_to_a_model_with_another_vocabulary) {
    say(" She ran home. It rained.");
    auto story = begin_story("It was late.", options(1, 8));
    ASSERT_TRUE(write({*database, *generator, story}, options(1, 8), {}, {}));
    say(" Another model.");
    const auto made = make_prompt(story, story.head(), {8, Chat::off, {}}, *generator);
    ASSERT_TRUE(made);
    for (const auto& block : made->prompt.blocks)
        EXPECT_TRUE(block.ids.empty());
}

TEST_F(StoryPromptTest, keeps_opening_and_newest_text_past_the_window) {
    say(" The end.", 160);
    auto story = begin_story("It was late.", options(1, 20));
    for (char c = 'a'; c < 'p'; ++c) {
        const auto text = std::string(" Then ") + std::string(6, c) + " came.";
        ASSERT_TRUE(database->add_passage(story.record.id, story.head(), story::Origin::written,
                                          text, Timestamp{1}));
        story = database->load(story.record.id).value();
    }
    const auto made = make_prompt(story, story.head(), {20, Chat::off, {}}, *generator);
    ASSERT_TRUE(made) << made.error().message;
    const auto whole = story.tree.read(story.head()).value();
    ASSERT_GT(whole.size(), 160U);
    const auto text = text_of(*made);
    EXPECT_TRUE(text.starts_with("It was late.\n Then ") && text.ends_with(" Then oooooo came."))
        << text;
    EXPECT_EQ(made->omitted_bytes, whole.size() + 1 - text.size());  // a line break
}

TEST_F(StoryPromptTest, says_when_the_answer_leaves_no_room) {
    say(" x", 64);
    store::Story story;
    story.tree = story::Tree("It was late.");
    story.passages.push_back(
        {story::PassageId::root, story.tree.at(story::PassageId::root), {}, {}, Timestamp{0}});
    const auto made = make_prompt(story, story::PassageId::root, {60, Chat::off, {}}, *generator);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, ErrorCode::invalid_input);
    EXPECT_NE(made.error().message.find("window of model 'scripted' has 64"), std::string::npos)
        << made.error().message;
}

std::vector<std::string> kinds_of(const StoryPrompt& made) {
    std::vector<std::string> kinds;
    for (const auto& block : made.blocks)
        kinds.push_back(block.block.kind);
    return kinds;
}

const story::Note one_hand{story::PartKind::memory, "Anna has one hand."};
const story::Note warm_sea{story::PartKind::lore, "The sea is warm."};

TEST_F(StoryPromptTest, puts_notes_on_lines_of_their_own) {
    say(" x");
    const auto story = begin_story(
        "It was late. Nobody came. The rain fell on the roofs of the "
        "town, and the lamps went out, one after another.",
        options(1, 8));
    const auto made =
        make_prompt(story, story.head(), {8, Chat::off, {one_hand, warm_sea}}, *generator);
    ASSERT_TRUE(made);
    EXPECT_EQ(
        text_of(*made),
        "[Anna has one hand.]\nIt was late. Nobody came.\n[The sea is warm.]\n"
        " The rain fell on the roofs of the town, and the lamps went out, one after another.");
    EXPECT_EQ(kinds_of(*made), (std::vector<std::string>{"memory", "opening", "lore", "opening"}));
    EXPECT_EQ(made->blocks[3].block.begin, 25U);
}

TEST_F(StoryPromptTest, has_the_notes_of_each_step_and_remembers_them) {
    say(" She ran home. It rained. The end came. More was said.");
    auto story = begin_story("It was late.", options(3, 8));
    int step = 0;
    auto with_notes = options(3, 8);
    with_notes.offer.notes = [&]() -> Result<std::vector<story::Note>> {
        return std::vector<story::Note>{
            one_hand, {story::PartKind::memory, "It is " + std::to_string(++step) + " o'clock."}};
    };
    ASSERT_TRUE(write({*database, *generator, story}, with_notes, {}, {}));
    const auto again = database->load(story.record.id);
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, story);
    ASSERT_EQ(story.offers.size(), 3U);
    EXPECT_EQ(story.offers[2].prompt[0].text, "[Anna has one hand.]\n");
    EXPECT_EQ(last_notes(story),
              (std::vector<story::Note>{one_hand, {story::PartKind::memory, "It is 3 o'clock."}}));
}

TEST_F(StoryPromptTest, is_the_same_again_after_an_undo) {
    std::string script;
    for (int i = 0; i < 12; ++i)
        script += " She ran home and far away. It rained all day and all night.";
    say(script, 300);
    auto story = begin_story("It was late. Nobody came.", options(12, 20));
    int step = 0;
    auto with_notes = options(12, 20);
    with_notes.offer.notes = [&]() -> Result<std::vector<story::Note>> {
        return std::vector<story::Note>{
            one_hand, {story::PartKind::lore, "It is " + std::to_string(++step) + " o'clock."}};
    };
    ASSERT_TRUE(write({*database, *generator, story}, with_notes, {}, {}));
    ASSERT_GT(story.offers.size(), 5U);
    std::size_t n_hops = 0;
    std::size_t omitted = 0;
    for (std::size_t i = 0; i < story.offers.size(); ++i) {
        const auto& offer = story.offers[i];
        const story::Note lore{story::PartKind::lore,
                               "It is " + std::to_string(i + 1) + " o'clock."};
        const auto made =
            make_prompt(story, offer.parent, {20, Chat::off, {one_hand, lore}}, *generator);
        ASSERT_TRUE(made);
        std::vector<store::PromptBlock> blocks;
        for (const auto& block : made->blocks)
            blocks.push_back(block.block);
        EXPECT_EQ(blocks, offer.prompt) << "offer " << i;
        n_hops += i > 0 && made->omitted_bytes != omitted ? 1 : 0;
        omitted = made->omitted_bytes;
    }
    // Some passages of about 25 tokens go by for each hop of half of some 250.
    EXPECT_GT(n_hops, 0U);
    EXPECT_LT(n_hops, story.offers.size() / 2);
}

TEST_F(StoryPromptTest, a_failure_to_get_the_notes_ends_the_writing_and_loses_nothing) {
    say(" She ran home. It rained.");
    auto story = begin_story("It was late.", options(3, 8));
    int n_asked = 0;
    auto with_notes = options(3, 8);
    with_notes.offer.notes = [&]() -> Result<std::vector<story::Note>> {
        if (++n_asked == 1) return std::vector<story::Note>{one_hand};
        return Error{ErrorCode::not_found, "the file is gone"};
    };
    const auto done = write({*database, *generator, story}, with_notes, {}, {});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().message, "the file is gone");
    EXPECT_EQ(database->load(story.record.id)->tree.size(), 2U);
}

TEST(Notes, are_the_lines_of_a_text_that_have_something_in_them) {
    const auto notes = notes_in("  Anna has one hand. \r\n\n\t\nThe sea is warm.", warm_sea.kind);
    ASSERT_EQ(notes.size(), 2U);
    EXPECT_EQ(notes[0], (story::Note{warm_sea.kind, "Anna has one hand."}));
    EXPECT_EQ(notes[1], warm_sea);
    EXPECT_TRUE(notes_in("", warm_sea.kind).empty());
    EXPECT_TRUE(notes_in("\n", warm_sea.kind).empty());
}

}  // namespace
}  // namespace fabula::engine
