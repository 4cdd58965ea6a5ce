// SPDX-License-Identifier: 0BSD
#include "model/hugging_face/model_config.h"

#include <gtest/gtest.h>

namespace fabula::model::hugging_face {
namespace {

const std::string gpt2 =
    R"("architectures":["GPT2LMHeadModel"],"n_layer":12,"n_embd":768,"n_head":12,"n_positions":1024,
       "n_ctx":1024,"vocab_size":50257,"layer_norm_epsilon":1e-5,"eos_token_id":50256)";
const std::string bloom =
    R"("architectures":["BloomForCausalLM"],"n_layer":24,"n_embed":1024,"num_attention_heads":16,
       "vocab_size":250880,"layer_norm_epsilon":1e-5)";
const std::string llama =
    R"("architectures":["LlamaForCausalLM"],"num_hidden_layers":22,"hidden_size":2048,
       "num_attention_heads":32,"num_key_value_heads":4,"intermediate_size":5632,
       "max_position_embeddings":2048,"vocab_size":32000,"rms_norm_eps":1e-5)";

Result<ModelConfig> read(const std::string& members, const std::string& more = "") {
    const auto json = parse_json("{" + members + (more.empty() ? "" : "," + more) + "}");
    EXPECT_TRUE(json);
    return model_config_of(*json);
}

Error refusal(const std::string& members, const std::string& more) {
    const auto config = read(members, more);
    EXPECT_FALSE(config) << more;
    return config ? Error{ErrorCode::conflict, ""} : config.error();
}

TEST(ModelConfig, reads_the_sizes_of_each_family) {
    const auto first = read(gpt2);
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_EQ(first->n_ff, 3072U);
    EXPECT_EQ(first->head_size, 64U);
    EXPECT_TRUE(first->is_tied);
    EXPECT_EQ(first->special_ids.at("eos"), 50256U);
    const auto second = read(bloom);
    ASSERT_TRUE(second) << second.error().message;
    EXPECT_EQ(second->n_embd, 1024U);
    EXPECT_EQ(second->window_tokens, 2048U);
    const auto third = read(llama, R"("rope_theta":500000.0,"torch_dtype":"bfloat16")");
    ASSERT_TRUE(third) << third.error().message;
    EXPECT_EQ(third->n_head_kv, 4U);
    EXPECT_EQ(third->rope_base, 500000);
    EXPECT_FALSE(third->is_tied);
    EXPECT_FALSE(third->names_head_size);
}

TEST(ModelConfig, carries_over_linear_and_llama3_scaling) {
    const auto linear = read(llama, R"("rope_scaling":{"type":"linear","factor":4.0})");
    ASSERT_TRUE(linear) << linear.error().message;
    EXPECT_EQ(linear->rope_scaling.kind, RopeScaling::Kind::linear);
    EXPECT_EQ(linear->rope_scaling.factor, 4);
    const auto stretched =
        read(llama,
             R"("rope_parameters":{"rope_type":"llama3","rope_theta":10000,"factor":32.0,
           "low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":8192})");
    ASSERT_TRUE(stretched) << stretched.error().message;
    EXPECT_EQ(stretched->rope_scaling.kind, RopeScaling::Kind::llama3);
    EXPECT_TRUE(read(llama, R"("rope_scaling":null)"));
    EXPECT_TRUE(read(llama, R"("rope_scaling":{"rope_type":"default"})"));
}

TEST(ModelConfig, refuses_by_name_what_would_be_another_model) {
    const auto names = [](const std::string& members, const std::string& more,
                          const std::string& name) {
        const Error error = refusal(members, more);
        EXPECT_EQ(error.code, ErrorCode::invalid_input) << more;
        EXPECT_NE(error.message.find(name), std::string::npos) << error.message;
    };
    names(gpt2, R"("activation_function":"relu")", "'relu'");
    names(gpt2, R"("activation_function":"gelu")", "'gelu'");
    names(gpt2, R"("scale_attn_weights":false)", "scale_attn_weights");
    names(gpt2, R"("scale_attn_by_inverse_layer_idx":true)", "scale_attn_by_inverse_layer_idx");
    names(gpt2, R"("quantization_config":{"bits":4})", "quantization_config");
    names(bloom, R"("apply_residual_connection_post_layernorm":true)", "post_layernorm");
    names(llama, R"("hidden_act":"gelu")", "'gelu'");
    names(llama, R"("rope_scaling":{"type":"dynamic","factor":2.0})", "'dynamic'");
    names(llama, R"("rope_scaling":{"rope_type":"yarn","factor":2.0})", "'yarn'");
    names(llama, R"("num_local_experts":8)", "num_local_experts");
    names(llama, R"("sliding_window":1024)", "sliding_window");
    names(R"("architectures":["T5ForConditionalGeneration"])", R"("vocab_size":3)",
          "'T5ForConditionalGeneration'");
    names(R"("model_type":"mamba")", R"("vocab_size":3)", "'mamba'");
}

TEST(ModelConfig, finds_numbers_that_cannot_be) {
    for (const auto& [members, more] : std::vector<std::pair<std::string, std::string>>{
             {gpt2, R"("hidden_size":512)"},
             {gpt2, R"("n_inner":0)"},
             {gpt2, R"("num_hidden_layers":9223372036854775808)"},
             {bloom, R"("seq_length":-1)"},
             {llama, R"("head_dim":3)"},
             {R"("model_type":"llama","num_attention_heads":4,"num_key_value_heads":0)",
              R"("num_hidden_layers":1,"hidden_size":64,"vocab_size":9)"},
             {R"("model_type":"gpt2","n_layer":1,"n_embd":10,"n_head":0,"n_ctx":4)",
              R"("vocab_size":9)"},
             {llama, R"("rope_theta":0)"},
             {llama, R"("rope_theta":"big")"},
             {llama, R"("tie_word_embeddings":1)"},
             {llama, R"("rope_scaling":{"type":"linear"})"},
             {llama, R"("rope_scaling":7)"},
             {R"("model_type":"llama")", R"("hidden_size":64)"},
             {R"("model_type":"gpt2","n_layer":1,"n_embd":10,"n_head":3,"n_ctx":4)",
              R"("vocab_size":9)"}}) {
        EXPECT_EQ(refusal(members, more).code, ErrorCode::corrupt) << more;
    }
    EXPECT_FALSE(model_config_of(JsonValue()));
}

}  // namespace
}  // namespace fabula::model::hugging_face
