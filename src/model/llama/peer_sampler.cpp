// SPDX-License-Identifier: 0BSD
#include "model/llama/peer_sampler.h"

#include <llama.h>

#include <cstdint>
#include <utility>
#include <vector>

namespace fabula::model {
namespace {

struct Free {
    void operator()(llama_sampler* chain) const { llama_sampler_free(chain); }
};
using Chain = std::unique_ptr<llama_sampler, Free>;

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
    return settings.epsilon_cutoff > 0 || settings.eta_cutoff > 0 || settings.dry_multiplier > 0 ||
           settings.no_repeat_ngram_size > 0 || !settings.logit_bias.empty() ||
           settings.order != sample::Settings{}.order;
}

}  // namespace

bool has_peer_sampler() {
    return true;
}

std::unique_ptr<PeerSampler> make_peer_sampler(const sample::Settings& s, std::size_t n_vocab,
                                               std::span<const TokenId> history) {
    if (lacks_a_stage(s)) return nullptr;
    constexpr std::uint32_t seed = 1;
    Chain chain(llama_sampler_chain_init(llama_sampler_chain_default_params()));
    const auto add = [&](llama_sampler* sampler) { llama_sampler_chain_add(chain.get(), sampler); };
    const auto real = [](double x) { return static_cast<float>(x); };
    if (s.repetition_penalty != 1 || s.frequency_penalty != 0 || s.presence_penalty != 0)
        add(llama_sampler_init_penalties(
            static_cast<std::int32_t>(n_vocab), static_cast<std::int32_t>(history.size()),
            real(s.repetition_penalty), real(s.frequency_penalty), real(s.presence_penalty)));
    if (s.temperature < sample::lowest_temperature) {
        add(llama_sampler_init_greedy());
    } else {
        if (s.dynatemp_range > 0)
            add(llama_sampler_init_temp_ext(real(s.temperature), real(s.dynatemp_range),
                                            real(s.dynatemp_exponent)));
        else
            add(llama_sampler_init_temp(real(s.temperature)));
        if (s.top_k > 0) add(llama_sampler_init_top_k(s.top_k));
        if (s.top_p < 1) add(llama_sampler_init_top_p(real(s.top_p), 1));
        if (s.min_p > 0) add(llama_sampler_init_min_p(real(s.min_p), 1));
        if (s.typical_p < 1) add(llama_sampler_init_typical(real(s.typical_p), 1));
        if (s.top_n_sigma > 0) add(llama_sampler_init_top_n_sigma(real(s.top_n_sigma)));
        if (s.xtc_probability > 0)
            add(llama_sampler_init_xtc(real(s.xtc_probability), real(s.xtc_threshold), 1, seed));
        if (s.mirostat_tau > 0)
            add(llama_sampler_init_mirostat_v2(seed, real(s.mirostat_tau), real(s.mirostat_eta)));
        else
            add(llama_sampler_init_dist(seed));
    }
    for (const TokenId token : history)
        llama_sampler_accept(chain.get(), token);
    return std::make_unique<LlamaSampler>(std::move(chain));
}

}  // namespace fabula::model
