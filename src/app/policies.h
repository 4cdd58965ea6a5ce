// SPDX-License-Identifier: 0BSD
// From the name of a policy to one that has learned from the database.
#pragma once

#include "app/configuration.h"
#include "engine/offer.h"
#include "preference/proposer.h"
#include "store/store.h"

#include <memory>
#include <string>
#include <string_view>

namespace fabula::app {

/// What a person can name: a policy, and whether it also watches the story.
struct PolicyName {
    preference::Policy policy = preference::Policy::fixed;
    bool is_adaptive = false;

    bool operator==(const PolicyName&) const = default;
};

/// "portfolio", "portfolio+adaptive"; "adaptive" alone is on top of settings that are fixed. The
/// same names stand with each candidate. Errors: invalid_input, naming the known ones.
Result<PolicyName> policy_name_from(std::string_view name);

/// The settings of `configuration`, but that `adaptive` on top of settings that are fixed, without
/// a temperature that anybody set, has `preference::adaptive_temperature`.
sample::Settings settings_for(const PolicyName& name, const Configuration& configuration);

/// Whether it draws temperature, top_k and typical_p itself.
bool draws_settings(const PolicyName& name);

/// Gives `options` that policy, learned from what people chose in `store`. Errors: the store's.
Result<Unit> set_policy(engine::OfferOptions& options, const PolicyName& name, store::Store& store);

}  // namespace fabula::app
