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
    const auto made = make_prompt(story, story.head(), 8, Chat::off, *generator);
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
    const auto made = make_prompt(story, story.head(), 8, Chat::off, *generator);
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
    const auto made = make_prompt(story, story.head(), 20, Chat::off, *generator);
    ASSERT_TRUE(made) << made.error().message;
    const auto whole = story.tree.read(story.head()).value();
    ASSERT_GT(whole.size(), 160U);
    const auto text = text_of(*made);
    EXPECT_TRUE(text.starts_with("It was late. Then ") && text.ends_with(" Then oooooo came."))
        << text;
    EXPECT_EQ(made->omitted_bytes, whole.size() - text.size());
}

TEST_F(StoryPromptTest, says_when_the_answer_leaves_no_room) {
    say(" x", 64);
    store::Story story;
    story.tree = story::Tree("It was late.");
    story.passages.push_back(
        {story::PassageId::root, story.tree.at(story::PassageId::root), {}, {}, Timestamp{0}});
    const auto made = make_prompt(story, story::PassageId::root, 60, Chat::off, *generator);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, ErrorCode::invalid_input);
    EXPECT_NE(made.error().message.find("window of model 'scripted' has 64"), std::string::npos)
        << made.error().message;
}

}  // namespace
}  // namespace fabula::engine
