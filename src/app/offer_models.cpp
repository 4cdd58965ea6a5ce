// SPDX-License-Identifier: 0BSD
#include "app/offer_models.h"

#include <CLI/CLI.hpp>

#include <tuple>
#include <utility>

namespace fabula::app {

OfferModels::OfferModels(const Flags& flags, OpenOptions options)
    : flags_(flags), options_(std::move(options)) {}

Result<model::Generator*> OfferModels::operator()(const store::OfferRecord& offer) {
    auto key = offer.model + '\n' + offer.model_hash + '\n' + offer.arithmetic;
    if (key != key_) {
        key_ = std::move(key);
        generator_.reset();  // before the next takes its room
        failure_.reset();
        auto model = open(offer);
        if (model)
            generator_ = model::make_local(*std::move(model));
        else
            failure_ = model.error();
    }
    if (failure_) return *failure_;
    return generator_.get();
}

std::optional<Error> OfferModels::failure_of_named() const {
    return flags_.values.contains("model") ? failure_ : std::nullopt;
}

// A flag comes before what was kept, and that before environment and files.
Result<std::unique_ptr<model::Model>> OfferModels::open(const store::OfferRecord& offer) const {
    const auto has = [&](const char* key) { return flags_.values.contains(key); };
    auto options = options_as(offer.arithmetic, options_);
    if (!options) return options.error();
    if (has("backend")) options->backend = options_.backend;
    if (has("kernel")) options->kernel = options_.kernel;
    if (has("cache_type")) options->cache = options_.cache;
    if (has("model")) return open_model(flags_.values.at("model"), *options);
    if (offer.backend == "scripted")
        return Error{ErrorCode::not_found,
                     "a script wrote them: name it with --model scripted:FILE"};
    return open_model(offer.model, *options);
}

void add_offer_model_flags(CLI::App& app, Flags& flags) {
    const std::tuple<const char*, const char*, const char*> overrides[] = {
        {"--model", "model", "a name, a GGUF file or scripted:FILE [the one of that name]"},
        {"--backend", "backend", "cpu, llama or auto [as it was drawn]"},
        {"--kernel", "kernel", "of backend cpu: avx512, avx2 or portable [as it was drawn]"},
        {"--cache-type", "cache_type", "f16 or f32 [as it was drawn]"}};
    for (const auto& [flag, key, hint] : overrides) {
        app.add_option_function<std::string>(
               flag,
               [&flags, name = std::string(key)](const std::string& value) {
                   flags.values[name] = value;
               },
               hint)
            ->type_name("TEXT");
    }
}

}  // namespace fabula::app
