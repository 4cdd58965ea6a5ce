// SPDX-License-Identifier: 0BSD
#include "model/hugging_face/adapter_plan.h"

#include <gtest/gtest.h>

#include <cmath>

namespace fabula::model::hugging_face {
namespace {

using Tensors = std::map<std::string, SafetensorsTensor>;

ModelConfig base() {
    ModelConfig config;
    config.family = Family::llama;
    config.n_layer = 1;
    config.n_embd = 8;
    config.n_head = 2;
    config.n_head_kv = 1;
    config.head_size = 4;
    config.n_ff = 12;
    config.n_vocab = 20;
    config.window_tokens = 4;
    return config;
}

void add(Tensors& tensors, const std::string& module, std::uint64_t n_out, std::uint64_t n_in,
         std::uint64_t rank = 2) {
    const std::string name = "base_model.model." + module;
    tensors[name + ".lora_A.weight"] = {name + ".lora_A.weight", "F32", {rank, n_in}, 0, 0};
    tensors[name + ".lora_B.weight"] = {name + ".lora_B.weight", "F32", {n_out, rank}, 0, 0};
}

Result<AdapterConfig> config_of(const std::string& members) {
    const auto json = parse_json(R"({"peft_type":"LORA","r":2,"lora_alpha":6)" + members + "}");
    EXPECT_TRUE(json);
    return adapter_config_of(*json);
}

TEST(AdapterPlan, pairs_what_belongs_together) {
    Tensors tensors;
    add(tensors, "model.layers.0.self_attn.k_proj", 4, 8);
    add(tensors, "model.layers.0.mlp.up_proj", 12, 8);
    const auto plan = plan_adapter(base(), *config_of(""), tensors);
    ASSERT_TRUE(plan) << plan.error().message;
    ASSERT_EQ(plan->size(), 4U);
    EXPECT_EQ((*plan)[0].name, "blk.0.attn_k.weight.lora_a");
    EXPECT_EQ((*plan)[0].layout, Layout::as_it_is);
    EXPECT_EQ((*plan)[1].name, "blk.0.attn_k.weight.lora_b");
    EXPECT_EQ((*plan)[1].layout, Layout::rotary_pairs);
    EXPECT_EQ((*plan)[1].n_heads, 1U);
    EXPECT_EQ((*plan)[3].n_rows, 12U);
}

TEST(AdapterPlan, refuses_what_does_not_fit_the_base) {
    const auto refused = [](const Tensors& tensors) {
        const auto plan = plan_adapter(base(), *config_of(""), tensors);
        EXPECT_FALSE(plan);
        return plan ? std::string() : plan.error().message;
    };
    Tensors other;
    add(other, "model.layers.7.mlp.up_proj", 12, 8);
    EXPECT_NE(refused(other).find("layers.7"), std::string::npos);
    Tensors shape;
    add(shape, "model.layers.0.mlp.up_proj", 8, 12);
    EXPECT_NE(refused(shape).find("is it this base?"), std::string::npos);
    Tensors half;
    add(half, "model.layers.0.mlp.up_proj", 12, 8);
    half.erase(half.begin());
    EXPECT_NE(refused(half).find("no lora_A"), std::string::npos);
    Tensors rank;
    add(rank, "model.layers.0.mlp.up_proj", 12, 8, 3);
    EXPECT_NE(refused(rank).find("rank 3"), std::string::npos);
    Tensors head;
    add(head, "lm_head", 20, 8);
    EXPECT_NE(refused(head).find("embeddings"), std::string::npos);
    Tensors words;
    add(words, "model.embed_tokens", 20, 8);
    EXPECT_NE(refused(words).find("no linear layer"), std::string::npos);
    Tensors strange;
    strange["base_model.model.model.norm.weight"] = {};
    EXPECT_NE(refused(strange).find("norm.weight"), std::string::npos);
    EXPECT_NE(refused({}).find("no tensors"), std::string::npos);
}

TEST(AdapterConfig, refuses_by_name_what_gguf_adapters_cannot_say) {
    for (const auto& [members, name] : std::vector<std::pair<std::string, std::string>>{
             {R"(,"use_dora":true)", "use_dora"},
             {R"(,"bias":"all")", "bias"},
             {R"(,"modules_to_save":["lm_head"])", "modules_to_save"},
             {R"(,"alpha_pattern":{"q_proj":4})", "alpha_pattern"},
             {R"(,"use_rslora":true,"rank_pattern":{"q_proj":4})", "rank_pattern"}}) {
        const auto config = config_of(members);
        ASSERT_FALSE(config) << members;
        EXPECT_EQ(config.error().code, ErrorCode::invalid_input);
        EXPECT_NE(config.error().message.find(name), std::string::npos);
    }
    EXPECT_TRUE(config_of(R"(,"bias":"none","modules_to_save":null,"use_dora":false)"));
    const auto json = parse_json(R"({"peft_type":"IA3"})");
    EXPECT_NE(adapter_config_of(*json).error().message.find("'IA3'"), std::string::npos);
}

TEST(AdapterConfig, scales_by_the_root_of_the_rank_where_it_should) {
    EXPECT_EQ(foreign_alpha(*config_of("")), 6);
    EXPECT_DOUBLE_EQ(foreign_alpha(*config_of(R"(,"use_rslora":true)")), 6 * std::sqrt(2.0));
}

}  // namespace
}  // namespace fabula::model::hugging_face
