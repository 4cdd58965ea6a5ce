// SPDX-License-Identifier: 0BSD
#include "model/bans.h"

#include "base/utf8.h"

#include <algorithm>
#include <cassert>

namespace fabula::model {
namespace {

constexpr std::size_t longest_character_bytes = 4;

// Where the last whole character of `text` begins: up to there something is known to follow.
std::size_t last_character(std::string_view text) {
    std::size_t at = text.size();
    if (at > 0) previous_character(text, at);
    return at;
}

void lower(std::optional<std::size_t>& first, std::optional<std::size_t> other) {
    if (other && (!first || *other < *first)) first = other;
}

}  // namespace

std::size_t Bans::reach_bytes(const sample::Settings& settings) {
    // Two characters more: one whose end the cut takes, one that assertions look at.
    const std::size_t patterns = settings.bad_patterns.empty()
                                     ? 0
                                     : sample::pattern_reach_bytes + 2 * longest_character_bytes;
    return std::max(sample::Phrases::reach_bytes(settings.bad_words), patterns);
}

Bans::Bans(const sample::Settings& settings, std::string_view prompt, Compiled& compiled)
    : text_(repaired_utf8(prompt)),
      prompt_bytes_(text_.size()),
      has_phrases_(!settings.bad_words.empty()),
      phrases_(settings.bad_words, text_),
      known_(text_.size()) {
    for (const auto& text : settings.bad_patterns) {
        auto found = compiled.find(text);
        if (found == compiled.end()) {
            auto pattern = sample::Pattern::compiled(text);
            assert(pattern.has_value());
            found = compiled.emplace(text, *std::move(pattern)).first;
        }
        patterns_.push_back(found->second);
    }
}

std::string_view Bans::whole_text() const {
    return std::string_view(text_).substr(0, complete_prefix(text_));
}

std::optional<std::size_t> Bans::in_candidate(std::optional<std::size_t> begin) const {
    if (!begin) return {};
    return *begin - std::min(*begin, prompt_bytes_);
}

std::optional<std::size_t> Bans::append(std::string_view piece) {
    if (!watches()) return {};
    text_ += piece;
    std::optional<std::size_t> first = phrases_.read(text_);
    const std::string_view text = whole_text();
    const std::size_t upto = last_character(text);
    for (const auto& pattern : patterns_)
        lower(first, pattern.find(text, known_, upto));
    known_ = std::max(known_, upto);
    return in_candidate(first);
}

std::optional<std::size_t> Bans::finish() const {
    if (!watches()) return {};
    std::optional<std::size_t> first = phrases_.finish();
    const std::string_view text = whole_text();
    for (const auto& pattern : patterns_)
        lower(first, pattern.find(text, known_, text.size()));
    return in_candidate(first);
}

void Bans::take_back(std::size_t bytes) {
    if (!watches()) return;
    assert(prompt_bytes_ + bytes <= text_.size());
    text_.resize(prompt_bytes_ + bytes);
    phrases_.take_back(text_.size());
    known_ = std::max(prompt_bytes_, std::min(known_, last_character(whole_text())));
}

std::size_t Bans::open(std::size_t bytes) const {
    if (!watches()) return npos;
    const std::string_view text = std::string_view(text_).substr(0, prompt_bytes_ + bytes);
    std::size_t first = phrases_.open(text.size());
    for (const auto& pattern : patterns_) {
        const std::size_t begin = pattern.open(text);
        if (begin < text.size()) first = std::min(first, begin);
    }
    return first == npos ? npos : first - std::min(first, prompt_bytes_);
}

}  // namespace fabula::model
