// SPDX-License-Identifier: 0BSD
#include "model/remote/remote_text.h"

#include "base/sentences.h"
#include "base/utf8.h"

#include <algorithm>
#include <utility>

namespace fabula::model {
namespace {

// Without control characters, which a terminal would obey; line break and tab aside.
std::string without_controls(const std::string& text) {
    std::string clean;
    clean.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t begin = at;
        const char32_t c = next_character(text, at);
        const bool is_control = (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7F && c < 0xA0);
        if (!is_control) clean.append(text, begin, at - begin);
    }
    return clean;
}

bool stands_apart(const std::string& text) {
    constexpr std::string_view marks = " \t\n.,;:!?)]}'\"";
    return text.empty() || marks.find(text.front()) != std::string_view::npos;
}

// Where the server does not tell an id: the same for the same text, and none that a prompt has.
TokenId id_of(const SaidToken& token) {
    if (token.id) return *token.id;
    std::uint32_t hash = 2166136261U;  // FNV-1a
    for (const char c : token.bytes)
        hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    return static_cast<TokenId>((hash ^ (hash >> 24U)) & 0xFFFFFFU);
}

}  // namespace

RemoteText::RemoteText(const sample::Settings& settings, std::string joint)
    : text_(settings.max_new_tokens, settings.stop), joint_(std::move(joint)) {}

void RemoteText::take(const SaidPiece& piece) {
    tokens_.insert(tokens_.end(), piece.tokens.begin(), piece.tokens.end());
    was_told_ = was_told_ || piece.ending != SaidEnding::none;
    if (piece.text.empty() && piece.ending == SaidEnding::none) return;
    if (!piece.text.empty()) ++n_pieces_;
    if (ending_) return;
    std::string text = without_controls(piece.text);
    if (!text.empty()) {
        const auto joint = std::exchange(joint_, {});
        if (!stands_apart(text)) {
            text = joint + text;
            joint_bytes_ = joint.size();
        }
        ending_ = text_.append(0, text, {});
    }
    if (!ending_ && piece.ending != SaidEnding::none) end(piece.ending);
}

void RemoteText::end(SaidEnding ending) {
    if (ending == SaidEnding::filter) {
        leave(Ending::exhausted);
    } else if (ending == SaidEnding::end) {
        leave(Ending::end_of_text);
    } else {
        leave(ends_sentence(text_.text()) ? Ending::sentence_end : Ending::budget);
    }
}

void RemoteText::close(bool is_whole) {
    if (ending_) return;
    if (is_whole)
        end(SaidEnding::length);
    else
        leave(Ending::connection_lost);
}

void RemoteText::leave(Ending ending) {
    if (ending_) return;
    text_.finish();
    ending_ = ending;
}

std::size_t RemoteText::n_tokens() const {
    return std::max(tokens_.size(), n_pieces_);
}

Candidate RemoteText::finished() && {
    Candidate candidate;
    candidate.draws = n_tokens();
    candidate.ending = *ending_;
    std::move(text_).move_into(candidate);
    candidate.ids.clear();
    candidate.trace.clear();
    candidate.ids_bytes = 0;
    // As many tokens as spell the text from its front on.
    std::string_view rest = candidate.text;
    rest.remove_prefix(std::min(joint_bytes_, rest.size()));
    for (const auto& token : tokens_) {
        if (token.bytes.empty()) continue;
        if (!rest.starts_with(token.bytes)) break;
        rest.remove_prefix(token.bytes.size());
        const auto logprob = static_cast<float>(token.logprob);
        candidate.ids.push_back(id_of(token));
        candidate.trace.push_back({logprob, logprob, 0, 0});
    }
    if (joint_bytes_ == 0) candidate.ids_bytes = candidate.text.size() - rest.size();
    return candidate;
}

}  // namespace fabula::model
