// SPDX-License-Identifier: 0BSD
#include "preference/features.h"

#include "base/sentences.h"
#include "base/utf8.h"
#include "preference/quotations.h"
#include "preference/score.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>
#include <numeric>

namespace fabula::preference {
namespace {

constexpr int repeated_length = 4;  // words in a row that count as repeated, as in copied_share

struct Reading {
    const StorySoFar* story = nullptr;
    const Continuation* given = nullptr;
    std::vector<std::string> words;
    std::vector<std::size_t> sentences;  // ends, as sentence_ends has them
    std::vector<Stretch> stretches;
};

using Value = std::optional<double>;

Value yes_or_no(bool is_so) {
    return is_so ? 1.0 : 0.0;
}

// "he'd" and "he’d" are he.
std::string_view without_ending(std::string_view word) {
    return word.substr(0, std::min(word.find('\''), word.find("\xE2\x80\x99")));
}

bool is_pronoun(std::string_view word) {
    constexpr std::array<std::string_view, 7> pronouns{"i", "you", "he", "she", "it", "we", "they"};
    return std::find(pronouns.begin(), pronouns.end(), without_ending(word)) != pronouns.end();
}

Value n_words(const Reading& reading) {
    return static_cast<double>(reading.words.size());
}

Value n_tokens(const Reading& reading) {
    if (reading.given->logprobs.empty()) return {};
    return static_cast<double>(reading.given->logprobs.size());
}

Value n_sentences(const Reading& reading) {
    return static_cast<double>(reading.sentences.size());
}

Value mean_logprob(const Reading& reading) {
    const auto& logprobs = reading.given->logprobs;
    if (logprobs.empty()) return {};
    return std::accumulate(logprobs.begin(), logprobs.end(), 0.0) /
           static_cast<double>(logprobs.size());
}

Value begins_with_pronoun(const Reading& reading) {
    return yes_or_no(!reading.words.empty() && is_pronoun(reading.words.front()));
}

// Where the first quotation opens that this text opens itself, or npos.
std::size_t first_opening(const Reading& reading) {
    bool was_quoted = reading.story->is_in_quotation();
    for (const auto& stretch : reading.stretches) {
        if (stretch.is_quoted && !(was_quoted && stretch.begin == 0)) return stretch.begin;
        was_quoted = stretch.is_quoted;
    }
    return std::string_view::npos;
}

Value pronoun_then_quotation(const Reading& reading) {
    if (reading.words.empty() || !is_pronoun(reading.words.front())) return 0;
    const std::size_t opening = first_opening(reading);
    const std::size_t end =
        reading.sentences.empty() ? reading.given->text.size() : reading.sentences.front();
    return yes_or_no(opening != std::string_view::npos && opening < end);
}

Value begins_with_quotation(const Reading& reading) {
    const std::size_t opening = first_opening(reading);
    if (opening == std::string_view::npos) return 0;
    return yes_or_no(words_of(reading.given->text.substr(0, opening)).empty());
}

Value begins_paragraph(const Reading& reading) {
    const auto& text = reading.given->text;
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    return yes_or_no(text.substr(0, first).find('\n') != std::string_view::npos);
}

Value dialogue_share(const Reading& reading) {
    std::size_t quoted = 0;
    std::size_t all = 0;
    for (const auto& stretch : reading.stretches) {
        const auto n =
            words_of(reading.given->text.substr(stretch.begin, stretch.end - stretch.begin)).size();
        all += n;
        if (stretch.is_quoted) quoted += n;
    }
    if (all == 0) return 0;
    return static_cast<double>(quoted) / static_cast<double>(all);
}

Value has_question(const Reading& reading) {
    return yes_or_no(reading.given->text.find('?') != std::string_view::npos);
}

Value has_exclamation(const Reading& reading) {
    return yes_or_no(reading.given->text.find('!') != std::string_view::npos);
}

// One run of letters with inner apostrophes, [begin, end) in bytes.
struct Letters {
    std::size_t begin = 0;
    std::size_t end = 0;
};

// Whether `c` has an upper or lower case, and whether it is in upper case.
struct Case {
    bool has_case = false;
    bool is_upper = false;
};

Case case_of(std::string_view c) {
    if (c.size() == 1) {
        const auto byte = static_cast<unsigned char>(c.front());
        return {std::isalpha(byte) != 0, std::isupper(byte) != 0};
    }
    const bool is_upper = folded(c) != c;
    return {is_upper || upper_case(c) != c, is_upper};
}

std::vector<Letters> runs_of_letters(std::string_view text) {
    std::vector<Letters> runs;
    bool is_inside = false;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t begin = at;
        const char32_t c = next_character(text, at);
        const bool is_apostrophe = c == U'\'' || c == 0x2019;
        const bool is_letter = case_of(text.substr(begin, at - begin)).has_case;
        if (is_letter && !is_inside) runs.push_back({begin, at});
        if (is_letter) runs.back().end = at;
        is_inside = is_letter || (is_inside && is_apostrophe);
    }
    return runs;
}

// Whether a capital at `begin` may be there for the place and not for a name.
bool is_capital_by_place(const Reading& reading, std::size_t begin, std::size_t previous_end) {
    if (previous_end == 0) return reading.story->is_at_sentence_begin();
    for (const std::size_t end : reading.sentences) {
        if (end >= previous_end && end <= begin) return true;
    }
    return std::any_of(reading.stretches.begin(), reading.stretches.end(),
                       [&](const Stretch& stretch) {
                           return stretch.begin > previous_end - 1 && stretch.begin <= begin;
                       });
}

Value new_names(const Reading& reading) {
    const auto text = reading.given->text;
    std::unordered_set<std::string> names;
    std::size_t previous_end = 0;
    for (const auto& run : runs_of_letters(text)) {
        const auto word = text.substr(run.begin, run.end - run.begin);
        std::size_t after = 0;
        next_character(word, after);
        const std::string known = folded(without_ending(word));
        const bool is_name = case_of(word.substr(0, after)).is_upper && known != "i" &&
                             !is_capital_by_place(reading, run.begin, previous_end);
        if (is_name && !reading.story->has_word(known)) names.insert(known);
        previous_end = run.end;
    }
    return static_cast<double>(names.size());
}

Value new_words_share(const Reading& reading) {
    const std::unordered_set<std::string> different(reading.words.begin(), reading.words.end());
    if (different.empty()) return 0;
    const auto is_new = [&](const std::string& word) { return !reading.story->has_word(word); };
    return static_cast<double>(std::count_if(different.begin(), different.end(), is_new)) /
           static_cast<double>(different.size());
}

Value copied(const Reading& reading) {
    return reading.given->copied_share;
}

Value repeated(const Reading& reading) {
    return repeated_share(reading.given->text, repeated_length, Occurrences::later);
}

Value ends_in_mid_sentence(const Reading& reading) {
    return yes_or_no(!reading.words.empty() && !ends_sentence(reading.given->text));
}

constexpr std::array table{
    Feature{"begins_with_pronoun", "begins with a pronoun",
            "The first word is I, you, he, she, it, we or they.", ""},
    Feature{"pronoun_then_quotation", "pronoun, then a quote",
            "It begins with such a pronoun, and its first sentence opens a quotation.", ""},
    Feature{"begins_with_quotation", "begins with a quote",
            "No word stands before its first quotation mark.", ""},
    Feature{"begins_paragraph", "begins a new paragraph",
            "A line break stands before its first word.", ""},
    Feature{"words", "length in words", "How many words it has.", "words"},
    Feature{"tokens", "length in tokens", "How many tokens the model drew.", "tokens"},
    Feature{"sentences", "sentences", "How many sentences end in it.", "sentences"},
    Feature{"dialogue_share", "share of dialogue",
            "How much of it, in words, stands between quotation marks.", "share"},
    Feature{"has_question", "has a question mark", "There is a question mark in it.", ""},
    Feature{"has_exclamation", "has an exclamation mark", "There is an exclamation mark in it.",
            ""},
    Feature{"new_names", "new names",
            "How many different words with a capital, not at the beginning of a sentence, stand "
            "nowhere earlier in the story.",
            "names"},
    Feature{"new_words_share", "share of new words",
            "How much of its vocabulary stands nowhere earlier in the story.", "share"},
    Feature{"copied_share", "copied from the story",
            "How many of its runs of four words stand earlier in the story or in itself.", "share"},
    Feature{"repeated_share", "repeats itself",
            "How much of it, in words, lies in runs of four words that it already had.", "share"},
    Feature{"mean_logprob", "likely for the model",
            "The mean log-probability of its tokens under the model.", "nats a token"},
    Feature{"ends_in_mid_sentence", "ends in mid-sentence", "It stops before its sentence ends.",
            ""},
};

using Measure = Value (*)(const Reading&);
constexpr std::array<Measure, table.size()> measures{begins_with_pronoun,
                                                     pronoun_then_quotation,
                                                     begins_with_quotation,
                                                     begins_paragraph,
                                                     n_words,
                                                     n_tokens,
                                                     n_sentences,
                                                     dialogue_share,
                                                     has_question,
                                                     has_exclamation,
                                                     new_names,
                                                     new_words_share,
                                                     copied,
                                                     repeated,
                                                     mean_logprob,
                                                     ends_in_mid_sentence};

}  // namespace

std::span<const Feature> features() {
    return table;
}

StorySoFar::StorySoFar(std::string_view text)
    : is_in_quotation_(ends_in_quotation(text)),
      is_at_sentence_begin_(text.find_first_not_of(" \t\r\n") == std::string_view::npos ||
                            ends_sentence(text)) {
    for (auto& word : words_of(text)) {
        const auto stem = without_ending(word);
        if (stem.size() < word.size()) words_.emplace(stem);
        words_.insert(std::move(word));
    }
}

std::vector<std::optional<double>> feature_values(const StorySoFar& story,
                                                  const Continuation& continuation) {
    const Reading reading{&story, &continuation, words_of(continuation.text),
                          sentence_ends(continuation.text),
                          stretches_of(continuation.text, story.is_in_quotation())};
    std::vector<std::optional<double>> values;
    values.reserve(measures.size());
    for (const auto measure : measures)
        values.push_back(measure(reading));
    return values;
}

std::string first_word(std::string_view text) {
    const auto words = words_of(text);
    return words.empty() ? std::string() : words.front();
}

}  // namespace fabula::preference
