// SPDX-License-Identifier: 0BSD
#include "app/choose_session.h"
#include "app/commands.h"
#include "app/edit_words.h"
#include "app/exit_status.h"
#include "app/open_store.h"
#include "app/policies.h"
#include "app/remote_model.h"
#include "app/settings_flags.h"
#include "app/signals.h"
#include "app/terminal.h"
#include "app/write_view.h"
#include "app/writing.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <iostream>
#include <memory>

namespace fabula::app {
namespace {

// A policy that learns is given what was decided meanwhile after so many offers.
constexpr unsigned offers_between_lessons = 5;

struct ChooseArguments {
    WritingArguments writing;
    std::string color = "auto";
    bool json = false;
    bool plain = false;
};

ChooseViewOptions view_options(const ChooseArguments& arguments) {
    Color color = Color::automatic;
    if (arguments.color == "always") color = Color::always;
    if (arguments.color == "never") color = Color::never;
    ChooseViewOptions options;
    options.has_color = has_color(1, color);
    options.can_redraw = can_redraw() && !arguments.plain;
    options.columns = columns(1);
    options.rows = rows(1);
    options.is_quiet = arguments.json;
    return options;
}

void show_beginning(View& json, const Desk& desk, const std::string& text) {
    const auto& info = desk.generator->info();
    json.show({0, engine::StoryBegan{desk.story->record, info.name, info.backend, info.arithmetic,
                                     text, desk.story->tree.step(desk.story->head())}});
}

// Asks for what belongs behind a key. Empty: nothing after all.
class KeyReader {
public:
    KeyReader(DecisionInput& input, ChooseView& view, std::stop_token stop)
        : input_(input), view_(view), stop_(std::move(stop)) {}

    // Empty when the input has ended. Errors: as decision_from.
    std::optional<Result<Decision>> next(std::size_t n_candidates) {
        const char c = input_.key(stop_);
        if (c == 0) return std::nullopt;
        if (c == '\n' || c == '\r' || c == ' ' || c == '\033') return Result(Decision{});
        if (c == DecisionInput::pasted)
            return Result<Decision>(Error{ErrorCode::invalid_input,
                                          "many keys at once are taken for a paste and left out: w "
                                          "is for words of your own"});
        std::string line(1, c);
        const std::string numbers = fmt::format("1-{}", n_candidates);
        if (c == 'e') line += " " + digit("edit which? " + numbers);
        if (c == '+') line += " " + digit("up: which? " + numbers);
        if (c == '-') line += " " + digit("down: which? " + numbers);
        if (c == 'r') {
            const auto which = digit("again: which? " + numbers + ", a for all");
            if (which.empty()) return Result(Decision{});
            if (which != "a") line += " " + which;
        } else if (line.ends_with(' ')) {
            return Result(Decision{});
        }
        if (c == 'j' || c == 'b') {
            const auto number = words("jump to which passage? (t shows them)");
            if (number.empty()) return Result(Decision{});
            line += " " + number;
        }
        if (c == 'y') line += " " + words("why? c coherence, s style, t turn, or your words:");
        view_.echo(line);
        return decision_from(line);
    }

private:
    std::string digit(const std::string& question) {
        view_.ask(question);
        const char c = input_.key(stop_);
        view_.print("\n");
        if (c == 'a') return "a";
        return c >= '1' && c <= '9' ? std::string(1, c) : "";
    }

    std::string words(const std::string& question) {
        view_.ask(question);
        return input_.line(stop_).value_or("");
    }

