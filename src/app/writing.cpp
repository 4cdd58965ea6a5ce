// SPDX-License-Identifier: 0BSD
#include "app/writing.h"

#include "app/disk_budget.h"
#include "app/files.h"
#include "app/note_files.h"
#include "app/open_model.h"
#include "app/open_store.h"
#include "app/paths.h"
#include "app/remote_model.h"
#include "app/settings_flags.h"
#include "app/signals.h"
#include "app/step_settings.h"
#include "app/terminal.h"
#include "model/remote/http.h"

#include <CLI/CLI.hpp>

#include <iostream>
#include <optional>
#include <random>

namespace fabula::app {

const char* const default_instruction =
    "Write a story. It begins with the words that your answer begins with; go on from there.";

namespace {

// The words themselves, or what a file or standard input holds.
Result<std::string> read_prompt(const WritingArguments& arguments) {
    if (arguments.prompt_file.empty() && arguments.prompt != "-") return arguments.prompt;
    const std::string path = arguments.prompt_file.empty() ? "-" : arguments.prompt_file;
    if (path == "-" && is_terminal(0))
        std::cerr << "type how the story begins, then Ctrl-D on a line of its own\n";
    auto text = read_file(path);
    while (text && (text->ends_with('\n') || text->ends_with('\r')))
        text->pop_back();
    return text;
}

// Empty where a story goes on.
Result<std::string> prompt_of(const WritingArguments& arguments) {
    const bool is_named = arguments.has_prompt || !arguments.prompt_file.empty();
    if (!arguments.story.empty()) {
        if (!is_named && !arguments.flags.values.contains("seed")) return std::string();
        return Error{ErrorCode::invalid_input,
                     "--continue goes on with a story's own text and seed: leave the prompt and "
                     "--seed out (`fabula story edit` changes the text)"};
    }
    if (!is_named)
        return Error{ErrorCode::invalid_input,
                     "no prompt: give one in quotes, - for standard input, or "
                     "--prompt-file FILE"};
    if (arguments.has_prompt && !arguments.prompt_file.empty())
        return Error{ErrorCode::invalid_input, "give a prompt or --prompt-file, not both"};
    auto text = read_prompt(arguments);
    if (!text) return text;
    if (const auto sound = engine::check_text("the prompt", *text); !sound) return sound.error();
    return text;
}

// Where nobody said which, the settings that somebody fixed decide.
Result<PolicyName> policy_of(const Configuration& configuration, Occasion occasion) {
    const auto& named = configuration.text("policy");
    std::string fixed;
    for (const auto* name : {"temperature", "top_k", "typical_p"}) {
        if (configuration.is_set(name)) fixed = name;
    }
    const auto& settings = configuration.settings();
    const auto usual =
        occasion == Occasion::choosing ? preference::Policy::automatic : preference::Policy::random;
    const bool is_searched = settings.num_beams > 1 || settings.penalty_alpha > 0;
    if (named.empty())
        return PolicyName{fixed.empty() && !is_searched ? usual : preference::Policy::fixed, false};
    auto policy = policy_name_from(named);
    if (policy && draws_settings(*policy) && !fixed.empty())
        return Error{ErrorCode::invalid_input,
                     "policy " + named + " draws " + fixed + " itself, and it is set too (" +
                         configuration.source(fixed) + "): leave one of the two out"};
    return policy;
}

}  // namespace

Result<engine::Chat> chat_of(const Configuration& configuration, const model::ModelInfo& info) {
    const auto& named = configuration.text("chat");
    const bool can = !info.chat_template.empty();
    if (named == "auto") return can ? engine::Chat::on : engine::Chat::off;
    if (named == "off") return engine::Chat::off;
    if (named != "on")
        return Error{ErrorCode::invalid_input, "chat '" + named + "' is not auto, on or off"};
    if (!can)
        return Error{ErrorCode::invalid_input,
                     "model '" + info.name + "' has no chat template: leave --chat out"};
    return engine::Chat::on;
}

Result<engine::WriteOptions> options_of(const Configuration& configuration) {
    engine::WriteOptions options;
    const auto steps = configuration.number("steps", 1, 1000000);
    if (!steps) return steps.error();
    const auto candidates = configuration.number("candidates", 1, 64);
    if (!candidates) return candidates.error();
    options.steps = *steps;
    options.offer.candidates = *candidates;
    options.offer.settings = configuration.settings();
    return options;
}

namespace {

// A story goes on as it was written, in all that nobody set anew.
Result<Unit> resume(const store::Story& story, const Configuration& configuration,
                    engine::OfferOptions& options, PolicyName& policy) {
    if (story.offers.empty() || story.offers.back().candidates.empty()) return Unit{};
    const auto& last = story.offers.back().candidates;
    for (const auto& field : sample::fields()) {
        if (configuration.is_set(field.name)) continue;
        const auto set = sample::set(options.settings, field.name, field.of(last.front().settings));
        if (!set) return set.error();
    }
    const auto& before = last.front().settings;
    if (!configuration.is_set("dry_breakers")) options.settings.dry_breakers = before.dry_breakers;
    if (!configuration.is_set("bad_words")) options.settings.bad_words = before.bad_words;
    if (!configuration.is_set("bad_patterns")) options.settings.bad_patterns = before.bad_patterns;
    if (!configuration.is_set("stop")) options.settings.stop = before.stop;
    if (!configuration.is_set("logit_bias")) options.settings.logit_bias = before.logit_bias;
    if (!configuration.is_set("order")) options.settings.order = before.order;
    if (!configuration.is_set("ignore_end")) options.settings.ignore_end = before.ignore_end;
    if (!configuration.is_set("candidates")) options.candidates = last.size();
    const bool is_open = configuration.text("policy").empty() && draws_settings(policy);
    const auto before_policy = policy_name_from(last.front().policy);
    if (is_open && before_policy) policy = *before_policy;
    return Unit{};
}

// A story that the model has ended is not gone on with by accident.
Result<Unit> check_open(const store::Story& story, const engine::OfferOptions& options) {
    const auto& passage = story.passages[static_cast<std::size_t>(story.head())];
    bool has_ended = false;
    for (const auto& offer : story.offers) {
        for (const auto& candidate : offer.candidates)
            has_ended |= passage.offer == offer.id && passage.index == candidate.index &&
                         candidate.ending == "end_of_text";
    }
    if (!has_ended || options.settings.ignore_end) return Unit{};
    const auto id = std::to_string(static_cast<std::int64_t>(story.record.id));
    return Error{ErrorCode::conflict, "the model has ended story " + id +
                                          " here: go back with `fabula story undo " + id +
                                          "`, or on with --ignore-end"};
}

Result<store::Story> load_story(store::Store& store, const std::string& name) {
    const auto id = find_story(store, name);
    if (!id) return id.error();
    return store.load(*id);
}

// The story that goes on, with its settings; nothing where a new one begins.
Result<Unit> take_up_story(Desk& desk, const WritingArguments& arguments, Occasion occasion) {
    if (arguments.story.empty()) return Unit{};
    auto story = load_story(*desk.store, arguments.story);
    if (!story) return story.error();
    auto& options = desk.options.offer;
    if (auto done = resume(*story, desk.configuration, options, desk.policy); !done) return done;
    if (occasion == Occasion::writing) {
        if (auto open = check_open(*story, options); !open) return open;
    }
    desk.story = *std::move(story);
    return Unit{};
}

// Where nobody said which: the model that wrote the story last, if it was such a one.
std::string remote_model_of(const Configuration& configuration,
                            const std::optional<store::Story>& story) {
    if (configuration.is_set("model")) return configuration.text("model");
    if (!story || story->offers.empty()) return "";
    const auto& before = story->offers.back();
    return before.backend == configuration.text("api") ? before.model : "";
}

// Where nobody said which: the model that wrote the story last, if it is there.
std::string model_of(const Configuration& configuration, const std::optional<store::Story>& story) {
    const auto& named = configuration.text("model");
    if (configuration.is_set("model") || !story || story->offers.empty()) return named;
    const auto& before = story->offers.back().model;
    return find_model(before) ? before : named;
}

Result<std::unique_ptr<model::Generator>> generator_of(const Configuration& configuration,
                                                       const std::optional<store::Story>& story,
                                                       engine::OfferOptions& options,
                                                       const std::stop_token& stop) {
    if (is_remote(configuration)) {
        auto remote = open_remote(configuration, remote_model_of(configuration, story), stop);
        if (!remote) return remote;
        const auto chat = chat_of(configuration, (*remote)->info());
        if (!chat) return chat.error();
        options.chat = *chat;
        return remote;
    }
    auto open = open_options(configuration);
    if (!open) return open.error();
    open->n_branches = options.candidates;
    auto model = open_model(model_of(configuration, story), *open);
    if (!model) return model.error();
    const auto chat = chat_of(configuration, (*model)->info());
    if (!chat) return chat.error();
    options.chat = *chat;
    return model::make_local(*std::move(model));
}

}  // namespace

Result<store::Story> begin_story(Desk& desk, const WritingArguments& arguments, std::uint64_t seed,
                                 const std::string& source) {
    store::StoryRecord record;
    record.title = arguments.title;
    record.created = now();
    record.seed = seed;
    record.source = source;
    if (desk.options.offer.chat == engine::Chat::on) {
        record.system = desk.configuration.text("system");
        record.instruction =
            arguments.instruction.empty() ? default_instruction : arguments.instruction;
    } else if (!arguments.instruction.empty()) {
        return Error{ErrorCode::invalid_input, "--instruction is for chat models, and model '" +
                                                   desk.generator->info().name +
                                                   "' has no chat template in use: leave it out"};
    }
    return engine::begin(*desk.store, *desk.generator, record, desk.prompt, desk.options);
}

Result<std::uint64_t> seed_of(const Configuration& configuration) {
    if (configuration.is_set("seed")) return configuration.number("seed", 0, UINT64_MAX);
    std::random_device device;
    return (static_cast<std::uint64_t>(device()) << 16U) ^ device();
}

namespace {

// What --settings names where it is no settings but means by step: a dump, or who has it live.
Result<bool> names_steps(const std::string& file) {
    if (model::is_url(file)) return true;
    if (file.empty() || file == "-") return false;
    const auto bytes = read_file(file);
    if (!bytes) return bytes.error();
    return is_step_dump(*bytes);
}

Result<Unit> set_steps(engine::OfferOptions& options, const std::string& file) {
    if (model::is_url(file)) {
        auto live = propose_live(file, cache_folder(), {}, [](const std::string& trouble) {
            std::cerr << "fabula: " << printable_line(trouble) << std::endl;
        });
        if (!live) return live.error();
        options.proposer = *std::move(live);
        return Unit{};
    }
    const auto bytes = read_file(file);
    if (!bytes) return bytes.error();
    auto dump = dump_from_json(*bytes);
    if (!dump) return Error{dump.error().code, "settings '" + file + "': " + dump.error().message};
    options.proposer = propose_from(*std::move(dump), {});
    return Unit{};
}

// Means by step are what the average policy goes by, and no other.
Result<Unit> check_steps(const Configuration& configuration, const PolicyName& policy) {
    const auto& named = configuration.text("policy");
    if (named.empty() || policy.policy == preference::Policy::average || named == "adaptive")
        return Unit{};
    return Error{ErrorCode::invalid_input,
                 "--settings with means by step is the policy average, so --policy " + named +
                     " says something else: leave one of the two out"};
}

// Where the settings of candidates come from.
Result<Unit> take_policy(Desk& desk, const WritingArguments& arguments) {
    auto& options = desk.options.offer;
    const auto usual = settings_for(desk.policy, desk.configuration);
    if (arguments.story.empty()) options.settings.temperature = usual.temperature;
    if (!desk.has_steps) return set_policy(options, desk.policy, *desk.store);
    if (auto good = check_steps(desk.configuration, desk.policy); !good) return good;
    desk.policy.policy = preference::Policy::average;
    options.is_adaptive = desk.policy.is_adaptive;
    return set_steps(options, arguments.flags.settings_file);
}

Result<Unit> take_notes(Desk& desk, const WritingArguments& arguments) {
    const auto carried = desk.story ? engine::last_notes(*desk.story) : std::vector<story::Note>();
    auto notes = note_source({arguments.memory_file, arguments.lore_file}, carried,
                             [](const std::string& trouble) {
                                 std::cerr << "fabula: " << printable_line(trouble) << std::endl;
                             });
    if (!notes) return notes.error();
    desk.options.offer.notes = *std::move(notes);
    return Unit{};
}

// Everything that can be wrong before a database or a model is opened; the desk has neither yet.
Result<Desk> prepared_desk(const WritingArguments& arguments, Occasion occasion) {
    const auto has_steps = names_steps(arguments.flags.settings_file);
    if (!has_steps) return has_steps.error();
    Flags flags = arguments.flags;
    if (*has_steps) flags.settings_file.clear();
    auto configuration = Configuration::load(flags, config_file(), process_environment);
    if (!configuration) return configuration.error();
    auto options = options_of(*configuration);
    if (!options) return options.error();
    if (occasion == Occasion::choosing) {  // as many as there are keys
        if (const auto n = configuration->number("candidates", 1, 8); !n) return n.error();
    }
    const auto policy = policy_of(*configuration, occasion);
    if (!policy) return policy.error();
    auto prompt = prompt_of(arguments);
    if (!prompt) return prompt.error();
    if (const auto room = check_database_budget(*configuration); !room) return room.error();
    return Desk{*std::move(configuration),
                *std::move(options),
                *policy,
                *std::move(prompt),
                nullptr,
                nullptr,
                std::nullopt,
                {},
                *has_steps};
}

}  // namespace

Result<Desk> open_desk(const WritingArguments& arguments, Occasion occasion) {
    auto desk = prepared_desk(arguments, occasion);
    if (!desk) return desk;
    desk->stop = listen_for_signals();
    auto store = open_store(desk->configuration);
    if (!store) return store.error();
    desk->store = *std::move(store);
    if (const auto done = take_up_story(*desk, arguments, occasion); !done) return done.error();
    if (const auto done = take_policy(*desk, arguments); !done) return done.error();
    if (const auto done = take_notes(*desk, arguments); !done) return done.error();
    auto generator =
        generator_of(desk->configuration, desk->story, desk->options.offer, desk->stop);
    if (!generator) return generator.error();
    desk->generator = *std::move(generator);
    return desk;
}

void add_writing_flags(CLI::App& command, WritingArguments& arguments, Occasion occasion) {
    const auto is_named = [](const std::string& file) {
        return file.empty() ? std::string("the name of the file is empty") : std::string();
    };
    command.add_option("prompt", arguments.prompt, "how the story begins; - reads standard input");
    command.add_option("--prompt-file", arguments.prompt_file, "how the story begins, from a file")
        ->type_name("FILE");
    command.add_option("--continue", arguments.story, "go on with a story: its number, or last")
        ->type_name("STORY");
    command
        .add_option("--memory", arguments.memory_file,
                    "what the model should not forget, a fact a line; read anew at each step")
        ->check(is_named)
        ->type_name("FILE");
    command
        .add_option("--lore", arguments.lore_file,
                    "what it should know just now, a line each; read anew at each step")
        ->check(is_named)
        ->type_name("FILE");
    command.add_option("--title", arguments.title, "a title; else the first words")
        ->type_name("TEXT");
    command.add_option("--instruction", arguments.instruction, "what a chat model is asked for")
        ->type_name("TEXT");
    if (occasion == Occasion::writing) add_key_flags(command, arguments.flags, {"steps"});
    if (occasion == Occasion::choosing) add_key_flags(command, arguments.flags, {"user"});
    add_key_flags(command, arguments.flags,
                  {"candidates",    "policy",       "model",          "seed",         "db",
                   "chat",          "system",       "threads",        "backend",      "kernel",
                   "cache_type",    "cache_mib",    "cache_disk_mib", "database_mib", "endpoint",
                   "api",           "stream",       "timeout",        "window",       "prices",
                   "budget_tokens", "budget_money", "month_tokens",   "month_money"});
}

}  // namespace fabula::app
