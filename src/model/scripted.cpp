// SPDX-License-Identifier: 0BSD
#include "model/scripted.h"

#include "base/utf8.h"
#include "model/sha256.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <limits>
#include <span>
#include <utility>

namespace fabula::model {
namespace {

constexpr std::size_t n_vocab = 257;  // 256 bytes and the end of text
constexpr TokenId end_token = 256;

std::vector<std::string> texts_of(std::string_view script) {
    constexpr std::string_view rule = "\n---\n";
    if (script.ends_with('\n')) script.remove_suffix(1);
    std::vector<std::string> texts;
    while (true) {
        const auto at = script.find(rule);
        const auto text = script.substr(0, at);
        if (!text.empty()) texts.emplace_back(text);
        if (at == std::string_view::npos) return texts;
        script.remove_prefix(at + rule.size());
    }
}

// Length of the longest beginning of `text` that `said` ends with.
std::size_t begun(std::string_view said, std::string_view text) {
    for (std::size_t length = std::min(said.size(), text.size()); length > 0; --length) {
        if (said.ends_with(text.substr(0, length))) return length;
    }
    return 0;
}

class Scripted : public Model {
public:
    Scripted(std::vector<std::string> texts, ModelInfo info)
        : texts_(std::move(texts)), info_(std::move(info)) {}

    const ModelInfo& info() const override { return info_; }

    Result<std::vector<TokenId>> encode(std::string_view text, Place /*place*/) const override {
        std::vector<TokenId> tokens;
        tokens.reserve(text.size());
        for (const char c : text)
            tokens.push_back(static_cast<unsigned char>(c));
        return tokens;
    }

    std::string piece(TokenId token) const override {
        return token == end_token ? "" : std::string(1, static_cast<char>(token));
    }

    bool is_end(TokenId token) const override { return token == end_token; }

    std::size_t n_branches() const override { return 64; }

    Result<StepCost> step(std::span<const std::span<const TokenId>> branches,
                          std::span<float> logits, const std::stop_token& /*stop*/) override {
        assert(logits.size() == branches.size() * n_vocab);
        StepCost cost;
        for (std::size_t i = 0; i < branches.size(); ++i) {
            if (branches[i].size() > info_.window_tokens)
                return Error{ErrorCode::exhausted, "a branch of " +
                                                       std::to_string(branches[i].size()) +
                                                       " tokens is longer than the window of " +
                                                       std::to_string(info_.window_tokens)};
            continue_branch(branches[i], logits.subspan(i * n_vocab, n_vocab));
            cost.computed_tokens += 1;
            cost.cached_tokens += branches[i].size() - 1;
        }
        return cost;
    }

private:
    void continue_branch(std::span<const TokenId> branch, std::span<float> row) const {
        std::string said;
        for (const auto token : branch)
            said += piece(token);
        std::array<double, n_vocab> share{};
        std::size_t longest = 0;
        double n_ties = 0;
        for (const auto& text : texts_) {
            const std::size_t length = begun(said, text);
            if (length < longest) continue;
            if (length > longest) {
                longest = length;
                n_ties = 0;
                share.fill(0);
            }
            const auto next = length < text.size() ? static_cast<unsigned char>(text[length])
                                                   : static_cast<std::size_t>(end_token);
            share[next] += 1;
            n_ties += 1;
        }
        for (std::size_t token = 0; token < n_vocab; ++token) {
            row[token] = share[token] > 0 ? static_cast<float>(std::log(share[token] / n_ties))
                                          : -std::numeric_limits<float>::infinity();
        }
    }

    std::vector<std::string> texts_;
    ModelInfo info_;
};

}  // namespace

Result<std::unique_ptr<Model>> make_scripted(std::string_view script, std::size_t window_tokens) {
    auto texts = texts_of(script);
    if (texts.empty()) return Error{ErrorCode::invalid_input, "the script has no text"};
    if (!is_utf8(script))
        return Error{ErrorCode::invalid_input,
                     "the script is not UTF-8 at byte " + std::to_string(first_malformed(script))};
    ModelInfo info;
    info.name = "scripted";
    info.architecture = "scripted";
    info.backend = "scripted";
    info.arithmetic = "scripted";
    info.hash = sha256_of(std::as_bytes(std::span(script)));
    info.n_vocab = n_vocab;
    info.window_tokens = window_tokens;
    info.size_bytes = script.size();
    return std::unique_ptr<Model>(std::make_unique<Scripted>(std::move(texts), std::move(info)));
}

}  // namespace fabula::model
