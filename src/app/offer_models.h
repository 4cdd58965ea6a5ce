// SPDX-License-Identifier: 0BSD
// Opens the model that drew an offer, for the commands that look at stored candidates again.
#pragma once

#include "app/configuration.h"
#include "app/open_model.h"
#include "base/result.h"
#include "model/generator.h"
#include "store/store.h"

#include <memory>
#include <optional>
#include <string>

namespace CLI {  // NOLINT(readability-identifier-naming): the library is called so
class App;
}

namespace fabula::app {

/// Opens for each offer what it was drawn with, one model at a time: an engine::ModelFor.
class OfferModels {
public:
    /// `flags` may have model, backend, kernel and cache_type, which come before what was kept, and
    /// that before `options`. It must outlive this object.
    OfferModels(const Flags& flags, OpenOptions options);

    /// The same as for the offer before where that was drawn alike. Errors: as open_model.
    Result<model::Generator*> operator()(const store::OfferRecord& offer);

    /// Why the model that a person named could not be opened.
    std::optional<Error> failure_of_named() const;

private:
    Result<std::unique_ptr<model::Model>> open(const store::OfferRecord& offer) const;

    const Flags& flags_;
    OpenOptions options_;
    std::string key_;
    std::unique_ptr<model::Generator> generator_;
    std::optional<Error> failure_;
};

/// --model, --backend, --kernel and --cache-type, whose default is what was kept. `flags` must
/// outlive the parse.
void add_offer_model_flags(CLI::App& app, Flags& flags);

}  // namespace fabula::app
