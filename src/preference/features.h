// SPDX-License-Identifier: 0BSD
// What a reader may be drawn to in a continuation, as numbers: how it begins, how long it is, how
// much of it is dialogue, how much repeats. A table of names, so that a report can list them and a
// ranker can learn from them. Pure functions over text.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace fabula::preference {

/// One thing that can be told of a continuation by a number.
struct Feature {
    const char* name;   // "begins_with_pronoun": in JSON
    const char* label;  // "begins with a pronoun": for people
    const char* hint;   // one plain sentence: what is counted
    const char* unit;   // "words", "share", ...; "" for what is so (1) or not (0)

    bool is_yes_or_no() const { return *unit == '\0'; }
};

/// Every feature, in the order of `feature_values`.
std::span<const Feature> features();

/// The story that candidates continue, looked at once for all of them. Keeps no reference to it.
class StorySoFar {
public:
    /// O(bytes of `text`).
    explicit StorySoFar(std::string_view text);

    bool has_word(const std::string& folded_word) const { return words_.contains(folded_word); }
    /// Whether the next character stands inside a quotation that the story opened.
    bool is_in_quotation() const { return is_in_quotation_; }
    /// Whether the next character begins a sentence.
    bool is_at_sentence_begin() const { return is_at_sentence_begin_; }

private:
    std::unordered_set<std::string> words_;
    bool is_in_quotation_ = false;
    bool is_at_sentence_begin_ = true;
};

/// A continuation and what is known of it beside its words.
struct Continuation {
    std::string_view text;
    std::span<const float> logprobs;     // nats under the model, one a token; empty: not known
    std::optional<double> copied_share;  // of its 4-grams (score.h); empty: not known
};

/// The value of each feature, in the order of `features()`; empty where it is not known.
///
/// Words and sentences are those of base/sentences.h. Quotations stand between " ", “ ”, „ “ or
/// « »; a straight mark opens or closes by turns and a line break closes what stands open, so that
/// one lost mark does not turn the rest of a text inside out. Single marks are apostrophes more
/// often than quotations and are not counted. Pronouns and names are known in English and in
/// scripts that have capitals.
std::vector<std::optional<double>> feature_values(const StorySoFar& story,
                                                  const Continuation& continuation);

/// The first word as `words_of` counts them, or "".
std::string first_word(std::string_view text);

}  // namespace fabula::preference
