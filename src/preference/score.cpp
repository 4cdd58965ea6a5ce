// SPDX-License-Identifier: 0BSD
#include "preference/score.h"

#include "base/sentences.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace fabula::preference {
namespace {

constexpr std::size_t copied_length = 4;  // words in a row that count as copied

// Words as numbers: equal words have equal ones.
class Lexicon {
public:
    void append(std::string_view text, std::vector<std::uint32_t>& numbers) {
        for (auto& word : words_of(text)) {
            const auto next = static_cast<std::uint32_t>(numbers_.size());
            numbers.push_back(numbers_.try_emplace(std::move(word), next).first->second);
        }
    }

private:
    std::unordered_map<std::string, std::uint32_t> numbers_;
};

using Words = std::vector<std::uint32_t>;

// The n-grams of a list of words, told apart by their words; the hash only finds them fast.
class Grams {
public:
    Grams(const Words& words, std::size_t n) : words_(words), n_(n) {
        if (words.size() < n) return;
        // Rolling: h(i + 1) = h(i) m + word(i + n) - word(i) m^n, all modulo 2^64.
        std::uint64_t power = 1;
        std::uint64_t hash = 0;
        for (std::size_t i = 0; i < n; ++i) {
            power *= multiplier;
            hash = hash * multiplier + value(i);
        }
        hashes_.push_back(hash);
        for (std::size_t i = n; i < words.size(); ++i) {
            hash = hash * multiplier + value(i) - power * value(i - n);
            hashes_.push_back(hash);
        }
    }

    std::size_t size() const { return hashes_.size(); }

    /// For each n-gram, the first place where the same one stands.
    std::vector<std::size_t> first_places() const {
        const auto hash_of = [this](std::size_t at) { return mixed(hashes_[at]); };
        const auto are_equal = [this](std::size_t a, std::size_t b) {
            return std::equal(words_.begin() + offset(a), words_.begin() + offset(a + n_),
                              words_.begin() + offset(b));
        };
        std::unordered_set<std::size_t, decltype(hash_of), decltype(are_equal)> seen(
            2 * size(), hash_of, are_equal);
        std::vector<std::size_t> first;
        first.reserve(size());
        for (std::size_t at = 0; at < size(); ++at)
            first.push_back(*seen.insert(at).first);
        return first;
    }

private:
    static constexpr std::uint64_t multiplier = 0x9E3779B97F4A7C15ULL;

    std::uint64_t value(std::size_t at) const { return std::uint64_t{words_[at]} + 1; }
    static std::ptrdiff_t offset(std::size_t at) { return static_cast<std::ptrdiff_t>(at); }
    static std::size_t mixed(std::uint64_t hash) { return (hash ^ (hash >> 32)) * multiplier; }

    const Words& words_;
    std::size_t n_;
    std::vector<std::uint64_t> hashes_;
};

}  // namespace

double copied_share(std::string_view story, std::string_view candidate) {
    Lexicon lexicon;
    Words words;
    lexicon.append(story, words);
    const std::size_t begin = words.size();
    lexicon.append(candidate, words);
    if (words.size() - begin < copied_length) return 0;

    const auto first = Grams(words, copied_length).first_places();
    std::size_t copied = 0;
    for (std::size_t at = begin; at < first.size(); ++at)
        copied += first[at] != at ? 1 : 0;
    return static_cast<double>(copied) / static_cast<double>(first.size() - begin);
}

Score score(std::string_view story, std::string_view candidate, std::span<const float> logprobs) {
    Score score;
    if (logprobs.empty() || words_of(candidate).empty()) {
        score.value = -std::numeric_limits<double>::infinity();
        return score;
    }
    score.mean_logprob = std::accumulate(logprobs.begin(), logprobs.end(), 0.0) /
                         static_cast<double>(logprobs.size());
    score.copied_share = copied_share(story, candidate);
    score.value = score.mean_logprob - copy_penalty * score.copied_share;
    return score;
}

Score score_without_logprobs(std::string_view story, std::string_view candidate) {
    Score score;
    score.mean_logprob = std::numeric_limits<double>::quiet_NaN();
    if (words_of(candidate).empty()) {
        score.value = -std::numeric_limits<double>::infinity();
        return score;
    }
    score.copied_share = copied_share(story, candidate);
    score.value = 0 - copy_penalty * score.copied_share;
    return score;
}

double repeated_share(std::string_view text, int n, Occurrences counted) {
    assert(n > 0);
    const auto length = static_cast<std::size_t>(n);
    Lexicon lexicon;
    Words words;
    lexicon.append(text, words);
    if (words.empty()) return 0;

    const auto first = Grams(words, length).first_places();
    std::vector<bool> is_repeated(first.size());
    for (std::size_t at = 0; at < first.size(); ++at) {
        if (first[at] == at) continue;
        is_repeated[at] = true;
        if (counted == Occurrences::all) is_repeated[first[at]] = true;
    }
    std::size_t repeated = 0;
    std::size_t covered_to = 0;  // words before this are counted
    for (std::size_t at = 0; at < first.size(); ++at) {
        if (!is_repeated[at]) continue;
        repeated += at + length - std::max(covered_to, at);
        covered_to = at + length;
    }
    return static_cast<double>(repeated) / static_cast<double>(words.size());
}

}  // namespace fabula::preference