    DecisionInput& input_;
    ChooseView& view_;
    std::stop_token stop_;
};

// A line of a script; words that are to be written follow it, up to a full stop alone.
std::optional<Result<Decision>> next_line(DecisionInput& input, const std::stop_token& stop) {
    const auto line = input.line(stop);
    if (!line) return std::nullopt;
    auto decision = decision_from(*line);
    const bool wants_words = decision && decision->text.empty() &&
                             (decision->verb == Verb::write || decision->verb == Verb::edit);
    if (!wants_words) return decision;
    std::string unfinished;
    const auto words = input.text(stop, unfinished);
    if (!words) return std::nullopt;
    decision->text = *words;
    return decision;
}

// What a person can do something about is told, and choosing goes on.
Result<Unit> mend(const Error& error, ChooseSession& session, ChooseView& view,
                  const std::stop_token& stop) {
    if (error.code != ErrorCode::invalid_input && error.code != ErrorCode::conflict) return error;
    view.complain(error.message);
    return error.code == ErrorCode::conflict ? session.reload(stop) : Result<Unit>(Unit{});
}

// Whether the session is over.
Result<bool> carry_out(const Result<Decision>& decision, ChooseSession& session,
                       const std::stop_token& stop) {
    if (!decision) return decision.error();
    return session.decide(*decision, stop);
}

// A script ends with the first line that is not understood.
Result<int> run_session(ChooseSession& session, ChooseView& view, DecisionInput& input,
                        const std::stop_token& stop) {
    if (const auto offered = session.offer(stop); !offered) return offered.error();
    KeyReader keys(input, view, stop);
    std::size_t n_lines = 0;
    while (!stop.stop_requested()) {
        if (input.is_interactive()) {
            view.resize(columns(1), rows(1));
            view.show_keys(session.n_slots(), false);
        }
        const auto decision =
            input.is_interactive() ? keys.next(session.n_slots()) : next_line(input, stop);
        if (!decision) break;
        ++n_lines;
        const auto done = carry_out(*decision, session, stop);
        if (done && *done) break;
        if (done) continue;
        if (!input.is_interactive())
            return Error{done.error().code,
                         fmt::format("decision {}: {}", n_lines, done.error().message)};
        if (const auto mended = mend(done.error(), session, view, stop); !mended)
            return mended.error();
    }
    return stop.stop_requested() ? 128 + signal_received() : exit_success;
}

Result<int> choose_story(const ChooseArguments& arguments) {
    const bool is_piped = !is_terminal(0);
    if (is_piped && arguments.writing.prompt == "-")
        return Error{ErrorCode::invalid_input,
                     "standard input has the decisions: give the prompt in quotes or with "
                     "--prompt-file"};
    auto desk = open_desk(arguments.writing, Occasion::choosing);
    if (!desk) return desk.error();
    if (!desk->story) {
        const auto seed = seed_of(desk->configuration);
        if (!seed) return seed.error();
        auto begun = begin_story(*desk, arguments.writing, *seed, "");
        if (!begun) return begun.error();
        desk->story = *std::move(begun);
    }
    store::Story& story = *desk->story;
    const auto& stop = desk->stop;
    std::unique_ptr<View> json;
    if (arguments.json) json = make_json_view(std::cout, {false, false});
    ChooseView view(std::cout, view_options(arguments));
    const engine::EventSink sink = [&](const engine::Event& event) {
        if (json) json->show(event);
    };
    DecisionInput input;
    SessionOptions options;
    options.offer = desk->options.offer;
    options.user = user_of(desk->configuration);
    options.learn = [&, n_made = 0U](engine::OfferOptions& offer) mutable -> Result<Unit> {
        // What was learned when the desk was opened holds for the first offers.
        if (desk->has_steps || ++n_made % offers_between_lessons != 0) return Unit{};
        return set_policy(offer, desk->policy, *desk->store);
    };
    options.keep_draft = [&](const std::string& words) { keep_draft(words, view); };
    if (input.is_interactive())
        options.edit = [&](const std::string& words) {
            return edit_words(words, input, view, stop);
        };
    ChooseSession session({*desk->store, *desk->generator, story}, std::move(options), view, sink);
    const auto text = story.tree.read(story.head());
    if (!text) return text.error();
    const auto id = static_cast<std::int64_t>(story.record.id);
    if (json) show_beginning(*json, *desk, *text);
    view.show_story(fmt::format("story {}  {}, seed {}, {}", id, desk->generator->info().name,
                                story.record.seed, engine::policy_name(desk->options.offer)),
                    *text, false);
    auto status = run_session(session, view, input, stop);
    const auto n = session.story().tree.size() - 1;
    view.tell(
        fmt::format("kept: story {}, its opening and {} {}; go on with fabula choose "
                    "--continue {}",
                    id, n, n == 1 ? "passage" : "passages", id));
    if (const auto cost = cost_line(*desk->generator); !cost.empty()) view.tell(cost);
    if (!std::cout) return Error{ErrorCode::unavailable, "cannot write to standard output"};
    return status;
}

}  // namespace

void add_choose(CLI::App& app, Run& run) {
    auto* command = app.add_subcommand(
        "choose", "write a story together: you pick, edit or write at every step");
    auto arguments = std::make_shared<ChooseArguments>();
    add_writing_flags(*command, arguments->writing, Occasion::choosing);
    command->add_flag("--json", arguments->json, "events as JSON, one a line, and nothing else");
    command->add_flag("--plain", arguments->plain, "nothing is drawn over, also on a terminal");
    command->add_option("--color", arguments->color, "auto, always or never")
        ->check(CLI::IsMember({"auto", "always", "never"}))
        ->type_name("WHEN");
    add_settings_flags(*command, arguments->writing.flags);
    command->footer(R"(Keys:
  1-8 take a candidate      e edit one first       w write the passage yourself
  r   draw one or all anew  u undo                 j jump to a passage: a branch
  + - rate one              y say why              t tree   l story   ? help   q quit

Examples:
  fabula choose "Once upon a time, a lighthouse keeper found a door under the sea."
  fabula choose --continue last
  fabula choose --policy portfolio --candidates 4 --prompt-file opening.txt
  printf '2 style\nr 1\n1\nq\n' | fabula choose --seed 7 --json "The well was dry."

A script says one decision a line: 2, "2 style", "e 2 the new words", "w words", r, "r 2", u, "j 5",
"+ 2 turn", "- 1", "y coherence", q. Each choice is on disk before it is shown as kept.)");
    command->callback([arguments, command, &run] {
        arguments->writing.has_prompt = command->get_option("prompt")->count() > 0;
        run = [arguments] {
            const auto status = choose_story(*arguments);
            return status ? *status : fail(status.error());
        };
    });
}

}  // namespace fabula::app
