// SPDX-License-Identifier: 0BSD
#include "app/commands.h"
#include "app/configuration.h"
#include "app/exit_status.h"
#include "app/files.h"
#include "app/open_store.h"
#include "app/paths.h"
#include "app/settings_flags.h"
#include "app/settings_line.h"
#include "app/story_text.h"
#include "app/terminal.h"
#include "base/utf8.h"
#include "base/width.h"
#include "engine/choose.h"
#include "engine/write.h"
#include "model/page_folder.h"
#include "store/story_json.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <optional>

namespace fabula::app {
namespace {

struct StoryArguments {
    Flags flags;
    std::string story;
    std::string format = "text";
    std::string out = "-";
    std::string file;
    std::uint32_t passage = 0;
    std::size_t steps = 1;
    std::size_t candidate = 0;            // from 1
    std::optional<std::uint32_t> behind;  // a passage
    bool json = false;
    bool yes = false;
};

using Action = std::function<Result<int>(const StoryArguments&, store::Store&)>;

int with_store(const StoryArguments& arguments, const Action& action) {
    const auto configuration =
        Configuration::load(arguments.flags, config_file(), process_environment);
    if (!configuration) return fail(configuration.error());
    auto store = open_store(*configuration);
    if (!store) return fail(store.error());
    const auto status = action(arguments, **store);
    return status ? *status : fail(status.error());
}

Result<store::Story> loaded(const StoryArguments& arguments, store::Store& store) {
    const auto id = find_story(store, arguments.story);
    if (!id) return id.error();
    return store.load(*id);
}

Result<int> list_stories(const StoryArguments& arguments, store::Store& store) {
    const auto stories = store.list();
    if (!stories) return stories.error();
    if (arguments.json) {
        std::cout << summaries_as_json(*stories);
        return exit_success;
    }
    if (stories->empty()) {
        std::cout << "no story yet: fabula write \"Once upon a time, ...\"\n";
        return exit_success;
    }
    const std::size_t width = columns(1);
    std::cout << "   id  passages  words  changed           title\n";
    for (const auto& story : *stories) {
        const auto line =
            fmt::format("{:>5}  {:>8}  {:>5}  {}  {}", static_cast<std::int64_t>(story.record.id),
                        story.n_passages, story.words, to_iso8601(story.changed).substr(0, 16),
                        printable_line(story.record.title));
        std::cout << first_columns(line, width) << '\n';
    }
    return exit_success;
}

Result<int> show_story(const StoryArguments& arguments, store::Store& store) {
    const auto story = loaded(arguments, store);
    if (!story) return story.error();
    const auto text = printable(story_as_text(*story));
    if (!is_terminal(1)) {
        std::cout << text;
        return exit_success;
    }
    for (const auto& line : wrapped(text, std::min<std::size_t>(columns(1), 100)))
        std::cout << line << '\n';
    return exit_success;
}

Result<int> show_tree(const StoryArguments& arguments, store::Store& store) {
    const auto story = loaded(arguments, store);
    if (!story) return story.error();
    std::cout << story_as_tree(*story, columns(1));
    return exit_success;
}

Result<int> export_story(const StoryArguments& arguments, store::Store& store) {
    const auto story = loaded(arguments, store);
    if (!story) return story.error();
    std::string bytes;
    if (arguments.format == "text")
        bytes = story_as_text(*story);
    else if (arguments.format == "md")
        bytes = story_as_markdown(*story);
    else if (arguments.format == "json")
        bytes = store::to_json(*story);
    else
        bytes = story_as_jsonl(*story);
    const bool is_read = arguments.format == "text" || arguments.format == "md";
    if (is_read && arguments.out == "-" && is_terminal(1)) bytes = printable(bytes);
    const auto written = write_file(arguments.out, bytes);
    if (!written) return written.error();
    if (arguments.out != "-") std::cerr << "written to " << printable_line(arguments.out) << '\n';
    return exit_success;
}

Result<int> import_story(const StoryArguments& arguments, store::Store& store) {
    const auto bytes = read_file(arguments.file, std::size_t{1} << 30U);
    if (!bytes) return bytes.error();
    const auto story = store::story_from_json(*bytes);
    if (!story)
        return Error{story.error().code, "'" + arguments.file + "': " + story.error().message};
    const auto id = store.add_story(*story);
    if (!id) return id.error();
    std::cout << "story " << static_cast<std::int64_t>(*id) << '\n';
    return exit_success;
}

Result<int> delete_story(const StoryArguments& arguments, store::Store& store) {
    const auto id = find_story(store, arguments.story);
    if (!id) return id.error();
    const auto story = store.load(*id);
    if (!story) return story.error();
    if (!arguments.yes) {
        if (!is_terminal(0))
            return Error{ErrorCode::invalid_input,
                         "deleting is for good: say --yes where nobody can be asked"};
        std::cerr << "delete story " << static_cast<std::int64_t>(*id) << " \""
                  << printable_line(story->record.title) << "\" with its " << story->tree.size()
                  << " passages for good? [y/N] " << std::flush;
        std::string answer;
        std::getline(std::cin, answer);
        if (answer != "y" && answer != "Y" && answer != "yes") {
            std::cerr << "kept\n";
            return exit_success;
        }
    }
    const auto removed = store.remove(*id);
    if (!removed) return removed.error();
    std::cout << "story " << static_cast<std::int64_t>(*id) << " is deleted\n";
    if (!model::page_folders_in(pages_folder()).empty())
        std::cerr << "what models computed for it, which tells its tokens, stays on disk until "
                     "`fabula cache clear`\n";
    return exit_success;
}

void tell_place(const store::Story& story, story::PassageId place) {
    std::cout << "story " << static_cast<std::int64_t>(story.record.id) << " stands at passage "
              << static_cast<std::uint32_t>(place) << " (step " << story.tree.step(place)
              << "); nothing was removed: fabula story tree "
              << static_cast<std::int64_t>(story.record.id) << '\n';
}

Result<int> undo(const StoryArguments& arguments, store::Store& store) {
    const auto story = loaded(arguments, store);
    if (!story) return story.error();
    auto place = story->head();
    for (std::size_t i = 0; i < arguments.steps; ++i) {
        if (place == story::PassageId::root)
            return Error{ErrorCode::invalid_input,
                         "only " + std::to_string(i) +
                             " passages stand behind the opening: there is no more to undo"};
        place = story->tree.at(place).parent;
    }
    const auto moved = store.move(story->record.id, store::MoveKind::undo, place, now());
    if (!moved) return moved.error();
    tell_place(*story, place);
    return exit_success;
}

Result<int> jump(const StoryArguments& arguments, store::Store& store) {
    const auto story = loaded(arguments, store);
    if (!story) return story.error();
    const auto place = static_cast<story::PassageId>(arguments.passage);
    const auto moved = store.move(story->record.id, store::MoveKind::jump, place, now());
    if (!moved) return moved.error();
    tell_place(*story, place);
    return exit_success;
}

// A passage in other words stands beside the old one; nothing is overwritten.
Result<int> edit(const StoryArguments& arguments, store::Store& store) {
    const auto story = loaded(arguments, store);
    if (!story) return story.error();
    const auto id = static_cast<story::PassageId>(arguments.passage);
    if (!story->tree.has(id))
        return Error{ErrorCode::not_found,
                     "passage " + std::to_string(arguments.passage) + " is not in this story"};
    if (id == story::PassageId::root)
        return Error{ErrorCode::invalid_input,
                     "the opening cannot be edited: begin another story with the new one"};
    auto text = read_file(arguments.file);
    if (!text) return text.error();
    if (text->ends_with('\n')) text->pop_back();
    if (const auto sound = engine::check_text("the new text", *text); !sound) return sound.error();
    const auto before = story->tree.read(story->tree.at(id).parent);
    if (!before) return before.error();
    const auto is_space = [](char c) { return c == ' ' || c == '\n' || c == '\t'; };
    if (!before->empty() && !is_space(before->back()) && !is_space(text->front()))
        text->insert(0, " ");  // words of two passages are not glued together
    const auto added = store.add_passage(story->record.id, story->tree.at(id).parent,
                                         story::Origin::edited, *text, now());
    if (!added) return added.error();
    std::cout << "passage " << static_cast<std::uint32_t>(*added) << " stands beside passage "
              << arguments.passage << ", and the story goes on from it\n";
    return exit_success;
}

// The newest offer behind a passage; behind the head's parent where none is named.
Result<const store::OfferRecord*> newest_offer(const StoryArguments& arguments,
                                               const store::Story& story) {
    auto parent = story.tree.at(story.head()).parent;
    if (arguments.behind) parent = static_cast<story::PassageId>(*arguments.behind);
    const store::OfferRecord* found = nullptr;
    for (const auto& offer : story.offers) {
        if (offer.parent == parent && !offer.candidates.empty()) found = &offer;
    }
    if (found == nullptr)
        return Error{ErrorCode::not_found, "nothing was offered behind passage " +
                                               std::to_string(static_cast<std::uint32_t>(parent)) +
                                               ": `fabula story tree` says where"};
    return found;
}

Result<int> show_offers(const StoryArguments& arguments, store::Store& store) {
    const auto story = loaded(arguments, store);
    if (!story) return story.error();
    const auto offer = newest_offer(arguments, *story);
    if (!offer) return offer.error();
    const std::size_t width = std::min<std::size_t>(columns(1), 100);
    std::cout << "behind passage " << static_cast<std::uint32_t>((*offer)->parent) << " (offer "
              << static_cast<std::int64_t>((*offer)->id) << "):\n";
    for (const auto& candidate : (*offer)->candidates) {
        std::cout << fmt::format("{:>3}  {}  ({}, score {:.2f})\n", candidate.index + 1,
                                 settings_line(candidate.settings),
                                 printable_line(candidate.ending), candidate.score);
        for (const auto& line : wrapped(printable(candidate.text), width - 5))
            std::cout << "     " << line << '\n';
    }
    return exit_success;
}

Result<int> take(const StoryArguments& arguments, store::Store& store) {
    auto story = loaded(arguments, store);
    if (!story) return story.error();
    const auto offer = newest_offer(arguments, *story);
    if (!offer) return offer.error();
    if (arguments.candidate < 1)
        return Error{ErrorCode::invalid_input, "candidates count from 1: `fabula story offers`"};
    const engine::Pick pick{(*offer)->id, arguments.candidate - 1, "person", "taken by hand"};
    engine::Events events({});
    const auto passage = engine::choose(store, *story, pick, now(), events);
    if (!passage) return passage.error();
    tell_place(*story, *passage);
    return exit_success;
}

struct Verb {
    const char* name;
    const char* hint;
    Action action;
};

// What the verbs take that name one passage or candidate.
void add_places(CLI::App& sub, const std::string& name, StoryArguments& arguments) {
    if (name == "take")
        sub.add_option("candidate", arguments.candidate, "its number in `fabula story offers`")
            ->required();
    if (name == "take" || name == "offers")
        sub.add_option("--behind", arguments.behind,
                       "a passage; the newest offer behind it [the one before the last]")
            ->type_name("PASSAGE");
    if (name == "jump" || name == "edit")
        sub.add_option("passage", arguments.passage, "a number from `fabula story tree`")
            ->required();
    if (name == "edit")
        sub.add_option("--file", arguments.file, "the new words; - reads standard input")
            ->required()
            ->type_name("FILE");
}

void add_arguments(CLI::App& sub, const std::string& name, StoryArguments& arguments) {
    add_key_flags(sub, arguments.flags, {"db"});
    if (name == "list") sub.add_flag("--json", arguments.json, "as JSON");
    if (name == "import")
        sub.add_option("file", arguments.file, "a JSON document; - reads standard input")
            ->required();
    if (name != "list" && name != "import")
        sub.add_option("story", arguments.story, "its number, or last")->required();
    if (name == "export") {
        sub.add_option("--format", arguments.format, "text, md, json or jsonl")
            ->check(CLI::IsMember({"text", "md", "json", "jsonl"}))
            ->type_name("FORMAT");
        sub.add_option("--out", arguments.out, "a file; - is standard output")->type_name("FILE");
    }
    if (name == "delete") sub.add_flag("--yes", arguments.yes, "do not ask");
    if (name == "undo")
        sub.add_option("--steps", arguments.steps, "how many passages back [1]")->type_name("N");
    add_places(sub, name, arguments);
}

}  // namespace

void add_story(CLI::App& app, Run& run) {
    auto* command = app.add_subcommand(
        "story", "list, show, export, replay, why, undo: the stories that are kept");
    command->require_subcommand(1);
    command->footer(R"(Examples:
  fabula story list
  fabula story export last --format md --out story.md
  fabula story offers last
  fabula story take last 2
  fabula story replay last
  fabula story why last --token 5
  fabula story undo 12 --steps 2
  fabula story jump 12 5
  fabula story edit 12 5 --file new-words.txt)");
    const Verb verbs[] = {
        {"list", "every story, newest change last", list_stories},
        {"show", "a story's text", show_story},
        {"tree", "a story's passages and branches", show_tree},
        {"export", "a story as text, md, json (everything) or jsonl (every candidate)",
         export_story},
        {"offers", "the continuations that were offered, taken or not", show_offers},
        {"take", "take one of them after all: a branch beside what was taken", take},
        {"import", "a story from export --format json", import_story},
        {"delete", "remove a story for good", delete_story},
        {"undo", "go back; what was written stays in the tree", undo},
        {"jump", "go to any passage: the next step begins a branch there", jump},
        {"edit", "put other words beside a passage and go on from them", edit}};
    auto arguments = std::make_shared<StoryArguments>();
    for (const auto& verb : verbs) {
        auto* sub = command->add_subcommand(verb.name, verb.hint);
        add_arguments(*sub, verb.name, *arguments);
        sub->callback([arguments, action = verb.action, &run] {
            run = [arguments, action] { return with_store(*arguments, action); };
        });
    }
    add_replay(*command, run);
    add_why(*command, run);
}

}  // namespace fabula::app
