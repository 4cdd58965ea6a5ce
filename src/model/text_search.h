// SPDX-License-Identifier: 0BSD
// Texts that are searched for, not drawn: beam search (num_beams) and contrastive search
// (penalty_alpha) over a model. Both are functions of model, prompt and settings alone.
#pragma once

#include "base/result.h"
#include "base/token.h"
#include "model/beam_search.h"
#include "model/model.h"
#include "sample/sampler.h"

#include <functional>
#include <span>
#include <stop_token>
#include <vector>

namespace fabula::model {

/// Whether settings ask for a search.
inline bool is_searched(const sample::Settings& settings) {
    return settings.num_beams > 1 || settings.penalty_alpha > 0;
}

/// What was found: tokens without the end, and what there is to say of each.
struct FoundText {
    std::vector<TokenId> tokens;
    std::vector<sample::Drawn> traces;  // one a token
    bool is_ended = false;              // by the model
    bool is_exhausted = false;          // nothing was allowed to follow
};

/// Whether `token` may follow the tokens of a text behind the prompt.
using MayFollow = std::function<bool(std::span<const TokenId> text, TokenId token)>;

class TextSearch {
public:
    /// Most branches of one step: what their ends take of the cache is given back behind it.
    static constexpr std::size_t most_together = 8;

    /// All must outlive this. `ends`: the tokens that end a text.
    TextSearch(Model& model, const std::vector<TokenId>& prompt, std::span<const TokenId> ends,
               MayFollow may_follow);

    /// The text that the settings of `sampler` ask for, of at most `most_tokens`, and no more than
    /// the window has room for. A stop leaves what is there. Errors: as Model::step_with_states.
    Result<FoundText> find(sample::Sampler& sampler, std::size_t most_tokens,
                           const std::stop_token& stop);

private:
    using Text = std::vector<TokenId>;

    Result<FoundText> follow_beams(sample::Sampler& sampler, std::size_t most_tokens,
                                   const std::stop_token& stop);
    Result<FoundText> contrast(sample::Sampler& sampler, std::size_t most_tokens,
                               const std::stop_token& stop);
    Result<Unit> begin_contrast(const std::stop_token& stop);
    Result<bool> contrast_once(sample::Sampler& sampler, FoundText& found, std::vector<float>& row,
                               const std::stop_token& stop);
    std::size_t least_alike(std::span<const sample::Scored> likely, double alpha) const;
    using Work = std::function<Result<StepCost>(std::size_t from, std::size_t n)>;
    Result<Unit> in_groups(std::size_t n_texts, const Work& work);
    Result<Unit> step(std::span<const Text> texts, const std::stop_token& stop);
    Result<Unit> step_with_states(std::span<const Text> texts, const std::stop_token& stop);
    Result<Unit> take_states_of_prompt(const std::stop_token& stop);
    std::span<const TokenId> banned_behind(const sample::Sampler& sampler,
                                           std::size_t n_tokens) const;
    Result<std::vector<sample::Scored>> followers(sample::Sampler& sampler, const Text& text,
                                                  std::span<const float> row, std::size_t n);
    Result<Unit> trace(sample::Sampler& sampler, FoundText& found, const std::stop_token& stop);
    double likeness(std::span<const float> state) const;
    void remember(std::span<const float> state);

    Model& model_;
    const std::vector<TokenId>& prompt_;
    std::span<const TokenId> ends_;
    MayFollow may_follow_;
    std::size_t together_;       // branches of one step, as far as the cache has room
    std::vector<float> logits_;  // [n_texts, n_vocab]
    std::vector<float> states_;  // [n_texts, n_embd]
    std::vector<float> told_;    // [n_tokens, n_embd]: of prompt and text, each of length 1
};

}  // namespace fabula::model
