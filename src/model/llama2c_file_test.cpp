// SPDX-License-Identifier: 0BSD
#include "model/llama2c_file.h"

#include "model/made_llama2c.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <limits>

namespace fabula::model {
namespace {

constexpr std::size_t field_of_vocab = 5;

std::vector<std::byte> with_field(std::vector<std::byte> checkpoint, std::size_t field,
                                  std::int32_t n) {
    std::memcpy(checkpoint.data() + field * sizeof(n), &n, sizeof(n));
    return checkpoint;
}

std::string refusal(std::span<const std::byte> checkpoint) {
    const auto read = read_llama2c_checkpoint(checkpoint);
    if (read) return "";
    EXPECT_EQ(read.error().code, ErrorCode::corrupt);
    return read.error().message;
}

/// A tokenizer of 300 tokens of which one is replaced.
std::string refusal_with_token(std::size_t id, const std::string& text, float score = 0) {
    const MadeLlama2c made = make_llama2c({}, 1);
    std::vector<std::byte> bytes(made.tokenizer.begin(), made.tokenizer.begin() + 4);
    std::size_t at = 4;
    for (std::size_t i = 0; i < 300; ++i) {
        std::int32_t length = 0;
        std::memcpy(&length, made.tokenizer.data() + at + 4, sizeof(length));
        const std::size_t size = 8 + static_cast<std::size_t>(length);
        const auto token = std::span(made.tokenizer).subspan(at, size);
        at += size;
        if (i != id) {
            bytes.insert(bytes.end(), token.begin(), token.end());
            continue;
        }
        length = static_cast<std::int32_t>(text.size());
        const auto append = [&bytes](const auto& range) {
            const auto raw = std::as_bytes(std::span(range));
            bytes.insert(bytes.end(), raw.begin(), raw.end());
        };
        append(std::array{score});
        append(std::array{length});
        append(text);
    }
    const auto read = read_llama2c_tokenizer(bytes, 300);
    return read ? "" : read.error().message;
}

TEST(Llama2cFile, lays_out_every_tensor_inside_the_file) {
    for (const bool tied : {true, false}) {
        const MadeLlama2c made = make_llama2c({.tied_head = tied}, 1);
        const auto read = read_llama2c_checkpoint(made.checkpoint);
        ASSERT_TRUE(read);
        EXPECT_EQ(read->shape.tied_head, tied);
        EXPECT_EQ(read->shape.n_vocab, 300U);
        EXPECT_EQ(read->shape.head_size(), 8U);
        EXPECT_EQ(read->tensors.size(), 2U + 2 * 9 + (tied ? 0 : 1));
        for (const Llama2cTensor& tensor : read->tensors) {
            EXPECT_LE(tensor.offset_bytes + tensor.n_rows * tensor.n_columns * sizeof(float),
                      made.checkpoint.size());
        }
        EXPECT_EQ(read->tensors.back().name, tied ? "output_norm.weight" : "output.weight");
    }
}

TEST(Llama2cFile, holds_every_field_of_the_header_against_its_bounds) {
    const std::vector<std::byte> whole = make_llama2c({}, 1).checkpoint;
    EXPECT_EQ(refusal({}), "checkpoint: 0 bytes, a header has 28");
    EXPECT_EQ(refusal(with_field(whole, 0, 0)), "checkpoint: dim is 0, possible is 2 to 65536");
    constexpr auto least = std::numeric_limits<std::int32_t>::min();
    constexpr auto most = std::numeric_limits<std::int32_t>::max();
    for (std::size_t field = 0; field < 7; ++field) {
        for (const std::int32_t n : {least, most, 0})
            EXPECT_NE(refusal(with_field(whole, field, n)), "");
    }
    EXPECT_EQ(refusal(with_field(whole, 3, 3)),
              "checkpoint: dim 32 is not n_heads 3 times an even size");
    EXPECT_EQ(refusal(with_field(whole, 3, 32)),
              "checkpoint: dim 32 is not n_heads 32 times an even size");
    EXPECT_EQ(refusal(with_field(whole, 4, 3)),
              "checkpoint: n_kv_heads 3 does not divide n_heads 4");
    EXPECT_NE(refusal(with_field(whole, field_of_vocab, -300)), "");  // no head of its own is there
}

TEST(Llama2cFile, names_both_sizes_when_a_file_is_cut_or_too_long) {
    std::vector<std::byte> bytes = make_llama2c({}, 1).checkpoint;
    const std::string whole = std::to_string(bytes.size());
    bytes.pop_back();
    EXPECT_EQ(refusal(bytes), "checkpoint: " + std::to_string(bytes.size()) +
                                  " bytes, its header asks for " + whole);
    bytes.resize(bytes.size() + 2);
    EXPECT_NE(refusal(bytes), "");
}

TEST(Llama2cFile, reads_both_forms_of_the_tokenizer_to_the_same_vocabulary) {
    const auto named = read_llama2c_tokenizer(make_llama2c({}, 1).tokenizer, 300);
    const auto raw =
        read_llama2c_tokenizer(make_llama2c({.bytes = BytesForm::raw}, 1).tokenizer, 300);
    ASSERT_TRUE(named);
    ASSERT_TRUE(raw);
    ASSERT_EQ(named->size(), 300U);
    for (std::size_t i = 0; i < named->size(); ++i) {
        EXPECT_EQ((*named)[i].text, (*raw)[i].text);
        EXPECT_EQ((*named)[i].kind, (*raw)[i].kind);
    }
    EXPECT_EQ((*raw)[0].text, "<unk>");
    EXPECT_EQ((*raw)[1].text, "<s>");
    EXPECT_EQ((*raw)[1].kind, TokenKind::control);
    EXPECT_EQ((*raw)[13].text, "<0x0A>");
    EXPECT_EQ((*raw)[13].kind, TokenKind::byte);
    EXPECT_EQ((*raw)[258].text, "<0xFF>");
    EXPECT_EQ((*raw)[259].text, "\xE2\x96\x81t");
}

TEST(Llama2cFile, says_which_token_is_wrong_and_how) {
    EXPECT_EQ(refusal_with_token(270, "qq"), "");
    EXPECT_EQ(refusal_with_token(270, ""), "tokenizer: token 270 is empty");
    EXPECT_EQ(refusal_with_token(270, "he"), "tokenizer: token 270 is the same as token 260");
    EXPECT_EQ(refusal_with_token(270, "<s>"), "tokenizer: token 270 is the same as token 1");
    EXPECT_EQ(refusal_with_token(270, std::string("a\0b", 3)),
              "tokenizer: token 270 holds a zero byte");
    EXPECT_EQ(refusal_with_token(270, "\xC3"), "tokenizer: token 270 is not UTF-8");
    EXPECT_EQ(refusal_with_token(270, "123456789"),
              "tokenizer: token 270 is 9 bytes long, the longest is 8");
    EXPECT_EQ(refusal_with_token(100, "x"), "tokenizer: token 100 does not stand for byte <0x61>");
    EXPECT_EQ(refusal_with_token(270, "x", std::numeric_limits<float>::quiet_NaN()),
              "tokenizer: token 270 has no finite score");
}

TEST(Llama2cFile, wants_as_many_tokens_as_the_checkpoint) {
    const std::vector<std::byte> bytes = make_llama2c({}, 1).tokenizer;
    EXPECT_FALSE(read_llama2c_tokenizer({}, 300));
    EXPECT_EQ(read_llama2c_tokenizer(bytes, 301).error().message,
              "tokenizer: 300 tokens, the checkpoint has 301");
    EXPECT_TRUE(read_llama2c_tokenizer(bytes, 299)
                    .error()
                    .message.ends_with("bytes behind the last of 299 tokens"));
    for (std::size_t size = 0; size < bytes.size(); size += 7) {
        EXPECT_FALSE(read_llama2c_tokenizer(std::span(bytes).first(size), 300));
    }
}

}  // namespace
}  // namespace fabula::model
