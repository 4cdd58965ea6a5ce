// SPDX-License-Identifier: 0BSD
#include "model/gguf_file.h"

#include "model/import_llama2c.h"
#include "model/made_llama2c.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>

namespace fabula::model {
namespace {

namespace fs = std::filesystem;

/// Writes GGUF by hand, right or wrong.
class Pen {
public:
    template <typename T>
    Pen& put(T value) {
        bytes.append(reinterpret_cast<const char*>(&value), sizeof(T));
        return *this;
    }
    Pen& text(const std::string& value) {
        put(std::uint64_t{value.size()});
        bytes += value;
        return *this;
    }
    Pen& header(std::uint64_t n_tensors, std::uint64_t n_values, std::uint32_t version = 3) {
        bytes += "GGUF";
        return put(version).put(n_tensors).put(n_values);
    }
    Pen& tensor(const std::string& name, const std::vector<std::uint64_t>& shape,
                std::uint32_t type, std::uint64_t offset) {
        text(name).put(static_cast<std::uint32_t>(shape.size()));
        for (const std::uint64_t extent : shape)
            put(extent);
        return put(type).put(offset);
    }
    /// Pads the header and adds bytes of weights.
    Pen& weights(std::size_t n_bytes) {
        bytes.resize((bytes.size() + 31) / 32 * 32 + n_bytes);
        return *this;
    }

