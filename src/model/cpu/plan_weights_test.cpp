// SPDX-License-Identifier: 0BSD
// What a file's header says, right or wrong; nothing is read but it.
#include "model/cpu/plain_rows.h"
#include "model/cpu/weights.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>
#include <utility>

namespace fabula::model::cpu {
namespace {

using Extents = std::vector<std::uint64_t>;

/// A header, built by hand. 32 columns to a block at most, so that every shape below fits.
class Header {
public:
    explicit Header(const std::string& architecture) : prefix_(architecture + ".") {
        file.metadata["general.architecture"] = architecture;
    }
    void number(const std::string& key, std::uint64_t value) {
        file.metadata[prefix_ + key] = value;
    }
    void real(const std::string& key, double value) { file.metadata[prefix_ + key] = value; }
    void text(const std::string& key, const std::string& value) {
        file.metadata[prefix_ + key] = value;
    }
    void without(const std::string& key) { file.metadata.erase(prefix_ + key); }

    void tensor(const std::string& name, const Extents& shape, const std::string& type = "F32") {
        std::uint64_t n = 1;
        for (const std::uint64_t extent : shape)
            n *= extent;
        file.tensors.push_back({name, type, shape, 4 * n, 0});
    }
    GgufTensor& tensor(const std::string& name) {
        for (GgufTensor& tensor : file.tensors) {
            if (tensor.name == name) return tensor;
        }
        ADD_FAILURE() << "no tensor " << name;
        return file.tensors.front();
    }
    void without_tensor(const std::string& name) {
        EXPECT_EQ(std::erase_if(file.tensors, [&](const GgufTensor& t) { return t.name == name; }),
                  1U)
            << name;
    }

