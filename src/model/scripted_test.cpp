// SPDX-License-Identifier: 0BSD
#include "model/scripted.h"

#include <gtest/gtest.h>

#include <cmath>

namespace fabula::model {
namespace {

std::vector<float> row_behind(Model& model, const std::string& text) {
    const auto tokens = model.encode(text, Place::start).value();
    std::vector<float> logits(model.info().n_vocab);
    const std::span<const TokenId> branch(tokens);
    const auto cost = model.step({&branch, 1}, logits, {});
    EXPECT_TRUE(cost);
    return logits;
}

TEST(Scripted, says_its_text_behind_any_prompt_and_then_ends) {
    const auto model = make_scripted(" The end").value();
    EXPECT_EQ(row_behind(*model, "It was late.")[' '], 0.0F);
    EXPECT_EQ(row_behind(*model, "It was late. The")[' '], 0.0F);
    EXPECT_EQ(row_behind(*model, "It was late. The e")['n'], 0.0F);
    EXPECT_EQ(row_behind(*model, "It was late. The end")[256], 0.0F);
    EXPECT_TRUE(model->is_end(256));
}

TEST(Scripted, shares_the_probability_among_texts_that_tie) {
    const auto model = make_scripted(" A b\n---\n A c\n---\n D\n").value();
    const auto first = row_behind(*model, "x");
    EXPECT_EQ(first[' '], 0.0F);
    const auto second = row_behind(*model, "x A ");
    EXPECT_FLOAT_EQ(second['b'], std::log(0.5F));
    EXPECT_FLOAT_EQ(second['c'], std::log(0.5F));
    EXPECT_TRUE(std::isinf(second['D']));
}

TEST(Scripted, has_a_window_and_refuses_an_empty_script) {
    const auto model = make_scripted(" a", 4).value();
    const std::vector<TokenId> tokens(5, 'x');
    const std::span<const TokenId> branch(tokens);
    std::vector<float> logits(model->info().n_vocab);
    EXPECT_EQ(model->step({&branch, 1}, logits, {}).error().code, ErrorCode::exhausted);
    EXPECT_EQ(make_scripted("\n").error().code, ErrorCode::invalid_input);
    EXPECT_EQ(make_scripted("\xFF").error().code, ErrorCode::invalid_input);
}

}  // namespace
}  // namespace fabula::model
