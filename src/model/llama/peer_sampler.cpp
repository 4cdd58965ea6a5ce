// SPDX-License-Identifier: 0BSD
#include "model/llama/peer_sampler.h"

#include <llama.h>

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace fabula::model {
namespace {

struct Free {
    void operator()(llama_sampler* chain) const { llama_sampler_free(chain); }
};
using Chain = std::unique_ptr<llama_sampler, Free>;
using Adding = std::function<void(llama_sampler*)>;

constexpr std::uint32_t seed = 1;

class LlamaSampler : public PeerSampler {
public:
    explicit LlamaSampler(Chain chain) : chain_(std::move(chain)) {}

    TokenId draw(std::span<const float> row) override {
        list_.resize(row.size());
        for (std::size_t i = 0; i < row.size(); ++i)
            list_[i] = {static_cast<llama_token>(i), row[i], 0.0F};
        llama_token_data_array all{list_.data(), list_.size(), -1, false};
        llama_sampler_apply(chain_.get(), &all);
        return all.data[all.selected].id;
    }

private:
    Chain chain_;
    std::vector<llama_token_data> list_;
};

bool lacks_a_stage(const sample::Settings& settings) {
    return settings.epsilon_cutoff > 0 || settings.eta_cutoff > 0 ||
           settings.no_repeat_ngram_size > 0 || !settings.logit_bias.empty() ||
           settings.order != sample::Settings{}.order;
}

float real(double x) {
    return static_cast<float>(x);
}

// Penalties and DRY look at the newest tokens of `history`.
void add_penalties(const Adding& add, const sample::Settings& s, std::size_t n_vocab,
                   std::span<const TokenId> history) {
    const auto looked_back = [&](int window) {
        return window < 0 ? static_cast<std::int32_t>(history.size()) : window;
    };
    if (s.repetition_penalty != 1 || s.frequency_penalty != 0 || s.presence_penalty != 0)
        add(llama_sampler_init_penalties(static_cast<std::int32_t>(n_vocab),
                                         looked_back(s.penalty_window), real(s.repetition_penalty),
                                         real(s.frequency_penalty), real(s.presence_penalty)));
    // Without breakers, which are texts of a vocabulary: ours has none in the bench either.
    if (s.dry_multiplier > 0)
        add(llama_sampler_init_dry(nullptr, real(s.dry_multiplier), real(s.dry_base),
                                   s.dry_allowed_length, looked_back(s.dry_window), nullptr, 0));
}

void add_temperature(const Adding& add, const sample::Settings& s) {
    if (s.dynatemp_range > 0)
        add(llama_sampler_init_temp_ext(real(s.temperature), real(s.dynatemp_range),
                                        real(s.dynatemp_exponent)));
    else
        add(llama_sampler_init_temp(real(s.temperature)));
}

void add_cuts(const Adding& add, const sample::Settings& s) {
    if (s.top_k > 0) add(llama_sampler_init_top_k(s.top_k));
    if (s.top_p < 1) add(llama_sampler_init_top_p(real(s.top_p), 1));
    if (s.min_p > 0) add(llama_sampler_init_min_p(real(s.min_p), 1));
    if (s.typical_p < 1) add(llama_sampler_init_typical(real(s.typical_p), 1));
    if (s.top_n_sigma > 0) add(llama_sampler_init_top_n_sigma(real(s.top_n_sigma)));
    if (s.xtc_probability > 0)
        add(llama_sampler_init_xtc(real(s.xtc_probability), real(s.xtc_threshold), 1, seed));
}

void add_draw(const Adding& add, const sample::Settings& s) {
    if (s.mirostat_tau > 0)
        add(llama_sampler_init_mirostat_v2(seed, real(s.mirostat_tau), real(s.mirostat_eta)));
    else
        add(llama_sampler_init_dist(seed));
}

}  // namespace

bool has_peer_sampler() {
    return true;
}

std::unique_ptr<PeerSampler> make_peer_sampler(const sample::Settings& settings,
                                               std::size_t n_vocab,
                                               std::span<const TokenId> history) {
    if (lacks_a_stage(settings)) return nullptr;
    Chain chain(llama_sampler_chain_init(llama_sampler_chain_default_params()));
    const Adding add = [&](llama_sampler* sampler) {
        llama_sampler_chain_add(chain.get(), sampler);
    };
    add_penalties(add, settings, n_vocab, history);
    if (settings.temperature < sample::lowest_temperature) {
        add(llama_sampler_init_greedy());
    } else {
        add_temperature(add, settings);
        add_cuts(add, settings);
        add_draw(add, settings);
    }
    for (const TokenId token : history)
        llama_sampler_accept(chain.get(), token);
    return std::make_unique<LlamaSampler>(std::move(chain));
}

}  // namespace fabula::model
