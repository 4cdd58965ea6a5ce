// SPDX-License-Identifier: 0BSD
#include "model/remote/remote.h"

#include "model/remote/prompt_ids.h"
#include "model/remote/remote_round.h"
#include "model/remote/remote_servers.h"

#include <algorithm>
#include <utility>

namespace fabula::model {
namespace {

class Remote : public Generator {
public:
    Remote(RemoteServers servers, Spending spending)
        : servers_(std::move(servers)), spending_(std::move(spending)) {
        const auto& options = servers_.options();
        info_.name = options.model.empty() ? servers_.host(0) : options.model;
        info_.architecture = "remote";
        info_.backend = name_of(options.api);
        info_.window_tokens = servers_.window_tokens();
        if (servers_.has_chat()) info_.chat_template = "the server's own";
    }

    const ModelInfo& info() const override { return info_; }

    Result<Generated> generate(const Prompt& prompt, std::span<const CandidateRequest> requests,
                               const OnText& on_text, const std::stop_token& stop) override;

    Result<Reach> reach(const PlaceRequest& /*place*/, const std::stop_token& /*stop*/) override {
        return Error{ErrorCode::unavailable,
                     "model '" + info_.name + "' is remote: what else was in reach is not known"};
    }

    Result<std::vector<std::string>> spell(std::span<const TokenId> ids) const override {
        return spell_prompt(ids);
    }

    Result<std::size_t> measure(const Block& block) const override {
        return estimated_tokens(block.text);
    }

    RemoteFigures remote_figures() const override { return figures_; }

private:
    Result<Unit> check_window(const EncodedPrompt& prompt) const;
    Result<Unit> check_budget(std::size_t prompt_tokens,
                              std::span<const CandidateRequest> requests) const;

    RemoteServers servers_;
    Spending spending_;
    RemoteFigures figures_;
    ModelInfo info_;
};

// The prompt as it is asked for, in both forms.
struct BothForms {
    EncodedPrompt encoded;
    RemotePrompt plain;
};

Result<BothForms> forms_of(const Prompt& prompt) {
    BothForms forms;
    if (prompt.ids.empty())
        forms.encoded = encode_prompt(prompt);
    else
        forms.encoded.ids = prompt.ids;
    auto plain = decode_prompt(forms.encoded.ids);
    if (!plain) return plain.error();
    forms.plain = *std::move(plain);
    return forms;
}

Result<Unit> Remote::check_window(const EncodedPrompt& prompt) const {
    if (prompt.ids.size() < info_.window_tokens) return Unit{};
    return Error{ErrorCode::exhausted, "the prompt takes about " +
                                           std::to_string(prompt.ids.size()) +
                                           " tokens, the window of model '" + info_.name +
                                           "' has " + std::to_string(info_.window_tokens)};
}

// By the most that it can come to.
Result<Unit> Remote::check_budget(std::size_t prompt_tokens,
                                  std::span<const CandidateRequest> requests) const {
    const auto& options = servers_.options();
    Spent most;
    for (const auto& request : requests) {
        const auto completion =
            static_cast<std::size_t>(most_tokens(request.settings.max_new_tokens));
        most.tokens += prompt_tokens + completion;
        double money = 0;
        for (std::size_t i = 0; i < options.endpoints.size(); ++i) {
            if (const auto* price = options.prices.find(options.model, servers_.host(i)))
                money = std::max(money, money_for(*price, {prompt_tokens, 0, completion}));
        }
        most.money += money;
    }
    return spending_.allow(most, options.now ? options.now() : 0);
}

Result<Generated> Remote::generate(const Prompt& prompt, std::span<const CandidateRequest> requests,
                                   const OnText& on_text, const std::stop_token& stop) {
    const auto start = RemoteRound::Clock::now();
    for (const auto& request : requests) {
        if (const auto good = sample::validate(request.settings); !good) return good.error();
    }
    auto forms = forms_of(prompt);
    if (!forms) return forms.error();
    if (const auto fits = check_window(forms->encoded); !fits) return fits.error();
    if (const auto may = check_budget(forms->encoded.ids.size(), requests); !may)
        return may.error();
    RemoteRound round(servers_, spending_, figures_, on_text);
    auto candidates = round.run(forms->plain, requests, stop);
    if (!candidates) return candidates.error();
    Generated generated;
    generated.candidates = *std::move(candidates);
    generated.prompt_ids = std::move(forms->encoded.ids);
    generated.frame_tokens = forms->encoded.frame_tokens;
    generated.block_tokens = std::move(forms->encoded.block_tokens);
    generated.computed_tokens =
        generated.prompt_ids.size() - std::min(generated.prompt_ids.size(), round.cached_tokens());
    generated.first_token_seconds = round.first_text_seconds();
    generated.seconds = std::chrono::duration<double>(RemoteRound::Clock::now() - start).count();
    return generated;
}

}  // namespace

Result<std::unique_ptr<Generator>> make_remote(RemoteOptions options, const std::stop_token& stop) {
    Spending spending(options.usage_folder, options.budget);
    auto servers = RemoteServers::open(std::move(options), stop);
    if (!servers) return servers.error();
    std::unique_ptr<Generator> generator =
        std::make_unique<Remote>(*std::move(servers), std::move(spending));
    return generator;
}

}  // namespace fabula::model