    GgufFile file;

private:
    std::string prefix_;
};

/// Two layers of 64, four heads, 70 words.
Header sized(const std::string& architecture) {
    Header header(architecture);
    header.number("block_count", 2);
    header.number("embedding_length", 64);
    header.number("attention.head_count", 4);
    header.number("feed_forward_length", 96);
    header.number("context_length", 128);
    header.tensor("token_embd.weight", {64, 70});
    header.tensor("output_norm.weight", {64});
    return header;
}

Header llama() {
    Header header = sized("llama");
    header.number("attention.head_count_kv", 2);
    header.real("attention.layer_norm_rms_epsilon", 1e-5);
    header.number("rope.dimension_count", 16);
    header.real("rope.freq_base", 10000);
    for (const std::string layer : {"blk.0.", "blk.1."}) {
        header.tensor(layer + "attn_norm.weight", {64});
        header.tensor(layer + "attn_q.weight", {64, 64});
        header.tensor(layer + "attn_k.weight", {64, 32});
        header.tensor(layer + "attn_v.weight", {64, 32});
        header.tensor(layer + "attn_output.weight", {64, 64});
        header.tensor(layer + "ffn_norm.weight", {64});
        header.tensor(layer + "ffn_gate.weight", {64, 96});
        header.tensor(layer + "ffn_up.weight", {64, 96});
        header.tensor(layer + "ffn_down.weight", {96, 64});
    }
    return header;
}

Header gpt2_or_bloom(const std::string& architecture) {
    Header header = sized(architecture);
    header.real("attention.layer_norm_epsilon", 1e-5);
    header.tensor("output_norm.bias", {64});
    if (architecture == "gpt2") {
        header.tensor("position_embd.weight", {64, 128});
    } else {
        header.tensor("token_embd_norm.weight", {64});
        header.tensor("token_embd_norm.bias", {64});
    }
    const auto linear = [&](const std::string& name, std::uint64_t n_in, std::uint64_t n_out) {
        header.tensor(name + ".weight", {n_in, n_out});
        header.tensor(name + ".bias", {n_out});
    };
    for (const std::string layer : {"blk.0.", "blk.1."}) {
        for (const std::string norm : {"attn_norm", "ffn_norm"}) {
            header.tensor(layer + norm + ".weight", {64});
            header.tensor(layer + norm + ".bias", {64});
        }
        linear(layer + "attn_qkv", 64, 192);
        linear(layer + "attn_output", 64, 64);
        linear(layer + "ffn_up", 64, 96);
        linear(layer + "ffn_down", 96, 64);
    }
    return header;
}

Weights planned(const Header& header) {
    auto weights = plan_weights(header.file);
    EXPECT_TRUE(weights) << weights.error().message;
    return weights ? *std::move(weights) : Weights{};
}

/// The message, "" when nothing is wrong; `code` is what it should be refused with.
std::string refusal(const Header& header, ErrorCode code) {
    const auto weights = plan_weights(header.file);
    if (weights) return "";
    EXPECT_EQ(weights.error().code, code) << weights.error().message;
    return weights.error().message;
}
std::string corrupt(const Header& header) {
    return refusal(header, ErrorCode::corrupt);
}
std::string foreign(const Header& header) {
    return refusal(header, ErrorCode::invalid_input);
}

bool says(const std::string& message, const std::string& part) {
    return message.find(part) != std::string::npos;
}

TEST(PlanWeights, reads_a_llama_model) {
    Weights weights = planned(llama());
    const Shape& shape = weights.shape;
    EXPECT_EQ(shape.family, Family::llama);
    EXPECT_EQ(shape.n_layer, 2U);
    EXPECT_EQ(shape.n_embd, 64U);
    EXPECT_EQ(shape.n_head, 4U);
    EXPECT_EQ(shape.n_head_kv, 2U);
    EXPECT_EQ(shape.head_dim, 16U);
    EXPECT_EQ(shape.kv_width(), 32U);
    EXPECT_EQ(shape.n_ff, 96U);
    EXPECT_EQ(shape.n_vocab, 70U);
    EXPECT_EQ(shape.window_tokens, 128U);
    EXPECT_EQ(shape.epsilon, 1e-5F);
    EXPECT_EQ(shape.rope_dims, 16U);
    EXPECT_EQ(shape.rope_base, 10000.0F);
    EXPECT_EQ(shape.rope_scale, 1.0F);
    EXPECT_TRUE(weights.is_tied);
    ASSERT_EQ(weights.layers.size(), 2U);
    EXPECT_EQ(weights.layers[1].qkv.size(), 3U);
    EXPECT_EQ(weights.layers[1].up.size(), 2U);
    EXPECT_FALSE(weights.layers[0].qkv[0].bias.is_there());
    EXPECT_EQ(weights.matrices().size(), 1U + 2 * 7);
    EXPECT_EQ(weights.vectors().size(), 1U + 2 * 2);
    // f32: 64 bytes a column of 16 rows; 70 words are 5 tiles.
    EXPECT_EQ(weights.token_embd.size_bytes(), 5U * 64 * 64);
    EXPECT_EQ(weights.layers[0].down.weight.size_bytes(), 4U * 96 * 64);
}

TEST(PlanWeights, reads_gpt2_and_bloom_models) {
    for (const std::string architecture : {"gpt2", "bloom"}) {
        Weights weights = planned(gpt2_or_bloom(architecture));
        EXPECT_EQ(weights.shape.family, architecture == "gpt2" ? Family::gpt2 : Family::bloom);
        EXPECT_EQ(weights.shape.n_head_kv, 4U);
        EXPECT_EQ(weights.shape.rope_dims, 0U);
        EXPECT_EQ(weights.position_embd.n_out, architecture == "gpt2" ? 128U : 0U);
        EXPECT_EQ(weights.embd_norm.bias.is_there(), architecture == "bloom");
        ASSERT_EQ(weights.layers.size(), 2U);
        EXPECT_EQ(weights.layers[0].qkv.size(), 1U);
        EXPECT_EQ(weights.layers[0].qkv[0].weight.n_out, 192U);
        EXPECT_EQ(weights.layers[0].qkv[0].bias.numbers.size(), 192U);
        EXPECT_EQ(weights.layers[0].up.size(), 1U);
    }
}

TEST(PlanWeights, takes_what_a_model_may_have_and_need_not) {
    Header header = llama();
    header.tensor("output.weight", {64, 70});
    header.tensor("rope_freqs.weight", {8});
    header.tensor("blk.1.attn_q.bias", {64});
    header.text("rope.scaling.type", "linear");
    header.real("rope.scaling.factor", 4);
    header.number("expert_count", 0);
    Weights weights = planned(header);
    EXPECT_FALSE(weights.is_tied);
    EXPECT_EQ(weights.rope_factors.numbers.size(), 8U);
    EXPECT_TRUE(weights.layers[1].qkv[0].bias.is_there());
    EXPECT_EQ(weights.shape.rope_scale, 4.0F);
    EXPECT_EQ(weights.matrices().size(), 2U + 2 * 7);

    Header wide = llama();  // heads that are not n_embd / n_head
    wide.number("attention.key_length", 32);
    wide.number("attention.value_length", 32);
    for (const std::string layer : {"blk.0.", "blk.1."}) {
        wide.tensor(layer + "attn_q.weight").shape = {64, 128};
        wide.tensor(layer + "attn_k.weight").shape = {64, 64};
        wide.tensor(layer + "attn_v.weight").shape = {64, 64};
        wide.tensor(layer + "attn_output.weight").shape = {128, 64};
    }
    EXPECT_EQ(planned(wide).shape.head_dim, 32U);
}

TEST(PlanWeights, tells_what_type_each_matrix_will_have) {
    Header header = llama();
    for (const Format format : all_formats) {
        if (plain_type_of(format).columns == 256) continue;
        header.tensor("blk.0.ffn_up.weight").type = plain_type_of(format).name;
        const Weights weights = planned(header);
        EXPECT_EQ(weights.layers[0].up[1].weight.format, format);
        EXPECT_FALSE(weights.layers[0].up[1].weight.is_requantised);
    }
    header.tensor("blk.0.ffn_up.weight").type = "IQ4_NL";
    const Weights weights = planned(header);
    EXPECT_EQ(weights.layers[0].up[1].weight.format, Format::q8_0);
    EXPECT_TRUE(weights.layers[0].up[1].weight.is_requantised);
}

TEST(PlanWeights, extents_of_one_at_the_end_do_not_matter) {
    Header header = llama();
    header.tensor("output_norm.weight").shape = {64, 1, 1};
    header.tensor("blk.0.ffn_up.weight").shape = {64, 96, 1, 1};
    planned(header);
}

TEST(PlanWeights, another_architecture_is_for_another_backend) {
    for (const std::string architecture : {"", "falcon", "LLAMA", "llama4", "qwen2"}) {
        Header header = llama();
        header.file.metadata["general.architecture"] = architecture;
        EXPECT_TRUE(says(foreign(header), "architecture '" + architecture + "'"));
    }
    Header nameless = llama();
    nameless.file.metadata.erase("general.architecture");
    EXPECT_NE(foreign(nameless), "");
}

TEST(PlanWeights, settings_that_the_decoder_does_not_know_are_for_another_backend) {
    struct Case {
        const char* what;
        std::function<void(Header&)> change;
        const char* says;
    };
    const Case cases[] = {
        {"experts", [](Header& h) { h.number("expert_count", 8); }, "experts"},
        {"window", [](Header& h) { h.number("attention.sliding_window", 64); }, "sliding window"},
        {"yarn", [](Header& h) { h.text("rope.scaling.type", "yarn"); }, "yarn"},
        {"longrope", [](Header& h) { h.text("rope.scaling.type", "longrope"); }, "longrope"},
        {"lengths",
         [](Header& h) {
             h.number("attention.key_length", 16);
             h.number("attention.value_length", 32);
         },
         "different lengths"},
        {"one length", [](Header& h) { h.number("attention.key_length", 32); },
         "different lengths"},
        {"a tensor", [](Header& h) { h.tensor("blk.0.attn_q_norm.weight", {16}); },
         "blk.0.attn_q_norm.weight"},
        {"a layer more", [](Header& h) { h.tensor("blk.2.attn_norm.weight", {64}); },
         "blk.2.attn_norm.weight"},
        {"a type",
         [](Header& h) {
             h.tensor("blk.1.ffn_up.weight").size_bytes = 0;
             h.tensor("blk.1.ffn_up.weight").type = "type 99";
         },
         "type 99"},
        {"an array",
         [](Header& h) {
             h.file.metadata["llama.feed_forward_length"] = GgufArray{2, "u32"};
         },
         "feed_forward_length"},
    };
    for (const Case& one : cases) {
        Header header = llama();
        one.change(header);
        EXPECT_TRUE(says(foreign(header), one.says)) << one.what;
    }
    Header shared = gpt2_or_bloom("gpt2");
    shared.number("attention.head_count_kv", 2);
    EXPECT_TRUE(says(foreign(shared), "share keys"));
}

TEST(PlanWeights, every_tensor_that_is_needed_must_be_there_with_its_shape) {
    for (const Header& whole : {llama(), gpt2_or_bloom("gpt2"), gpt2_or_bloom("bloom")}) {
        for (const GgufTensor& tensor : whole.file.tensors) {
            SCOPED_TRACE(tensor.name);
            Header header = whole;
            const bool is_optional = tensor.name.ends_with(".bias") && !says(tensor.name, "norm");
            header.without_tensor(tensor.name);
            if (!is_optional) {
                EXPECT_TRUE(says(corrupt(header), tensor.name));
            } else {
                planned(header);
            }
            if (tensor.name == "token_embd.weight")
                continue;  // says itself how many words there are
            for (std::size_t d = 0; d < tensor.shape.size(); ++d) {
                for (const std::int64_t by : {-1, 1, 64}) {
                    header = whole;
                    header.tensor(tensor.name).shape[d] += static_cast<std::uint64_t>(by);
                    EXPECT_TRUE(says(corrupt(header), tensor.name));
                }
            }
            header = whole;
            header.tensor(tensor.name).shape.push_back(2);
            EXPECT_NE(corrupt(header), "");
            header.tensor(tensor.name).shape.clear();
            EXPECT_NE(corrupt(header), "");
        }
    }
}

TEST(PlanWeights, embeddings_that_are_no_matrix_are_refused) {
    for (const Extents& shape :
         {Extents{64}, Extents{}, Extents{32, 70}, Extents{64, 70, 2}, Extents{70, 64}}) {
        Header header = llama();
        header.tensor("token_embd.weight").shape = shape;
        EXPECT_NE(corrupt(header), "");
    }
    Header header = llama();
    header.tensor("output.weight", {64, 71});
    EXPECT_TRUE(says(corrupt(header), "output.weight"));
}

TEST(PlanWeights, numbers_that_are_missing_zero_or_huge_are_refused) {
    const char* const keys[] = {"block_count", "embedding_length", "attention.head_count",
                                "feed_forward_length", "context_length"};
    for (const char* const key : keys) {
        SCOPED_TRACE(key);
        Header header = llama();
        header.without(key);
        EXPECT_TRUE(says(corrupt(header), key));
        for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{1} << 29U,
                                          std::uint64_t{1} << 32U, ~std::uint64_t{0}}) {
            header.number(key, value);
            EXPECT_TRUE(says(corrupt(header), key)) << value;
        }
        header.text(key, "64");
        EXPECT_NE(corrupt(header), "");
        header.real(key, 64);
        EXPECT_NE(corrupt(header), "");
        header.file.metadata["llama." + std::string(key)] = std::int64_t{-1};
        EXPECT_NE(corrupt(header), "");
    }
    Header layers = llama();
    layers.number("block_count", 1U << 28U);
    EXPECT_TRUE(says(corrupt(layers), "layers"));
    Header words = llama();
    words.tensor("token_embd.weight").shape = {64, std::uint64_t{1} << 40U};
    EXPECT_TRUE(says(corrupt(words), "words"));
}

