// SPDX-License-Identifier: 0BSD
#include "model/hugging_face/tensor_plan.h"

#include "model/hugging_face/row_reader.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace fabula::model::hugging_face {
namespace {

using Tensors = std::map<std::string, SafetensorsTensor>;

ModelConfig config_of(Family family) {
    ModelConfig config;
    config.family = family;
    config.n_layer = 2;
    config.n_embd = 16;
    config.n_head = 4;
    config.n_head_kv = family == Family::llama ? 2 : 4;
    config.head_size = 4;
    config.n_ff = 24;
    config.n_vocab = 50;
    config.window_tokens = 8;
    config.is_tied = family != Family::llama;
    return config;
}

/// Every tensor that such a folder has, of the right shapes.
Tensors tensors_of(const ModelConfig& config) {
    Tensors tensors;
    for (const PlannedTensor& plan : all_tensors(config)) {
        if (config.family == Family::llama && plan.source.ends_with(".bias")) continue;
        SafetensorsTensor tensor;
        tensor.name = plan.source;
        tensor.dtype = "F32";
        if (plan.is_vector) {
            tensor.shape = {plan.n_columns};
        } else if (plan.layout == Layout::transposed) {
            tensor.shape = {plan.n_columns, plan.n_rows};
        } else {
            tensor.shape = {plan.n_rows, plan.n_columns};
        }
        tensors.emplace(plan.source, tensor);
    }
    return tensors;
}

const PlannedTensor& named(const std::vector<PlannedTensor>& plan, const std::string& name) {
    const auto found = std::ranges::find(plan, name, &PlannedTensor::name);
    EXPECT_NE(found, plan.end()) << name;
    return *found;
}

TEST(TensorPlan, takes_every_tensor_of_each_family) {
    for (const Family family : {Family::gpt2, Family::bloom, Family::llama}) {
        const ModelConfig config = config_of(family);
        const Tensors tensors = tensors_of(config);
        const auto plan = plan_tensors(config, tensors);
        ASSERT_TRUE(plan) << plan.error().message;
        EXPECT_EQ(plan->tensors.size(), tensors.size());
        EXPECT_TRUE(plan->left_out.empty());
    }
}

TEST(TensorPlan, finds_what_is_missing_strange_or_misshapen) {
    const ModelConfig config = config_of(Family::gpt2);
    Tensors fewer = tensors_of(config);
    fewer.erase("transformer.h.1.ln_2.bias");
    EXPECT_EQ(plan_tensors(config, fewer).error().message,
              "tensor 'transformer.h.1.ln_2.bias' is missing");
    Tensors more = tensors_of(config);
    more["transformer.h.0.attn.c_gate.weight"] = {};
    const auto strange = plan_tensors(config, more);
    ASSERT_FALSE(strange);
    EXPECT_EQ(strange.error().code, ErrorCode::invalid_input);
    EXPECT_NE(strange.error().message.find("c_gate"), std::string::npos);
    Tensors turned = tensors_of(config);
    std::ranges::reverse(turned["transformer.h.0.attn.c_attn.weight"].shape);
    EXPECT_NE(plan_tensors(config, turned).error().message.find("[48, 16], expected [16, 48]"),
              std::string::npos);
    Tensors integers = tensors_of(config);
    integers["transformer.wte.weight"].dtype = "I8";
    EXPECT_EQ(plan_tensors(config, integers).error().code, ErrorCode::invalid_input);
}

TEST(TensorPlan, leaves_out_masks_and_a_head_that_is_tied) {
    const ModelConfig config = config_of(Family::gpt2);
    Tensors tensors = tensors_of(config);
    tensors["transformer.h.0.attn.bias"].dtype = "BOOL";
    tensors["transformer.h.0.attn.masked_bias"].dtype = "F32";
    tensors["lm_head.weight"] = tensors["transformer.wte.weight"];
    const auto plan = plan_tensors(config, tensors);
    ASSERT_TRUE(plan) << plan.error().message;
    EXPECT_EQ(plan->left_out, std::vector<std::string>{"lm_head.weight"});
    ModelConfig untied = config;
    untied.is_tied = false;
    EXPECT_EQ(plan_tensors(untied, tensors)->tensors.back().name, "output.weight");
}

float row_of(const PlannedTensor& plan, std::size_t number) {
    const std::uint64_t row = number / plan.n_columns;
    return static_cast<float>(row);
}

/// The rows of a tensor whose first number in each row is the row.
std::vector<float> firsts(const PlannedTensor& plan) {
    std::vector<float> numbers(plan.n_rows * plan.n_columns);
    for (std::size_t i = 0; i < numbers.size(); ++i)
        numbers[i] = row_of(plan, i);
    const std::string dtype = "F32";
    RowReader reader(plan, std::as_bytes(std::span(numbers)), dtype);
    std::vector<float> found;
    for (std::uint64_t row = 0; row < plan.n_rows; ++row)
        found.push_back(reader.rows(row, 1)[0]);
    return found;
}

TEST(TensorPlan, puts_the_halves_of_a_head_side_by_side) {
    const auto plan = all_tensors(config_of(Family::llama));
    const auto rows = firsts(named(plan, "blk.0.attn_k.weight"));
    EXPECT_EQ(rows, (std::vector<float>{0, 2, 1, 3, 4, 6, 5, 7}));
}

TEST(TensorPlan, takes_query_key_and_value_out_of_the_heads) {
    const auto plan = all_tensors(config_of(Family::bloom));
    const auto rows = firsts(named(plan, "blk.1.attn_qkv.weight"));
    EXPECT_EQ((std::vector<float>(rows.begin(), rows.begin() + 8)),
              (std::vector<float>{0, 1, 2, 3, 12, 13, 14, 15}));
    EXPECT_EQ(rows[16], 4.0F);   // the keys of the first head
    EXPECT_EQ(rows[32], 8.0F);   // its values
    EXPECT_EQ(rows[47], 47.0F);  // the last value of the last head
}

TEST(TensorPlan, turns_what_conv1d_keeps_by_inputs) {
    const auto plan = all_tensors(config_of(Family::gpt2));
    const PlannedTensor& tensor = named(plan, "blk.0.ffn_up.weight");
    std::vector<float> numbers(tensor.n_rows * tensor.n_columns);
    for (std::size_t i = 0; i < numbers.size(); ++i)
        numbers[i] = static_cast<float>(i);
    const std::string dtype = "F32";
    RowReader reader(tensor, std::as_bytes(std::span(numbers)), dtype);
    const auto rows = reader.rows(3, 2);  // outputs 3 and 4, 16 inputs each
    EXPECT_EQ(rows[0], 3.0F);
    EXPECT_EQ(rows[1], 27.0F);
    EXPECT_EQ(rows[16 + 15], 15.0F * 24 + 4);
}

TEST(TensorPlan, divides_the_slow_turns_of_llama3) {
    ModelConfig config = config_of(Family::llama);
    EXPECT_TRUE(rope_factors(config).empty());
    config.head_size = 128;
    config.rope_base = 500000;
    config.rope_scaling = {RopeScaling::Kind::llama3, 8, 1, 4, 8192};
    const auto factors = rope_factors(config);
    ASSERT_EQ(factors.size(), 64U);
    EXPECT_EQ(factors.front(), 1.0F);
    EXPECT_EQ(factors.back(), 8.0F);
    EXPECT_TRUE(std::ranges::is_sorted(factors));
    EXPECT_GT(factors[32], 1.0F);
    EXPECT_LT(factors[32], 8.0F);
}

}  // namespace
}  // namespace fabula::model::hugging_face
