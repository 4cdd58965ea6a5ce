// SPDX-License-Identifier: 0BSD
// From what somebody asked for to the options of an offer: the server's own, then a preset, then
// the settings that were named, and a policy.
#pragma once

#include "engine/offer.h"
#include "serve/asked.h"
#include "store/store.h"

#include <functional>
#include <string>

namespace fabula::serve {

/// What the command line says, and what belongs to modules that this one does not see.
struct OfferingOptions {
    engine::OfferOptions defaults;
    std::string policy = "random";
    /// Gives options the policy of that name, learned from what was chosen in `store`.
    /// Errors: invalid_input for a name that is none; the store's.
    std::function<Result<Unit>(engine::OfferOptions& options, const std::string& policy,
                               store::Store& store)>
        set_policy;
    /// Refuses a name that is no policy's. Errors: invalid_input, naming the known ones.
    std::function<Result<Unit>(const std::string& policy)> check_policy;
    /// The settings of a preset, a JSON object. Errors: not_found.
    std::function<Result<std::string>(const std::string& name)> preset;
};

/// What was asked for, without what a policy learned.
struct Offering {
    engine::OfferOptions options;
    std::string policy;
};

/// Where no policy is named and a setting is that policies draw (temperature, top_k, typical_p),
/// the settings are meant as they are: the policy is "fixed". Errors: invalid_input, not_found (a
/// preset).
Result<Offering> offering_of(const AskedOffer& asked, const OfferingOptions& options);
Result<Offering> offering_of(const AskedRedraw& asked, const OfferingOptions& options);

/// Notes as the prompt has them: a line of memory is a fact at the front, a line of the author's
/// note stands late.
std::vector<story::Note> notes_of(const store::NotesRecord& notes);

}  // namespace fabula::serve
