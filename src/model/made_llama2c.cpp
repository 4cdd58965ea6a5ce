// SPDX-License-Identifier: 0BSD
#include "model/made_llama2c.h"

#include "base/rng.h"

#include <array>
#include <cassert>
#include <cstdio>
#include <cstring>
#include <string_view>

namespace fabula::model {
namespace {

template <typename T>
void append(std::vector<std::byte>& bytes, T value) {
    const std::size_t at = bytes.size();
    bytes.resize(at + sizeof(T));
    std::memcpy(bytes.data() + at, &value, sizeof(T));
}

void append(std::vector<std::byte>& bytes, std::string_view text, float score) {
    append(bytes, score);
    append(bytes, static_cast<std::int32_t>(text.size()));
    for (const char c : text)
        bytes.push_back(static_cast<std::byte>(c));
}

/// llama2.c's older dumps hold byte b as the character U+00b.
std::string spelt(unsigned byte, BytesForm form) {
    if (form == BytesForm::named) {
        std::array<char, 8> text{};
        std::snprintf(text.data(), text.size(), "<0x%02X>", byte & 0xFFU);
        return text.data();
    }
    if (byte < 0x80) return {static_cast<char>(byte)};
    return {static_cast<char>(0xC0U | (byte >> 6U)), static_cast<char>(0x80U | (byte & 0x3FU))};
}

std::vector<std::byte> tokenizer_of(const MadeShape& shape) {
    std::vector<std::byte> bytes;
    append(bytes, std::int32_t{8});  // longest token
    append(bytes, "<unk>", 0);
    append(bytes, "\n<s>\n", 0);
    append(bytes, "\n</s>\n", 0);
    for (unsigned byte = 0; byte < 256; ++byte)
        append(bytes, spelt(byte, shape.bytes), 0);
    std::vector<std::string> words;
    for (const char* const pair : {" t", "he", " a", " s", " w", "nd", " the", "ed", " b", " to",
                                   " and", " h", "it", "re"}) {
        words.emplace_back(pair);
    }
    words.emplace_back(" ");
    for (char c = 'a'; c <= 'z'; ++c)
        words.emplace_back(1, c);
    for (char c = 'A'; c <= 'Z'; ++c)
        words.emplace_back(1, c);
    for (const char c : std::string_view(".,!?'\"-:;0123456789"))
        words.emplace_back(1, c);
    const auto n_words = static_cast<std::size_t>(shape.n_vocab - 259);
    assert(n_words <= words.size());
    for (std::size_t i = 0; i < n_words; ++i)
        append(bytes, words[i], -static_cast<float>(i));
    return bytes;
}

}  // namespace

MadeLlama2c make_llama2c(const MadeShape& shape, std::uint64_t seed) {
    MadeLlama2c made;
    for (const std::int32_t n :
         {shape.n_embd, shape.n_hidden, shape.n_layer, shape.n_head, shape.n_head_kv,
          shape.tied_head ? shape.n_vocab : -shape.n_vocab, shape.window_tokens}) {
        append(made.checkpoint, n);
    }
    const Rng rng(seed);
    std::uint64_t position = 0;
    const auto add = [&](std::int64_t n, float middle, float width) {
        for (std::int64_t i = 0; i < n; ++i) {
            const auto random = static_cast<float>(rng.uniform(position++)) - 0.5F;
            append(made.checkpoint, middle + width * random);
        }
    };
    const std::int64_t n_embd = shape.n_embd;
    const std::int64_t n_layer = shape.n_layer;
    const std::int64_t head = shape.n_embd / shape.n_head;
    const std::int64_t n_kv = head * shape.n_head_kv;
    const float width = 0.5F;
    add(n_embd * shape.n_vocab, 0, 2);
    add(n_layer * n_embd, 1, width);
    add(n_layer * n_embd * n_embd, 0, width);
    add(n_layer * n_embd * n_kv * 2, 0, width);
    add(n_layer * n_embd * n_embd, 0, width);
    add(n_layer * n_embd, 1, width);
    add(n_layer * n_embd * shape.n_hidden * 3, 0, width);
    add(n_embd, 1, width);
    add(shape.window_tokens * head, 0, 0);  // the rotation's tables, which nobody reads
    if (!shape.tied_head) add(n_embd * shape.n_vocab, 0, 2);
    made.tokenizer = tokenizer_of(shape);
    return made;
}

}  // namespace fabula::model
