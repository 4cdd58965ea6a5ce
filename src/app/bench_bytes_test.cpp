// SPDX-License-Identifier: 0BSD
#include "app/bench_bytes.h"

#include <gtest/gtest.h>

namespace fabula::app {
namespace {

// One layer of width 32 with 100 words: what of it a step reads is 4,500 bytes, and the head.
model::GgufFile small_model() {
    model::GgufFile file;
    file.metadata["general.architecture"] = std::string("llama");
    file.metadata["llama.block_count"] = std::uint64_t{1};
    file.metadata["llama.embedding_length"] = std::uint64_t{32};
    file.metadata["llama.attention.head_count"] = std::uint64_t{4};
    file.tensors = {{"token_embd.weight", "F32", {32, 100}, 12800},
                    {"position_embd.weight", "F32", {32, 64}, 8192},
                    {"output_norm.weight", "F32", {32}, 128},
                    {"blk.0.attn_norm.weight", "F32", {32}, 128},
                    {"blk.0.attn_qkv.weight", "Q8_0", {32, 96}, 3000},
                    {"blk.0.attn_qkv.bias", "F32", {96}, 384},
                    {"blk.0.ffn_up.weight", "Q8_0", {32, 64}, 1500}};
    return file;
}

TEST(BenchBytes, the_embedding_counts_once_where_it_is_also_the_head) {
    EXPECT_EQ(step_bytes(small_model()), 4500U + 12800U);
}

TEST(BenchBytes, an_embedding_that_is_only_looked_up_does_not_count) {
    auto file = small_model();
    file.tensors.push_back({"output.weight", "Q6_K", {32, 100}, 2625});
    EXPECT_EQ(step_bytes(file), 4500U + 2625U);
}

TEST(BenchBytes, vectors_with_two_axes_are_no_matrices) {
    auto file = small_model();
    file.tensors.push_back({"blk.0.ffn_norm.weight", "F32", {32, 1}, 128});
    EXPECT_EQ(step_bytes(file), 4500U + 12800U);
}

TEST(BenchBytes, of_experts_those_count_that_a_token_uses) {
    auto file = small_model();
    file.metadata["llama.expert_count"] = std::uint64_t{8};
    file.metadata["llama.expert_used_count"] = std::uint64_t{2};
    file.tensors.push_back({"blk.0.ffn_gate_exps.weight", "F16", {32, 64, 8}, 32768});
    EXPECT_EQ(step_bytes(file), 4500U + 12800U + 32768U / 4);
}

TEST(BenchBytes, every_tensor_of_the_file_counts_for_its_size) {
    EXPECT_EQ(tensor_bytes(small_model()), 12800U + 8192 + 128 + 128 + 3000 + 384 + 1500);
}

TEST(BenchBytes, the_cache_has_a_key_and_a_value_a_head_and_layer) {
    auto file = small_model();
    EXPECT_EQ(cache_bytes(file, model::CacheType::f16, 10), 1U * 2 * 32 * 10 * 2);
    EXPECT_EQ(cache_bytes(file, model::CacheType::f32, 10), 1U * 2 * 32 * 10 * 4);
    file.metadata["llama.attention.head_count_kv"] = std::uint64_t{2};  // of the four
    EXPECT_EQ(cache_bytes(file, model::CacheType::f16, 10), 1U * 2 * 16 * 10 * 2);
    file.metadata["llama.attention.key_length"] = std::uint64_t{16};  // values stay 8 wide
    EXPECT_EQ(cache_bytes(file, model::CacheType::f16, 10), (2U * 16 + 2U * 8) * 10 * 2);
}

}  // namespace
}  // namespace fabula::app
