// SPDX-License-Identifier: 0BSD
#include "make_model/made_vocabulary.h"

#include <cassert>
#include <string_view>

namespace fabula::make_model {
namespace {

constexpr std::int32_t normal_kind = 1;
constexpr std::int32_t control_kind = 3;

constexpr std::string_view letters = "etaoinshrdlucmfwypvbgkqjxz";  // commonest first

std::string utf8_of(unsigned code_point) {
    if (code_point < 0x80) return {static_cast<char>(code_point)};
    assert(code_point < 0x800);
    return {static_cast<char>(0xC0U | (code_point >> 6U)),
            static_cast<char>(0x80U | (code_point & 0x3FU))};
}

bool is_printable(unsigned byte) {
    return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

/// A printable byte as its own character, the others as characters from U+0100 on.
/// Source: Radford et al., "Language Models are Unsupervised Multitask Learners", 2019:
/// bytes_to_unicode in its encoder.py.
std::vector<std::string> spelt_bytes() {
    std::vector<std::string> spelt;
    unsigned next = 0x100;
    for (unsigned byte = 0; byte < 256; ++byte)
        spelt.push_back(utf8_of(is_printable(byte) ? byte : next++));
    return spelt;
}

std::vector<std::string> every_pair(const std::vector<std::string>& lefts,
                                    const std::vector<std::string>& rights) {
    std::vector<std::string> pairs;
    pairs.reserve(lefts.size() * rights.size());
    for (const std::string& left : lefts) {
        for (const std::string& right : rights)
            pairs.push_back(left + right);
    }
    return pairs;
}

/// Adds the tokens that join a left to a right, until the vocabulary is full.
void add_joined(MadeVocabulary& vocabulary, std::uint64_t n_vocab,
                const std::vector<std::string>& lefts, const std::vector<std::string>& rights) {
    for (const std::string& left : lefts) {
        for (const std::string& right : rights) {
            if (vocabulary.tokens.size() == n_vocab) return;
            vocabulary.tokens.push_back(left + right);
            vocabulary.merges.push_back(left);
            vocabulary.merges.back().append(1, ' ').append(right);
        }
    }
}

}  // namespace

MadeVocabulary make_vocabulary(std::uint64_t n_vocab) {
    assert(n_vocab >= least_vocab && n_vocab <= most_vocab);
    MadeVocabulary vocabulary;
    vocabulary.tokens.reserve(n_vocab);
    vocabulary.tokens = {"<s>", "</s>"};
    const std::vector<std::string> bytes = spelt_bytes();
    vocabulary.tokens.insert(vocabulary.tokens.end(), bytes.begin(), bytes.end());
    std::vector<std::string> singles;
    for (const char letter : letters)
        singles.emplace_back(1, letter);
    std::vector<std::string> firsts = {bytes[' ']};
    firsts.insert(firsts.end(), singles.begin(), singles.end());
    const std::vector<std::string> inner = every_pair(singles, singles);
    const std::vector<std::string> pairs = every_pair(firsts, singles);
    add_joined(vocabulary, n_vocab, firsts, singles);
    add_joined(vocabulary, n_vocab, pairs, singles);
    add_joined(vocabulary, n_vocab, pairs, inner);
    vocabulary.kinds.assign(vocabulary.tokens.size(), normal_kind);
    vocabulary.kinds[vocabulary.bos] = control_kind;
    vocabulary.kinds[vocabulary.eos] = control_kind;
    return vocabulary;
}

}  // namespace fabula::make_model
