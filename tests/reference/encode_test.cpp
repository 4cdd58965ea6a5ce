// SPDX-License-Identifier: 0BSD
// Text to tokens and back through llama.cpp's tokenizers.
#include "reference/model_files.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace fabula::reference {
namespace {

using model::Place;

class Encode : public testing::Test {
protected:
    std::string spelt(const std::vector<TokenId>& tokens) const {
        std::string text;
        for (const TokenId token : tokens)
            text += model->piece(token);
        return text;
    }
    std::vector<TokenId> tokens(const std::string& text, Place place) const {
        const auto encoded = model->encode(text, place);
        EXPECT_TRUE(encoded) << encoded.error().message;
        return *encoded;
    }

    Folder folder;
    std::unique_ptr<model::Model> model = [this] {
        auto loaded = model::load_llama(import_made(folder, {.n_vocab = 345}, 4), exact());
        EXPECT_TRUE(loaded) << loaded.error().message;
        return std::move(loaded).value();
    }();
};

const std::vector<std::string> texts = {"the hen",
                                        " the hen",
                                        "  two spaces",
                                        "end ",
                                        "\n",
                                        "\n\nnew\n",
                                        "a\tb",
                                        "caf\xC3\xA9",
                                        "\xE2\x80\x9Cquoted\xE2\x80\x9D",
                                        "\xF0\x9F\x90\xBA wolf",
                                        std::string("nul\0byte", 8),
                                        "\x01",
                                        "x",
                                        "<s>",
                                        "</s> is typed",
                                        "<0x41>",
                                        "\xE2\x96\x81"};

TEST_F(Encode, starts_with_the_start_token_and_the_space_that_the_model_expects) {
    const auto encoded = tokens("the hen", Place::start);
    ASSERT_FALSE(encoded.empty());
    EXPECT_EQ(encoded.front(), 1);
    EXPECT_EQ(spelt(encoded), " the hen");
    EXPECT_EQ(tokens("", Place::start), std::vector<TokenId>{1});
}

TEST_F(Encode, adds_nothing_inside) {
    for (const std::string& text : texts) {
        if (text == "\xE2\x96\x81") continue;  // the mark of a space is a space to the tokenizer
        const auto encoded = tokens(text, Place::inside);
        EXPECT_EQ(spelt(encoded), text);
        EXPECT_TRUE(std::ranges::find(encoded, 1) == encoded.end()) << text;
    }
    EXPECT_TRUE(tokens("", Place::inside).empty());
}

TEST_F(Encode, joins_pieces_of_text_to_the_same_bytes) {
    auto joined = tokens("once the hen", Place::start);
    const auto more = tokens(" and the wolf", Place::inside);
    joined.insert(joined.end(), more.begin(), more.end());
    EXPECT_EQ(spelt(joined), " once the hen and the wolf");
}

TEST_F(Encode, takes_control_tokens_for_text_unless_it_is_markup) {
    for (const TokenId token : tokens("<s>a</s>", Place::start)) {
        EXPECT_NE(token, 2);
    }
    EXPECT_EQ(spelt(tokens("<s>a</s>", Place::inside)), "<s>a</s>");
    const auto markup = tokens("a</s>", Place::markup);
    EXPECT_EQ(markup.front(), 1);
    EXPECT_EQ(markup.back(), 2);
}

TEST_F(Encode, knows_what_ends_a_text_and_what_is_no_text) {
    EXPECT_TRUE(model->is_end(1));  // these models close with their start token
    EXPECT_FALSE(model->is_end(300));
    EXPECT_EQ(model->piece(0), "");
    EXPECT_EQ(model->piece(1), "");
    EXPECT_EQ(model->piece(2), "");
    EXPECT_EQ(model->piece(13), "\n");
    EXPECT_EQ(model->piece(3), std::string(1, '\0'));
    EXPECT_EQ(model->piece(259), " t");
}

TEST_F(Encode, refuses_a_chat_where_the_model_has_no_template) {
    const auto frame = model->chat_frame("be kind", "write");
    ASSERT_FALSE(frame);
    EXPECT_EQ(frame.error().code, ErrorCode::invalid_input);
}

}  // namespace
}  // namespace fabula::reference