TEST(PlanWeights, heads_that_do_not_divide_are_refused) {
    for (const auto& [n_head, n_head_kv] : std::vector<std::pair<std::uint64_t, std::uint64_t>>{
             {4, 3}, {4, 8}, {4, 0}, {3, 2}, {65, 65}, {65537, 1}, {1U << 28U, 1}}) {
        Header header = llama();
        header.number("attention.head_count", n_head);
        header.number("attention.head_count_kv", n_head_kv);
        EXPECT_NE(corrupt(header), "") << n_head << " " << n_head_kv;
    }
    Header header = llama();
    header.number("attention.key_length", 1U << 20U);
    header.number("attention.value_length", 1U << 20U);
    EXPECT_TRUE(says(corrupt(header), "heads of"));
}

TEST(PlanWeights, a_rotation_that_does_not_fit_a_head_is_refused) {
    for (const std::uint64_t dims : {15U, 18U, 1U << 30U}) {
        Header header = llama();
        header.number("rope.dimension_count", dims);
        EXPECT_NE(corrupt(header), "") << dims;
    }
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double infinite = std::numeric_limits<double>::infinity();
    for (const double value : {0.0, -1.0, nan, infinite, 1e300}) {
        Header base = llama();
        base.real("rope.freq_base", value);
        EXPECT_NE(corrupt(base), "") << value;
        Header factor = llama();
        factor.text("rope.scaling.type", "linear");
        factor.real("rope.scaling.factor", value);
        EXPECT_NE(corrupt(factor), "") << value;
    }
    Header factors = llama();
    factors.tensor("rope_freqs.weight", {16});
    EXPECT_TRUE(says(corrupt(factors), "rope_freqs.weight"));
}

TEST(PlanWeights, an_epsilon_that_is_none_is_refused) {
    for (const double value : {-1e-5, std::numeric_limits<double>::quiet_NaN(),
                               std::numeric_limits<double>::infinity(), 1e300}) {
        Header header = llama();
        header.real("attention.layer_norm_rms_epsilon", value);
        EXPECT_NE(corrupt(header), "") << value;
        Header other = gpt2_or_bloom("bloom");
        other.real("attention.layer_norm_epsilon", value);
        EXPECT_NE(corrupt(other), "") << value;
    }
    Header missing = llama();
    missing.without("attention.layer_norm_rms_epsilon");
    EXPECT_NE(corrupt(missing), "");
}

}  // namespace
}  // namespace fabula::model::cpu
