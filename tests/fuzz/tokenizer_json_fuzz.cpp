// SPDX-License-Identifier: 0BSD
// tokenizer.json: what is read has a different text for each token, and is read again as the same
// after it was written.
#include "model/hugging_face/folder_texts.h"
#include "model/hugging_face/tokenizer_file.h"

#include <cstdint>
#include <cstdlib>
#include <set>
#include <string_view>

namespace hugging_face = fabula::model::hugging_face;

namespace {

constexpr std::uint64_t n_vocab = 300;

void compare(const hugging_face::TokenizerFile& a, const hugging_face::TokenizerFile& b) {
    if (a.kind != b.kind || a.split != b.split || a.merges != b.merges) std::abort();
    for (std::size_t i = 0; i < n_vocab; ++i) {
        if (a.tokens[i].text != b.tokens[i].text) std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto json = hugging_face::parse_json({reinterpret_cast<const char*>(data), size});
    if (!json) return 0;
    const auto tokenizer = hugging_face::tokenizer_of(*json, n_vocab);
    if (!tokenizer) return 0;
    std::set<std::string_view> texts;
    for (const auto& token : tokenizer->tokens) {
        if (token.text.empty() || !texts.insert(token.text).second) std::abort();
    }
    if (texts.size() != n_vocab) std::abort();
    const auto again =
        hugging_face::tokenizer_of(hugging_face::tokenizer_json(*tokenizer), n_vocab);
    if (!again) std::abort();
    compare(*tokenizer, *again);
    return 0;
}
