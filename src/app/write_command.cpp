// SPDX-License-Identifier: 0BSD
#include "app/commands.h"
#include "app/exit_status.h"
#include "app/remote_model.h"
#include "app/settings_flags.h"
#include "app/signals.h"
#include "app/write_stories.h"
#include "app/write_view.h"
#include "app/writing.h"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

namespace fabula::app {
namespace {

struct WriteArguments {
    WritingArguments writing;
    std::size_t n_stories = 0;  // 0: one, and shown as it grows
    std::string events = "main";
    std::string color = "auto";
    bool explains = false;
    bool json = false;
    bool quiet = false;
    bool plain = false;
};

Result<std::unique_ptr<View>> view_of(const WriteArguments& arguments, std::size_t steps) {
    if (arguments.json)
        return make_json_view(std::cout, {arguments.events == "all", arguments.explains});
    Color color = Color::automatic;
    if (arguments.color == "always") color = Color::always;
    if (arguments.color == "never") color = Color::never;
    ViewOptions options;
    options.has_color = has_color(1, color);
    options.columns = columns(1);
    options.n_steps = steps;
    options.explains = arguments.explains;
    if (arguments.quiet)
        options.mode = ViewMode::quiet;
    else
        options.mode = can_redraw() && !arguments.plain ? ViewMode::live : ViewMode::plain;
    return make_view(std::cout, options);
}

// Whatever went wrong while writing, say what is safe.
Error with_story(Error error, const store::Story& story) {
    if (error.code == ErrorCode::not_found) return error;  // somebody deleted it meanwhile
    error.message += "; story " + std::to_string(static_cast<std::int64_t>(story.record.id)) +
                     " keeps its " + std::to_string(story.tree.size()) + " passages";
    return error;
}

// Writes, shows, and says how it ended.
Result<int> write_and_show(const WriteArguments& arguments, engine::AtWork work,
                           const engine::WriteOptions& options, const std::stop_token& stop) {
    auto view = view_of(arguments, options.steps);
    if (!view) return view.error();
    const auto done = engine::write(
        work, options, [&](const engine::Event& event) { (*view)->show(event); }, stop);
    if (!done) return with_story(done.error(), work.story);
    if (!std::cout) return Error{ErrorCode::unavailable, "cannot write to standard output"};
    const auto problem = work.generator.cache_figures().problem;
    if (!problem.empty())
        std::cerr << "fabula: what was computed is not all kept on disk: "
                  << printable_line(problem) << std::endl;
    if (const auto cost = cost_line(work.generator); !cost.empty() && !arguments.quiet)
        std::cerr << "fabula: " << cost << std::endl;
    if (done->finish != engine::Finish::stopped) return exit_success;
    const auto id = static_cast<std::int64_t>(done->story);
    if (arguments.quiet || arguments.json)
        std::cerr << "fabula: stopped; story " << id << " is kept: fabula write --continue " << id
                  << std::endl;
    return 128 + signal_received();
}

Result<int> write_story(const WriteArguments& arguments) {
    auto desk = open_desk(arguments.writing, Occasion::writing);
    if (!desk) return desk.error();
    if (arguments.n_stories > 0) {
        StoriesOptions options;
        options.n_stories = arguments.n_stories;
        options.steps = desk->options.steps;
        options.is_quiet = arguments.quiet;
        std::unique_ptr<View> json;
        if (arguments.json)
            json = make_json_view(std::cout, {arguments.events == "all", arguments.explains});
        return write_stories(*desk, arguments.writing, options, json.get());
    }
    if (!desk->story) {
        const auto seed = seed_of(desk->configuration);
        if (!seed) return seed.error();
        auto begun = begin_story(*desk, arguments.writing, *seed, "");
        if (!begun) return begun.error();
        desk->story = *std::move(begun);
    }
    return write_and_show(arguments, {*desk->store, *desk->generator, *desk->story}, desk->options,
                          desk->stop);
}

}  // namespace

void add_write(CLI::App& app, Run& run) {
    auto* command = app.add_subcommand("write", "write a story, step by step, by itself");
    auto arguments = std::make_shared<WriteArguments>();
    add_writing_flags(*command, arguments->writing, Occasion::writing);
    command
        ->add_option("--stories", arguments->n_stories,
                     "so many stories from the one prompt, unattended; the same command with the "
                     "same --seed goes on where it was interrupted")
        ->check(CLI::Range(1, 1000000))
        ->excludes("--continue")
        ->type_name("N");
    command->add_flag("--json", arguments->json, "events as JSON, one a line");
    command
        ->add_option("--events", arguments->events,
                     "with --json: main, or all for steps, prompts and text too")
        ->check(CLI::IsMember({"main", "all"}))
        ->type_name("WHICH");
    command->add_flag("-q,--quiet", arguments->quiet, "the story and nothing else")
        ->excludes("--json");
    command
        ->add_flag("--explain", arguments->explains,
                   "what of each prompt is where it is, why, and what the cache had of it")
        ->excludes("--quiet");
    command->add_flag("--plain", arguments->plain, "no moving lines, also on a terminal");
    command->add_option("--color", arguments->color, "auto, always or never")
        ->check(CLI::IsMember({"auto", "always", "never"}))
        ->type_name("WHEN");
    add_settings_flags(*command, arguments->writing.flags);
    command->footer(R"(Examples:
  fabula write "Once upon a time, a lighthouse keeper found a door under the sea."
  fabula write --steps 4 --candidates 5 --seed 7 "The well was dry."
  fabula write --policy fixed --temperature 0.7 --top-p 0.9 - < opening.txt
  fabula write --continue last --steps 2
  fabula write --json --seed 7 "The well was dry." > events.jsonl
  fabula write --memory facts.txt --explain "The well was dry."
  fabula write --stories 200 --seed 1 --policy random "The well was dry."

Ctrl-C keeps what was taken, and the candidates that were being written.)");
    command->callback([arguments, command, &run] {
        arguments->writing.has_prompt = command->get_option("prompt")->count() > 0;
        run = [arguments] {
            const auto status = write_story(*arguments);
            return status ? *status : fail(status.error());
        };
    });
}

}  // namespace fabula::app
