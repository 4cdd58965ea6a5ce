// SPDX-License-Identifier: 0BSD
// A byte-level BPE vocabulary of any size. It spells every text: the 256 bytes are tokens, and
// whatever the merges join is one too.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fabula::make_model {

// A start, an end and 256 bytes; then strings of two to four lower-case letters, the first of which
// may be a space.
constexpr std::uint64_t least_vocab = 2 + 256;
constexpr std::uint64_t most_vocab = least_vocab + 27ULL * 26 * (1 + 26 + 26 * 26);

struct MadeVocabulary {
    std::vector<std::string> tokens;  // by id, no two equal; bytes as GPT-2 spells them
    std::vector<std::int32_t> kinds;  // by id: llama_token_type
    std::vector<std::string> merges;  // "LEFT RIGHT", the first is merged first
    std::uint32_t bos = 0;
    std::uint32_t eos = 1;
};

/// Shorter tokens come first, then those of commoner letters. A vocabulary is the beginning of
/// every larger one. Requires least_vocab <= n_vocab <= most_vocab.
MadeVocabulary make_vocabulary(std::uint64_t n_vocab);

}  // namespace fabula::make_model
