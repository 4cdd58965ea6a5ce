// SPDX-License-Identifier: 0BSD
#include "model/model.h"

namespace fabula::model {

Result<std::string> Model::chat_frame(std::string_view /*system*/,
                                      std::string_view /*instruction*/) const {
    return Error{ErrorCode::invalid_input,
                 "model '" + info().name + "' has no chat template: give it the text to continue"};
}

void Model::keep(std::span<const TokenId> /*tokens*/) {}

Result<StepCost> Model::step_with_states(std::span<const std::span<const TokenId>> /*branches*/,
                                         std::span<float> /*logits*/, std::span<float> /*states*/,
                                         const std::stop_token& /*stop*/) {
    return Error{ErrorCode::unavailable,
                 "model '" + info().name + "': backend " + info().backend +
                     " does not give the states of the model, which contrastive search "
                     "(penalty_alpha) needs; backend cpu does"};
}

void Model::each(std::size_t n, const std::function<void(std::size_t)>& work) const {
    for (std::size_t i = 0; i < n; ++i)
        work(i);
}

}  // namespace fabula::model
