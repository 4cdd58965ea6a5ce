// SPDX-License-Identifier: 0BSD
#include "app/commands.h"
#include "app/configuration.h"
#include "app/exit_status.h"
#include "app/open_model.h"
#include "app/open_store.h"
#include "app/paths.h"
#include "app/progress.h"
#include "app/replay_report.h"
#include "app/settings_flags.h"
#include "app/signals.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>

namespace fabula::app {
namespace {

constexpr std::size_t most_candidates = 64;

struct ReplayArguments {
    Flags flags;
    std::string story;
    std::optional<std::size_t> candidates;
    bool json = false;

    bool has(const char* key) const { return flags.values.contains(key); }
};

// Opens for each offer what it was drawn with, one model at a time.
class Models {
public:
    Models(const ReplayArguments& arguments, OpenOptions options)
        : arguments_(arguments), options_(std::move(options)) {}

    Result<model::Generator*> operator()(const store::OfferRecord& offer) {
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

    /// Why the model that a person named could not be opened.
    std::optional<Error> failure_of_named() const {
        return arguments_.has("model") ? failure_ : std::nullopt;
    }

private:
    // A flag comes before what was kept, and that before environment and files.
    Result<std::unique_ptr<model::Model>> open(const store::OfferRecord& offer) const {
        auto options = options_as(offer.arithmetic, options_);
        if (!options) return options.error();
        if (arguments_.has("backend")) options->backend = options_.backend;
        if (arguments_.has("kernel")) options->kernel = options_.kernel;
        if (arguments_.has("cache_type")) options->cache = options_.cache;
        if (arguments_.has("model"))
            return open_model(arguments_.flags.values.at("model"), *options);
        if (offer.backend == "scripted")
            return Error{ErrorCode::not_found,
                         "a script wrote them: name it with --model scripted:FILE"};
        return open_model(offer.model, *options);
    }

    const ReplayArguments& arguments_;
    OpenOptions options_;
    std::string key_;
    std::unique_ptr<model::Generator> generator_;
    std::optional<Error> failure_;
};

Result<std::size_t> group_of(const ReplayArguments& arguments) {
    if (!arguments.candidates) return std::size_t{0};
    if (*arguments.candidates >= 1 && *arguments.candidates <= most_candidates)
        return *arguments.candidates;
    return Error{ErrorCode::invalid_input, "candidates '" + std::to_string(*arguments.candidates) +
                                               "' (flag --candidates) is not a whole number from "
                                               "1 to " +
                                               std::to_string(most_candidates)};
}

std::size_t largest_offer(const store::Story& story) {
    std::size_t largest = 1;
    for (const auto& offer : story.offers)
        largest = std::max(largest, offer.candidates.size());
    return std::min(largest, most_candidates);
}

std::size_t candidates_of(const store::Story& story) {
    std::size_t n = 0;
    for (const auto& offer : story.offers)
        n += offer.candidates.size();
    return n;
}

Result<int> replay_story(const ReplayArguments& arguments) {
    const auto configuration =
        Configuration::load(arguments.flags, config_file(), process_environment);
    if (!configuration) return configuration.error();
    auto options = open_options(*configuration);
    if (!options) return options.error();
    const auto group = group_of(arguments);
    if (!group) return group.error();
    const auto stop = listen_for_signals();
    const auto store = open_store(*configuration);
    if (!store) return store.error();
    const auto id = find_story(**store, arguments.story);
    if (!id) return id.error();
    const auto story = (*store)->load(*id);
    if (!story) return story.error();

    options->n_branches = *group != 0 ? *group : largest_offer(*story);
    Models models(arguments, *std::move(options));
    Progress progress("replay", static_cast<double>(candidates_of(*story)), "candidates");
    const auto replayed = engine::replay(
        *story, std::ref(models),
        {*group, [&](std::size_t n) { progress.update(static_cast<double>(n)); }}, stop);
    progress.clear();
    if (!replayed) return replayed.error();
    if (const auto failure = models.failure_of_named()) return *failure;
    std::cout << (arguments.json ? replay_as_json(*id, *replayed) : replay_as_text(*id, *replayed))
              << std::flush;
    if (replayed->was_stopped) return 128 + signal_received();
    return replayed->differing.empty() ? exit_success : exit_failed_check;
}

// Keys whose default is what was kept.
void add_overrides(CLI::App& sub, Flags& flags) {
    const std::tuple<const char*, const char*, const char*> overrides[] = {
        {"--model", "model", "a name, a GGUF file or scripted:FILE [the one of that name]"},
        {"--backend", "backend", "cpu, llama or auto [as it was drawn]"},
        {"--kernel", "kernel", "of backend cpu: avx512, avx2 or portable [as it was drawn]"},
        {"--cache-type", "cache_type", "f16 or f32 [as it was drawn]"}};
    for (const auto& [flag, key, hint] : overrides) {
        sub.add_option_function<std::string>(
               flag,
               [&flags, name = std::string(key)](const std::string& value) {
                   flags.values[name] = value;
               },
               hint)
            ->type_name("TEXT");
    }
}

}  // namespace

void add_replay(CLI::App& story, Run& run) {
    auto* sub = story.add_subcommand("replay", "draw every candidate again and compare all bits");
    auto arguments = std::make_shared<ReplayArguments>();
    sub->add_option("story", arguments->story, "its number, or last")->required();
    add_key_flags(*sub, arguments->flags, {"db", "threads"});
    add_overrides(*sub, arguments->flags);
    sub->add_option("--candidates", arguments->candidates,
                    "how many are drawn together [as many as were offered]")
        ->type_name("N");
    sub->add_flag("--json", arguments->json, "as JSON, on one line");
    sub->footer(
        R"(Each candidate is drawn again from what was kept: the ids of its prompt, its settings, its seed. With
the same model file, kernel and numbers of the cache it has the same words and the same
log-probabilities, bit for bit, in whatever company and on however many threads. Candidates of
llama.cpp are counted as not promised. Exit status 1 where one differs.
Examples:
  fabula story replay last
  fabula story replay 12 --candidates 1 --threads 1
  fabula story replay 12 --model path/to/model.gguf --json)");
    sub->callback([arguments, &run] {
        run = [arguments] {
            const auto status = replay_story(*arguments);
            return status ? *status : fail(status.error());
        };
    });
}

}  // namespace fabula::app
