// SPDX-License-Identifier: 0BSD
// What `fabula story why` found, for people and for programs.
#pragma once

#include "app/terminal.h"
#include "engine/why.h"

#include <string>
#include <string_view>

namespace fabula::app {

/// Bytes of a token as they are told from others: in quotes, so that spaces are seen, with \n, \t,
/// \" and \\, and \xNN for what is no whole character or what a terminal would act on.
std::string quoted(std::string_view bytes);

/// What is shown, beside what was found.
struct WhyHead {
    store::StoryId story{};
    std::size_t position = 0;  // of the token
    std::size_t n_tokens = 0;  // of the candidate
};

/// A table of the alternatives with the words before them; lines of at most `columns` columns,
/// the tokens themselves aside.
std::string why_as_text(const WhyHead& head, const engine::FoundCandidate& found,
                        const engine::Why& why, const Palette& palette, std::size_t columns);

/// One line (docs/formats/candidates.md).
std::string why_as_json(const WhyHead& head, const engine::FoundCandidate& found,
                        const engine::Why& why);

/// Every token of a candidate with its number: what --token takes.
std::string tokens_as_text(const std::vector<engine::SpeltToken>& tokens);
std::string tokens_as_json(store::StoryId story, const engine::FoundCandidate& found,
                           const std::vector<engine::SpeltToken>& tokens);

}  // namespace fabula::app
