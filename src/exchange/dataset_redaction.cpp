// SPDX-License-Identifier: 0BSD
#include "exchange/dataset_redaction.h"

#include "base/sentences.h"
#include "base/utf8.h"
#include "sample/phrases.h"

#include <algorithm>
#include <set>

namespace fabula::exchange {
namespace {

constexpr std::size_t most_names = 10'000;
constexpr std::size_t most_name_bytes = 200;
constexpr std::size_t fewest_letters = 2;  // of a name that a text breaks off
constexpr const char* white_space = " \t\r\n\v\f";

struct Span {
    std::size_t begin;
    std::size_t end;
    std::size_t name;
};

std::string trimmed(const std::string& text) {
    const auto first = text.find_first_not_of(white_space);
    if (first == std::string::npos) return {};
    return text.substr(first, text.find_last_not_of(white_space) - first + 1);
}

// The end of `text` that holds `bytes` bytes and begins at a word, or all of it.
std::size_t end_of_text(std::string_view text, std::size_t bytes) {
    if (text.size() <= bytes) return 0;
    const auto space = text.find_last_of(white_space, text.size() - bytes);
    return space == std::string_view::npos ? 0 : space;
}

// The end of `before` in which a phrase may begin: so many bytes that are no white space.
std::string_view reach_into(std::string_view before, std::size_t bytes) {
    std::size_t at = before.size();
    for (std::size_t n = 0; at > 0 && n < bytes;) {
        const std::size_t end = at;
        const char32_t c = previous_character(before, at);
        if (c > ' ') n += end - at;
    }
    return before.substr(at);
}

std::size_t characters_in(std::string_view text) {
    std::size_t n = 0;
    for (std::size_t at = 0; at < text.size(); ++n)
        next_character(text, at);
    return n;
}

// Every place of `name` in `text` that ends behind byte `from`.
void find(const std::string& name, std::size_t number, std::string_view text, std::size_t from,
          std::vector<Span>& spans) {
    const std::string names[] = {name};
    sample::Phrases phrases(names, text.substr(0, from));
    for (std::size_t at = from; at < text.size();) {
        const std::size_t end = at;
        next_character(text, at);
        if (const auto begin = phrases.read(text.substr(0, at)))
            spans.push_back({*begin, end, number});
    }
    if (const auto begin = phrases.finish()) {
        spans.push_back({*begin, text.size(), number});
        return;
    }
    const std::size_t open = phrases.open(text.size());
    if (open >= text.size()) return;
    const std::size_t end = text.find_last_not_of(white_space) + 1;
    if (end > open && characters_in(text.substr(open, end - open)) >= fewest_letters)
        spans.push_back({open, end, number});
}

// By their beginnings; those that overlap become one, of the name that begins first and is longest.
std::vector<Span> joined(std::vector<Span> spans) {
    std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) {
        return a.begin != b.begin ? a.begin < b.begin : a.end > b.end;
    });
    std::vector<Span> apart;
    for (const Span& span : spans) {
        if (!apart.empty() && span.begin < apart.back().end)
            apart.back().end = std::max(apart.back().end, span.end);
        else
            apart.push_back(span);
    }
    return apart;
}

}  // namespace

Result<Redaction> Redaction::of(const std::vector<std::string>& names) {
    Redaction redaction;
    std::set<std::string> known;
    for (const auto& each : names) {
        Name name;
        name.text = trimmed(each);
        if (name.text.empty()) continue;
        if (!is_utf8(name.text) || name.text.find('\0') != std::string::npos)
            return Error{ErrorCode::invalid_input, "a name to redact is not UTF-8"};
        if (name.text.size() > most_name_bytes || words_of(name.text).empty())
            return Error{
                ErrorCode::invalid_input,
                "name to redact '" +
                    name.text.substr(0, complete_prefix(name.text.substr(0, most_name_bytes))) +
                    "': letters or digits, at most " + std::to_string(most_name_bytes) +
                    " bytes, are a name"};
        name.folded = folded(name.text);
        if (!known.insert(name.folded).second) continue;
        name.first_word = words_of(name.text).front();
        name.first_word.resize(std::min(name.first_word.find('\''), name.first_word.size()));
        name.mark = "[NAME" + std::to_string(redaction.names_.size() + 1) + "]";
        redaction.names_.push_back(std::move(name));
    }
    if (redaction.names_.size() > most_names)
        return Error{ErrorCode::invalid_input, std::to_string(redaction.names_.size()) +
                                                   " names to redact: at most " +
                                                   std::to_string(most_names) + " are taken"};
    return redaction;
}

std::string Redaction::redacted(std::string_view text, std::string_view before) const {
    if (names_.empty() || text.empty()) return std::string(text);
    std::size_t reach = 0;
    for (const auto& name : names_)
        reach = std::max(reach, sample::Phrases::reach_bytes(std::span(&name.text, 1)));
    // Two characters more, so that the one before the reach tells whether a word begins there.
    const std::string_view context = reach_into(before, reach + 8);
    const std::string whole = std::string(context) + std::string(text);
    const std::string whole_folded = folded(whole);
    // A name of which not even the first word is there can only be broken off at the end.
    const std::size_t last_words = end_of_text(whole, reach + 8);
    std::vector<Span> spans;
    for (std::size_t i = 0; i < names_.size(); ++i) {
        const bool may_stand = whole_folded.find(names_[i].first_word) != std::string::npos;
        const std::size_t skipped = may_stand ? 0 : last_words;
        std::vector<Span> found;
        const std::string_view rest = std::string_view(whole).substr(skipped);
        find(names_[i].text, i, rest, context.size() > skipped ? context.size() - skipped : 0,
             found);
        for (const Span& span : found)
            spans.push_back({span.begin + skipped, span.end + skipped, span.name});
    }
    std::string out;
    std::size_t at = context.size();
    for (const Span& span : joined(std::move(spans))) {
        if (span.end <= at) continue;
        if (span.begin >= context.size()) {
            out.append(whole, at, span.begin - at);
            out += names_[span.name].mark;
        }
        at = span.end;
    }
    out.append(whole, at, std::string::npos);
    return out;
}

std::string Redaction::redacted_whole(const std::string& text) const {
    const std::string folded_text = folded(text);
    for (const auto& name : names_) {
        if (folded_text.find(name.folded) != std::string::npos) return name.mark;
    }
    return text;
}

}  // namespace fabula::exchange