    std::string bytes;
};

constexpr std::uint32_t type_u32 = 4;
constexpr std::uint32_t type_text = 8;
constexpr std::uint32_t type_array = 9;

Result<GgufFile> inspect(const std::string& bytes) {
    return inspect_gguf(std::as_bytes(std::span(bytes)), bytes.size(), "x.gguf");
}

/// The message without the name in front, "" when nothing is wrong.
std::string refusal(const std::string& bytes) {
    const auto file = inspect(bytes);
    if (file) return "";
    EXPECT_EQ(file.error().code, ErrorCode::corrupt);
    const std::string who = "model 'x.gguf': ";
    EXPECT_TRUE(file.error().message.starts_with(who));
    return file.error().message.substr(who.size());
}

/// A whole model, as bytes.
const std::string& made_model() {
    static const std::string bytes = [] {
        const fs::path folder =
            fs::temp_directory_path() / ("fabula-gguf-" + std::to_string(::getpid()));
        fs::create_directories(folder);
        const MadeLlama2c made = make_llama2c({}, 3);
        const auto write = [&](const char* name, const std::vector<std::byte>& content) {
            std::ofstream file(folder / name, std::ios::binary);
            file.write(reinterpret_cast<const char*>(content.data()),
                       static_cast<std::streamsize>(content.size()));
        };
        write("m.bin", made.checkpoint);
        write("t.bin", made.tokenizer);
        const auto report =
            import_llama2c(folder / "m.bin", folder / "t.bin", folder / "m.gguf", {});
        EXPECT_TRUE(report);
        std::ifstream file(folder / "m.gguf", std::ios::binary);
        std::string all{std::istreambuf_iterator<char>(file), {}};
        fs::remove_all(folder);
        return all;
    }();
    return bytes;
}

/// Why the made model would not be run, with one thing changed.
std::string refusal_to_run(const std::function<void(GgufFile&)>& change) {
    auto file = inspect(made_model());
    EXPECT_TRUE(file);
    change(*file);
    const auto runnable = check_runnable(*file, "x.gguf");
    return runnable ? "" : runnable.error().message.substr(std::string("model 'x.gguf': ").size());
}

TEST(GgufFile, tells_metadata_and_tensors_of_a_sound_file) {
    const auto file = inspect(made_model());
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_EQ(file->version, 3U);
    EXPECT_EQ(file->text("general.architecture"), "llama");
    EXPECT_EQ(file->number("llama.block_count"), 2U);
    EXPECT_EQ(file->number("general.name", 5), 5U);  // a text is no number
    EXPECT_EQ(file->text("llama.block_count", "none"), "none");
    ASSERT_NE(file->array("tokenizer.ggml.tokens"), nullptr);
    EXPECT_EQ(file->array("tokenizer.ggml.tokens")->length, 300U);
    EXPECT_EQ(file->array("tokenizer.ggml.tokens")->type, "string");
    const GgufTensor* const tensor = file->tensor("token_embd.weight");
    ASSERT_NE(tensor, nullptr);
    EXPECT_EQ(tensor->type, "Q8_0");
    EXPECT_EQ(tensor->shape, (std::vector<std::uint64_t>{32, 300}));
    EXPECT_EQ(tensor->size_bytes, 300U * 34);
}

TEST(GgufFile, refuses_every_truncation) {
    const std::string& whole = made_model();
    const std::size_t n = whole.size();
    for (std::size_t size = 0; size < n; size += size < 12000 ? 13 : 4099) {
        EXPECT_NE(refusal(whole.substr(0, size)), "") << size;
    }
    EXPECT_TRUE(refusal(whole.substr(0, n - 64)).ends_with("(truncated?)"));
}

TEST(GgufFile, refuses_what_is_no_gguf) {
    EXPECT_EQ(refusal(""), "not a GGUF file");
    EXPECT_EQ(refusal("PK\x03\x04 and more bytes"), "not a GGUF file");
    EXPECT_EQ(refusal(Pen().header(0, 0, 1).bytes),
              "GGUF version 1, 2 and 3 are known (at byte 8)");
    EXPECT_EQ(refusal(Pen().header(0, 0, 2).bytes), "");
    EXPECT_TRUE(
        refusal(Pen().header(1ULL << 60U, 0).bytes).starts_with("1152921504606846976 tensors"));
    const auto missing = inspect_gguf("/nowhere/x.gguf");
    EXPECT_EQ(missing.error().code, ErrorCode::not_found);
    EXPECT_EQ(inspect_gguf("/").error().code, ErrorCode::not_found);
}

TEST(GgufFile, refuses_metadata_that_does_not_fit) {
    const std::uint64_t huge = ~std::uint64_t{0};
    EXPECT_EQ(refusal(Pen().header(0, 1).put(huge).bytes),
              "a key has a length of 18446744073709551615, at most 65535 is possible (at byte 32)");
    EXPECT_EQ(refusal(Pen().header(0, 1).text("a").put(type_text).put(huge).bytes),
              "a value has a length of 18446744073709551615, at most 1073741824 is possible (at "
              "byte 45)");
    EXPECT_EQ(refusal(Pen().header(0, 1).text("a").put(type_array).put(type_u32).put(huge).bytes),
              "key 'a': an array of 18446744073709551615 elements, 0 bytes are left (at byte 49)");
    EXPECT_EQ(refusal(Pen().header(0, 1).text("a").put(type_array).put(type_array).put(huge).bytes),
              "key 'a': an array of type 9 (at byte 49)");
    EXPECT_EQ(refusal(Pen().header(0, 1).text("a").put(77U).put(huge).bytes),
              "key 'a': a value of type 77 (at byte 37)");
    EXPECT_TRUE(refusal(Pen().header(0, 1).text("").put(type_u32).put(1U).bytes)
                    .starts_with("key 0 is empty"));
    Pen twice;
    twice.header(0, 2).text("a").put(type_u32).put(1U).text("a").put(type_u32).put(1U);
    EXPECT_TRUE(refusal(twice.bytes).starts_with("key 'a' comes twice"));
    Pen alignment;
    alignment.header(0, 1).text("general.alignment").put(type_u32).put(24U);
    EXPECT_EQ(refusal(alignment.bytes), "general.alignment is no power of two up to 2^20");
}

TEST(GgufFile, refuses_tensors_that_do_not_fit) {
    const auto one = [](const std::vector<std::uint64_t>& shape, std::uint32_t type,
                        std::uint64_t offset) {
        return refusal(Pen().header(1, 0).tensor("t", shape, type, offset).weights(64).bytes);
    };
    EXPECT_EQ(one({16}, 0, 0), "");
    EXPECT_TRUE(one({17}, 0, 0).starts_with("tensor 't' needs 68 bytes at byte 0 of the weights"));
    EXPECT_EQ(one({16}, 0, 32), "tensor 't' has offset 32, expected 0");
    EXPECT_TRUE(one({0}, 0, 0).starts_with("tensor 't' has no elements"));
    EXPECT_TRUE(
        one({1ULL << 40U, 1ULL << 40U}, 0, 0).starts_with("tensor 't' has no elements, or more"));
    EXPECT_TRUE(
        one({1ULL << 62U}, 0, 0).starts_with("tensor 't' has more bytes than can be counted"));
    EXPECT_TRUE(one({1, 1, 1, 1, 1}, 0, 0).starts_with("tensor 't' has 5 dimensions"));
    EXPECT_TRUE(
        one({33}, 8, 0).starts_with("tensor 't' has rows of 33 elements, no multiple of the 32"));
    EXPECT_EQ(
        inspect(Pen().header(1, 0).tensor("t", {5}, 99, 0).weights(64).bytes)->tensors[0].type,
        "type 99");
    Pen twice;
    twice.header(2, 0).tensor("t", {8}, 0, 0).tensor("t", {8}, 0, 32).weights(64);
    EXPECT_TRUE(refusal(twice.bytes).starts_with("tensor 't' comes twice"));
}

TEST(GgufFile, refuses_two_tokens_that_are_one_to_llama) {
    const auto with_tokens = [](const std::string& a, const std::string& b) {
        Pen pen;
        pen.header(0, 1)
            .text("tokenizer.ggml.tokens")
            .put(type_array)
            .put(type_text)
            .put(std::uint64_t{2});
        return refusal(pen.text(a).text(b).bytes);
    };
    EXPECT_EQ(with_tokens("a", "b"), "");
    EXPECT_EQ(with_tokens("", ""), "");  // both get names of their own
    EXPECT_TRUE(with_tokens("a", "a").starts_with("two tokens are 'a'"));
    EXPECT_TRUE(with_tokens("a", std::string("a\0b", 3)).starts_with("two tokens are 'a'"));
}

TEST(GgufFile, is_refused_to_llama_where_its_counts_would_stop_it) {
    EXPECT_EQ(refusal_to_run([](GgufFile&) {}), "");
    const auto with = [](const char* key, GgufValue value) {
        return refusal_to_run([&](GgufFile& file) { file.metadata[key] = std::move(value); });
    };
    EXPECT_EQ(with("llama.block_count", std::uint64_t{513}),
              "key 'llama.block_count' is not a number from 1 to 512");
    EXPECT_NE(with("llama.block_count", std::uint64_t{0}), "");
    EXPECT_NE(with("llama.block_count", std::string("two")), "");
    EXPECT_NE(with("llama.embedding_length", std::int64_t{-4}), "");
    EXPECT_NE(with("llama.attention.head_count", std::uint64_t{0}), "");
    EXPECT_NE(with("llama.attention.head_count_kv", std::uint64_t{3}), "");
    EXPECT_NE(with("llama.rope.dimension_count", std::uint64_t{7}), "");
    EXPECT_NE(with("llama.rope.dimension_count", std::uint64_t{64}), "");
    EXPECT_NE(with("llama.rope.scaling.type", std::string("sideways")), "");
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    EXPECT_EQ(with("llama.attention.layer_norm_rms_epsilon", -1.0),
              "key 'llama.attention.layer_norm_rms_epsilon' is no number that it may be");
    EXPECT_NE(with("llama.attention.layer_norm_rms_epsilon", nan), "");
    EXPECT_NE(with("llama.rope.freq_base", 0.0), "");
    EXPECT_EQ(with("llama.rope.freq_base", 500000.0), "");
    EXPECT_NE(with("llama.expert_count", std::uint64_t{8}), "");
    EXPECT_NE(with("llama.expert_used_count", std::uint64_t{2}), "");
    EXPECT_NE(with("tokenizer.ggml.tokens", std::uint64_t{300}), "");
    EXPECT_NE(with("tokenizer.ggml.tokens", GgufArray{300, "u32"}), "");
    EXPECT_NE(with("tokenizer.ggml.tokens", GgufArray{301, "string"}), "");
    EXPECT_NE(with("tokenizer.ggml.scores", GgufArray{299, "f32"}), "");
    EXPECT_NE(with("tokenizer.ggml.token_type", GgufArray{300, "u8"}), "");
    EXPECT_EQ(refusal_to_run([](GgufFile& file) { file.metadata.erase("general.architecture"); }),
              "key 'general.architecture' is missing");
    EXPECT_EQ(refusal_to_run([](GgufFile& file) { file.tensors[1].type = "Q8_0"; }),
              "tensor 'blk.0.attn_norm.weight' is of type Q8_0");
    EXPECT_EQ(refusal_to_run([](GgufFile& file) { file.tensors[0].type = "I32"; }),
              "tensor 'token_embd.weight' is of type I32");
}

TEST(GgufFile, is_called_something_else_where_it_is_no_whole_model) {
    const auto code = [](const char* key, GgufValue value) {
        auto file = inspect(made_model());
        file->metadata[key] = std::move(value);
        return check_runnable(*file, "x.gguf").error().code;
    };
    EXPECT_EQ(code("general.type", std::string("adapter")), ErrorCode::invalid_input);
    EXPECT_EQ(code("split.count", std::uint64_t{3}), ErrorCode::invalid_input);
    EXPECT_EQ(code("tokenizer.ggml.model", std::string("bert")), ErrorCode::invalid_input);
}

}  // namespace
}  // namespace fabula::model
