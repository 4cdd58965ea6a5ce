// SPDX-License-Identifier: 0BSD
#include "model/candidate_text.h"

#include "base/sentences.h"
#include "base/utf8.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace fabula::model {
namespace {

// Whether the end of `text` (which stood complete at byte `at`) shows that a sentence ended at
// `at`.
bool begins_anew(std::string_view text, std::size_t at) {
    const auto ends = sentence_ends(text);
    return std::find(ends.begin(), ends.end(), at) != ends.end() || [&] {
        // The white space before the next sentence belongs to the one before it, for ICU.
        for (const auto end : ends) {
            if (end > at && end < text.size() &&
                text.substr(at, end - at).find_first_not_of(" \t\n") == std::string_view::npos)
                return true;
        }
        return false;
    }();
}

bool is_control(char32_t c) {
    return (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7F && c < 0xA0);
}

// Bytes at the end of `text` that a stop string may turn out to begin with.
std::size_t held_for(std::string_view text, std::string_view stop) {
    for (std::size_t n = std::min(text.size(), stop.size() - 1); n > 0; --n) {
        if (text.ends_with(stop.substr(0, n))) return n;
    }
    return 0;
}

int reach_tokens(int max_new_tokens) {
    return std::max(least_reach_tokens, static_cast<int>(reach_share * max_new_tokens));
}

}  // namespace

int most_tokens(int max_new_tokens) {
    return max_new_tokens + reach_tokens(max_new_tokens) + 1;
}

CandidateText::CandidateText(int max_new_tokens, std::vector<std::string> stop)
    : max_new_tokens_(max_new_tokens), stop_(std::move(stop)) {}

bool CandidateText::may_follow(std::string_view piece) const {
    if (piece.empty()) return false;  // a control token: it would write nothing
    const std::size_t whole = complete_prefix(text_);
    const std::string tail = text_.substr(whole) + std::string(piece);
    const std::size_t ready = complete_prefix(tail);
    if (first_malformed(std::string_view(tail).substr(0, ready)) != ready) return false;
    for (std::size_t at = 0; at < ready;) {
        if (is_control(next_character(tail, at))) return false;
    }
    return true;
}

std::optional<Ending> CandidateText::append(TokenId token, std::string_view piece,
                                            const TokenTrace& trace) {
    const std::size_t before = text_.size();
    text_ += piece;
    ids_.push_back(token);
    trace_.push_back(trace);
    token_ends_.push_back(text_.size());
    if (auto ending = find_stop(before)) return ending;
    if (static_cast<int>(ids_.size()) <= max_new_tokens_) return {};
    if (auto ending = find_sentence_end(before)) return ending;
    if (static_cast<int>(ids_.size()) < most_tokens(max_new_tokens_)) return {};
    // Nobody can know how it goes on, so a sentence that looks ended counts as ended.
    const bool whole = ends_sentence(text_);
    finish();
    return whole ? Ending::sentence_end : Ending::budget;
}

std::optional<Ending> CandidateText::find_stop(std::size_t from) {
    std::size_t first = std::string::npos;
    for (const auto& stop : stop_) {
        const std::size_t begin = from > stop.size() ? from - stop.size() : 0;
        first = std::min(first, text_.find(stop, begin));
    }
    if (first == std::string::npos) return {};
    // A space left at the end would be a token of its own, which models have seldom seen there.
    while (first > shown_ && text_[first - 1] == ' ')
        --first;
    cut_to(first);
    finish();
    return Ending::stop_string;
}

std::optional<Ending> CandidateText::find_sentence_end(std::size_t before) {
    const auto head = std::string_view(text_).substr(0, before);
    if (!ends_sentence(head) || !begins_anew(text_, before)) return {};
    cut_to(before);
    finish();
    return Ending::sentence_end;
}

void CandidateText::cut_to(std::size_t bytes) {
    text_.resize(bytes);
    while (!token_ends_.empty() && token_ends_.back() > bytes) {
        token_ends_.pop_back();
        ids_.pop_back();
        trace_.pop_back();
    }
}

void CandidateText::finish() {
    const std::size_t whole = complete_prefix(text_);
    if (whole < text_.size()) {  // tokens that began a character which never came
        while (!token_ends_.empty() && token_ends_.back() > whole) {
            token_ends_.pop_back();
            ids_.pop_back();
            trace_.pop_back();
        }
        text_.resize(whole);
    }
    ids_bytes_ = token_ends_.empty() ? 0 : token_ends_.back();
    is_finished_ = true;
}

void CandidateText::take_back(std::size_t n_tokens) {
    assert(n_tokens <= ids_.size());
    ids_.resize(n_tokens);
    trace_.resize(n_tokens);
    token_ends_.resize(n_tokens);
    text_.resize(token_begin(n_tokens));
    assert(shown_ <= text_.size());
    is_finished_ = false;
}

std::size_t CandidateText::token_at(std::size_t byte) const {
    const auto token = std::upper_bound(token_ends_.begin(), token_ends_.end(), byte);
    return static_cast<std::size_t>(token - token_ends_.begin());
}

std::size_t CandidateText::token_begin(std::size_t token) const {
    return token == 0 ? 0 : token_ends_[token - 1];
}

std::size_t CandidateText::visible_bytes(std::size_t upto) const {
    if (is_finished_) return text_.size();
    std::size_t visible = std::min(upto, text_.size());
    // Past the budget the newest token may only be a look ahead, and is taken back then.
    if (static_cast<int>(ids_.size()) > max_new_tokens_)
        visible = std::min(visible, token_begin(ids_.size() - 1));
    const auto text = std::string_view(text_).substr(0, std::min(upto, text_.size()));
    for (const auto& stop : stop_)
        visible = std::min(visible, text.size() - held_for(text, stop));
    while (!stop_.empty() && visible > shown_ && text_[visible - 1] == ' ')
        --visible;  // taken back when a stop string follows
    return complete_prefix(text.substr(0, visible));
}

std::string CandidateText::take_visible(std::size_t upto) {
    const std::size_t visible = std::max(shown_, std::min(upto, visible_bytes()));
    std::string fresh = text_.substr(shown_, visible - shown_);
    shown_ = visible;
    return fresh;
}

void CandidateText::move_into(Candidate& candidate) && {
    if (!is_finished_) finish();
    candidate.text = std::move(text_);
    candidate.ids = std::move(ids_);
    candidate.ids_bytes = ids_bytes_;
    candidate.trace = std::move(trace_);
}

}  // namespace fabula::model
