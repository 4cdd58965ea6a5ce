// SPDX-License-Identifier: 0BSD
#include "engine/drawn_text.h"

#include "engine/story_fixture.h"

namespace fabula::engine {
namespace {

/// A story with one passage that was drawn; the scripted model has a token a byte.
class DrawnTextTest : public StoryFixture {
protected:
    void draw(const std::string& script, int max_new_tokens = 8) {
        say(script);
        story = begin_story("It was late.", options(1, max_new_tokens));
        ASSERT_TRUE(write({*database, *generator, story}, options(1, max_new_tokens), {}, {}));
        passage = story.head();
        ASSERT_NE(passage, story::PassageId::root);
        text = story.tree.at(passage).text;
    }
    store::Story story;
    story::PassageId passage{};
    std::string text;
};

TEST_F(DrawnTextTest, any_piece_of_a_drawn_passage_has_its_own_tokens) {
    draw(" She ran home.");
    DrawnText texts(story, *generator);
    for (std::size_t begin = 0; begin < text.size(); ++begin) {
        for (std::size_t end = begin + 1; end <= text.size(); ++end) {
            const auto blocks = texts.blocks({passage, begin}, end);
            ASSERT_EQ(blocks.size(), 1U);
            EXPECT_EQ(blocks[0].text, text.substr(begin, end - begin));
            EXPECT_EQ(blocks[0].ids.size(), end - begin);
            std::string spelled;
            const auto pieces = generator->spell(blocks[0].ids);
            ASSERT_TRUE(pieces);
            for (const auto& piece : *pieces)
                spelled += piece;
            EXPECT_EQ(spelled, blocks[0].text);
            EXPECT_EQ(blocks[0].begin, begin);
            EXPECT_EQ(blocks[0].passage, passage);
            EXPECT_EQ(blocks[0].kind, "story");
        }
    }
}

TEST_F(DrawnTextTest, what_a_person_wrote_is_text_alone) {
    draw(" She ran home.");
    DrawnText texts(story, *generator);
    const auto blocks = texts.blocks({story::PassageId::root, 3}, 6);
    ASSERT_EQ(blocks.size(), 1U);
    EXPECT_EQ(blocks[0].text, "was");
    EXPECT_TRUE(blocks[0].ids.empty());
    EXPECT_EQ(blocks[0].kind, "opening");
    EXPECT_EQ(texts.seam({story::PassageId::root, 5}), 5U);
    EXPECT_EQ(texts.seam({story::PassageId::root, 99}), 12U);
}

TEST_F(DrawnTextTest, seams_are_where_tokens_end) {
    draw(" She ran home.");
    // As if " She" and " ran" had been drawn as one token each.
    auto& candidate = story.offers.front().candidates.front();
    ASSERT_EQ(candidate.tokens.size(), text.size());
    DrawnText whole(story, *generator);
    EXPECT_EQ(whole.seam({passage, 2}), 2U);
    EXPECT_EQ(whole.seam({passage, text.size()}), text.size());
    EXPECT_EQ(whole.seam({passage, text.size() + 9}), text.size());
    candidate.tokens.pop_back();  // a candidate whose ids do not spell its text
    DrawnText odd(story, *generator);
    EXPECT_TRUE(odd.blocks({passage, 0}, text.size()).front().ids.empty());
}

TEST_F(DrawnTextTest, what_a_stop_string_left_of_a_token_stands_behind_the_whole_ones) {
    draw(" She ran home.");
    auto& candidate = story.offers.front().candidates.front();
    for (int i = 0; i < 3; ++i)
        candidate.tokens.pop_back();
    candidate.ids_bytes -= 3;
    DrawnText texts(story, *generator);
    const auto blocks = texts.blocks({passage, 0}, text.size());
    ASSERT_EQ(blocks.size(), 2U);
    EXPECT_EQ(blocks[0].ids.size(), text.size() - 3);
    EXPECT_TRUE(blocks[1].ids.empty());
    EXPECT_EQ(blocks[0].text + blocks[1].text, text);
    EXPECT_EQ(blocks[1].begin, text.size() - 3);
    EXPECT_EQ(texts.seam({passage, text.size() - 1}), text.size() - 1);
}

// The scripted model has a token a byte, so that all but the first of a character end inside it.
TEST_F(DrawnTextTest, seams_are_where_characters_end) {
    draw(" \xE2\x80\x9CHello,\xE2\x80\x9D said she.", 30);
    DrawnText texts(story, *generator);
    ASSERT_FALSE(texts.blocks({passage, 0}, text.size()).front().ids.empty());
    for (std::size_t byte = 0; byte <= text.size(); ++byte) {
        const std::size_t seam = texts.seam({passage, byte});
        EXPECT_GE(seam, byte);
        EXPECT_TRUE(seam == text.size() ||
                    (static_cast<unsigned char>(text[seam]) & 0xC0U) != 0x80U)
            << byte;
    }
}

TEST_F(DrawnTextTest, tokens_of_another_model_mean_nothing) {
    draw(" She ran home.");
    say(" Another model.");
    DrawnText texts(story, *generator);
    EXPECT_TRUE(texts.blocks({passage, 0}, text.size()).front().ids.empty());
}

}  // namespace
}  // namespace fabula::engine
