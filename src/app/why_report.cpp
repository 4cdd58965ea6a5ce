// SPDX-License-Identifier: 0BSD
#include "app/why_report.h"

#include "base/utf8.h"
#include "base/width.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace fabula::app {
namespace {

constexpr std::size_t token_columns = 20;

// Whether a character goes to the screen as it is.
bool is_shown(std::string_view character) {
    return printable_line(character) == character && columns_of(character) > 0;
}

std::string percent(double share) {
    const double value = 100 * share;
    if (value == 0 || value >= 0.01) return fmt::format("{:.2f} %", value);
    return fmt::format("{:.1e} %", value);
}

std::string percent_of(float logprob) {
    return percent(std::exp(static_cast<double>(logprob)));
}

// Padded by columns, as bytes do not do.
std::string padded(const std::string& text, std::size_t columns) {
    const auto taken = columns_of(text);
    return text + std::string(columns > taken ? columns - taken : 0, ' ');
}

std::string shown(const engine::SpeltToken& token) {
    return token.text.empty() ? fmt::format("<token {}>", token.kept.id) : quoted(token.text);
}

std::string shown(const model::Alternative& alternative) {
    return alternative.text.empty() ? fmt::format("<token {}>", alternative.id)
                                    : quoted(alternative.text);
}

// The end of the words before, as many as fit.
std::string words_before(const engine::Why& why, std::size_t columns) {
    std::string text;
    for (const auto& token : why.before)
        text += token.text;
    text = printable_line(repaired_utf8(text));
    bool is_cut = false;
    while (columns_of(text) > columns) {
        const auto space = text.find(' ', 1);
        if (space == std::string::npos) break;
        text.erase(0, space);
        is_cut = true;
    }
    return (is_cut ? "..." : "") + text;
}

std::string counted(std::size_t n, const char* what) {
    return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
}

}  // namespace

std::string quoted(std::string_view bytes) {
    std::string text = "\"";
    for (std::size_t at = 0; at < bytes.size();) {
        const std::size_t begin = at;
        next_character(bytes, at);
        const auto character = bytes.substr(begin, at - begin);
        if (character == "\n") {
            text += "\\n";
        } else if (character == "\t") {
            text += "\\t";
        } else if (character == "\"" || character == "\\") {
            text += '\\';
            text += character;
        } else if (is_utf8(character) && is_shown(character)) {
            text += character;
        } else {
            for (const char byte : character)
                text += fmt::format("\\x{:02X}", static_cast<unsigned char>(byte));
        }
    }
    return text + '"';
}

std::string why_as_text(const WhyHead& head, const engine::FoundCandidate& found,
                        const engine::Why& why, const Palette& palette, std::size_t columns) {
    const auto& reach = why.reach;
    std::string text = fmt::format(
        "{}story {}, offer {}, candidate {}: token {} of {}{}\n", palette.bold,
        static_cast<std::int64_t>(head.story), static_cast<std::int64_t>(found.offer->id),
        found.candidate->index + 1, head.position + 1, head.n_tokens, palette.plain);
    const auto before = words_before(why, columns > 30 ? columns - 30 : columns);
    if (!before.empty()) text += fmt::format("behind: {}\n", before);
    text += fmt::format("\n  {:>6}  {:<{}}  {:>10}  {:>10}\n", "rank", "token", token_columns,
                        "model", "settings");
    std::int32_t next = 0;
    for (const auto& alternative : reach.alternatives) {
        const bool is_taken = alternative.id == why.taken.kept.id;
        if (alternative.rank != next) text += fmt::format("  {:>6}\n", "...");
        next = alternative.rank + 1;
        text += fmt::format("{}{} {:>6}  {}  {:>10}  {:>10}{}\n", is_taken ? palette.accent : "",
                            is_taken ? '>' : ' ', alternative.rank + 1,
                            padded(shown(alternative), token_columns),
                            percent(alternative.probability_model),
                            alternative.probability > 0 ? percent(alternative.probability) : "out",
                            is_taken ? palette.plain : "");
    }
    text += fmt::format("\n{} in reach; the settings cut {} of the model's probability\n",
                        counted(reach.n_in_reach, "token"), percent(reach.share_cut));
    if (reach.n_refused > 0)
        text +=
            fmt::format("{} drawn here before and refused\n", counted(reach.n_refused, "token"));
    if (!why.caution.empty())
        text +=
            fmt::format("{}note: {}{}\n", palette.dim, printable_line(why.caution), palette.plain);
    for (const auto& difference : why.differences)
        text += fmt::format("{}differs: {}{}\n", palette.warning, printable_line(difference),
                            palette.plain);
    return text;
}

std::string tokens_as_text(const std::vector<engine::SpeltToken>& tokens) {
    std::string text = fmt::format("{:>6}  {:<{}}  {:>10}  {:>10}  {:>6}\n", "token", "text",
                                   token_columns, "model", "settings", "rank");
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        const auto& kept = tokens[i].kept;
        text += fmt::format("{:>6}  {}  {:>10}  {:>10}  {:>6}\n", i + 1,
                            padded(shown(tokens[i]), token_columns), percent_of(kept.logprob_model),
                            percent_of(kept.logprob), kept.rank + 1);
    }
    return text;
}

}  // namespace fabula::app
