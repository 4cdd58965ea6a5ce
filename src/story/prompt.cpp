// SPDX-License-Identifier: 0BSD
#include "story/prompt.h"

#include "base/sentences.h"

#include <algorithm>

namespace fabula::story {
namespace {

// A sentence, or what is left of one at the end of a passage.
struct Unit {
    PromptPiece piece;
    std::size_t tokens = 0;
};

std::vector<PromptPiece> sentences(const Tree& tree, PassageId id) {
    const std::string& text = tree.at(id).text;
    std::vector<PromptPiece> pieces;
    std::size_t begin = 0;
    for (const auto end : sentence_ends(text)) {
        pieces.push_back({id, begin, end});
        begin = end;
    }
    if (begin < text.size()) pieces.push_back({id, begin, text.size()});
    return pieces;
}

// Neighbours within one passage become one piece, so that a whole passage stays whole.
std::vector<PromptPiece> merged(const std::vector<PromptPiece>& pieces) {
    std::vector<PromptPiece> out;
    for (const auto& piece : pieces) {
        if (!out.empty() && out.back().passage == piece.passage && out.back().end == piece.begin)
            out.back().end = piece.end;
        else
            out.push_back(piece);
    }
    return out;
}

std::size_t measured(const std::vector<PromptPiece>& pieces, const Measure& measure) {
    std::size_t tokens = 0;
    for (const auto& piece : pieces)
        tokens += measure(piece);
    return tokens;
}

// The first unit that may begin the newest text when `drop` tokens before it are left out: the
// first that starts a sentence there or later.
std::size_t first_unit(const std::vector<Unit>& units, std::size_t drop) {
    std::size_t dropped = 0;
    std::size_t at = 0;
    while (at < units.size() && dropped < drop)
        dropped += units[at++].tokens;
    return at;
}

// How many units of the newest text to leave out so that the rest fits `room`; units.size() if none
// do. The amount hops by half a room: it depends on the text alone and changes seldom.
std::size_t cut(const std::vector<Unit>& units, std::size_t room) {
    std::size_t total = 0;
    for (const auto& unit : units)
        total += unit.tokens;
    if (total <= room) return 0;
    const std::size_t hop = std::max<std::size_t>(room / 2, 1);
    const std::size_t least = total - room;
    const auto hopped = first_unit(units, (least + hop - 1) / hop * hop);
    return hopped < units.size() ? hopped : first_unit(units, least);
}

}  // namespace

Result<PromptPlan> plan_prompt(const Tree& tree, PassageId end, std::size_t budget_tokens,
                               const Measure& measure) {
    const auto path = tree.path(end);
    if (!path) return path.error();
    std::vector<PromptPiece> whole;
    for (const auto id : *path) {
        if (!tree.at(id).text.empty()) whole.push_back({id, 0, tree.at(id).text.size()});
    }
    PromptPlan plan{whole, measured(whole, measure), 0};
    if (plan.tokens <= budget_tokens) return plan;

    std::vector<PromptPiece> kept;
    std::size_t opening_tokens = 0;
    std::vector<Unit> units;
    for (const auto id : *path) {
        for (const auto& piece : sentences(tree, id)) {
            const std::size_t tokens = measure(piece);
            const bool opens = id == PassageId::root && units.empty() && piece.end > 0 &&
                               opening_tokens + tokens <= budget_tokens / 4;
            if (opens) {
                opening_tokens += tokens;
                kept.push_back(piece);
            } else {
                units.push_back({piece, tokens});
            }
        }
    }
    const std::size_t room = budget_tokens - opening_tokens;
    for (std::size_t from = cut(units, room); from < units.size(); ++from) {
        std::vector<PromptPiece> pieces = kept;
        for (std::size_t i = from; i < units.size(); ++i)
            pieces.push_back(units[i].piece);
        plan.pieces = merged(pieces);
        plan.tokens = measured(plan.pieces, measure);
        if (plan.tokens > budget_tokens) continue;  // joined pieces may take a token more
        for (std::size_t i = 0; i < from; ++i)
            plan.omitted_bytes += units[i].piece.end - units[i].piece.begin;
        return plan;
    }
    const std::size_t last = units.empty() ? opening_tokens : units.back().tokens;
    return Error{ErrorCode::exhausted,
                 "the last sentence of the story takes " + std::to_string(last) +
                     " tokens, the prompt has room for " + std::to_string(room) +
                     ": use a model with a longer window or ask for fewer tokens"};
}

}  // namespace fabula::story
