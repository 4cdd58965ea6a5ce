// SPDX-License-Identifier: 0BSD
#include "app/policies.h"

#include "app/terminal.h"
#include "preference/adaptive.h"

#include <iostream>

namespace fabula::app {
namespace {

constexpr std::string_view adaptive = "adaptive";

bool learns(preference::Policy policy) {
    return policy != preference::Policy::fixed && policy != preference::Policy::random;
}

}  // namespace

Result<PolicyName> policy_name_from(std::string_view name) {
    PolicyName found;
    if (name == adaptive) return PolicyName{preference::Policy::fixed, true};
    const auto plus = name.find('+');
    found.is_adaptive = plus != std::string_view::npos && name.substr(plus + 1) == adaptive;
    const auto policy = preference::policy_named(found.is_adaptive ? name.substr(0, plus) : name);
    if (!policy)
        return Error{policy.error().code, policy.error().message +
                                              ", adaptive, and each with +adaptive "
                                              "(portfolio+adaptive)"};
    found.policy = *policy;
    return found;
}

sample::Settings settings_for(const PolicyName& name, const Configuration& configuration) {
    sample::Settings settings = configuration.settings();
    if (name.is_adaptive && !draws_settings(name) && !configuration.is_set("temperature"))
        settings.temperature = preference::adaptive_temperature;
    return settings;
}

bool draws_settings(const PolicyName& name) {
    return name.policy != preference::Policy::fixed;
}

Result<Unit> set_policy(engine::OfferOptions& options, const PolicyName& name,
                        store::Store& store) {
    options.is_adaptive = name.is_adaptive;
    preference::History history;
    if (learns(name.policy)) {
        auto found = store.history("person");
        if (!found) return found.error();
        history = *std::move(found);
    }
    const bool takes_a_while = history.size() > 1000 && is_terminal(2);
    if (takes_a_while)
        std::cerr << "learning from " << history.size() << " choices ..." << std::flush;
    auto proposer = preference::learn(name.policy, history, {});
    if (takes_a_while) std::cerr << "\r\033[K" << std::flush;
    if (!proposer) return proposer.error();
    options.proposer = *std::move(proposer);
    return Unit{};
}

}  // namespace fabula::app
