// SPDX-License-Identifier: 0BSD
#include "preference/history.h"

#include <cmath>
#include <sstream>

namespace fabula::preference {
namespace {

// "" where all is well.
std::string fault_of(const SeenCandidate& candidate) {
    std::ostringstream fault;
    if (!(candidate.temperature >= 0 && std::isfinite(candidate.temperature)))
        fault << "temperature " << candidate.temperature << " is no number of at least 0";
    else if (candidate.top_k < 0)
        fault << "top_k " << candidate.top_k << " is below 0";
    else if (!(candidate.typical_p > 0 && candidate.typical_p <= 1))
        fault << "typical_p " << candidate.typical_p << " is not in (0, 1]";
    else if (candidate.max_new_tokens < 0)
        fault << "max_new_tokens " << candidate.max_new_tokens << " is below 0";
    return fault.str();
}

std::string fault_of(const SeenOffer& offer) {
    if (offer.step < 1) return "steps count from 1";
    if (offer.picked && *offer.picked >= offer.shown.size())
        return "candidate " + std::to_string(*offer.picked) + " was picked of " +
               std::to_string(offer.shown.size()) + " shown (counted from 0)";
    for (const auto& candidate : offer.shown) {
        if (auto fault = fault_of(candidate); !fault.empty()) return fault;
    }
    return "";
}

}  // namespace

Result<Unit> validate(const History& history) {
    for (const auto& offer : history) {
        const auto fault = fault_of(offer);
        if (fault.empty()) continue;
        return Error{ErrorCode::invalid_input, "history: story " + std::to_string(offer.story) +
                                                   ", step " + std::to_string(offer.step) + ": " +
                                                   fault};
    }
    return Unit{};
}

SeenCandidate seen(const sample::Settings& settings, std::optional<double> propensity) {
    return {settings.temperature, settings.top_k, settings.typical_p, settings.max_new_tokens,
            propensity};
}

}  // namespace fabula::preference
