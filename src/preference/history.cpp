// SPDX-License-Identifier: 0BSD
#include "preference/history.h"

namespace fabula::preference {

SeenCandidate seen(const sample::Settings& settings, std::optional<double> propensity) {
    return {settings.temperature, settings.top_k, settings.typical_p, settings.max_new_tokens,
            propensity};
}

}  // namespace fabula::preference
