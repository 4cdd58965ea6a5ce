// SPDX-License-Identifier: 0BSD
// What writing by itself and choosing have in common: the prompt or the story that goes on, the
// settings, the policy, the model and the database.
#pragma once

#include "app/configuration.h"
#include "app/policies.h"
#include "engine/write.h"
#include "model/generator.h"
#include "store/store.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace CLI {  // NOLINT(readability-identifier-naming): the library is called so
class App;
}

namespace fabula::app {

/// Whether the program takes the candidates or a person does.
enum class Occasion { writing, choosing };

struct WritingArguments {
    Flags flags;
    std::string prompt;
    std::string prompt_file;
    std::string story;  // --continue
    std::string title;
    std::string instruction;
    std::string memory_file;
    std::string lore_file;
    bool has_prompt = false;
};

/// The flags of both; `arguments` must outlive the parse.
void add_writing_flags(CLI::App& command, WritingArguments& arguments, Occasion occasion);

/// Everything that is open while a story is written.
struct Desk {
    Configuration configuration;
    engine::WriteOptions options;
    PolicyName policy;
    std::string prompt;  // "" where a story goes on
    std::unique_ptr<store::Store> store;
    std::unique_ptr<model::Generator> generator;
    std::optional<store::Story> story;  // the one that goes on
    std::stop_token stop;
    bool has_steps = false;  // the policy goes by means of --settings: the log teaches it nothing
};

/// Reads the configuration and opens what it names; listens for signals. Errors: those of its
/// parts; conflict for a story that the model has ended, where the program would go on with it.
Result<Desk> open_desk(const WritingArguments& arguments, Occasion occasion);

/// Begins a story from the prompt of the desk. `source`: as StoryRecord::source.
Result<store::Story> begin_story(Desk& desk, const WritingArguments& arguments, std::uint64_t seed,
                                 const std::string& source);

/// What a chat model is asked for unless somebody says.
extern const char* const default_instruction;

/// The number of candidates and their settings. Errors: invalid_input.
Result<engine::WriteOptions> options_of(const Configuration& configuration);

/// Whether the model's chat template is used. Errors: invalid_input, where it has none.
Result<engine::Chat> chat_of(const Configuration& configuration, const model::ModelInfo& info);

/// The one that was set, or a new one by the system's chance.
Result<std::uint64_t> seed_of(const Configuration& configuration);

}  // namespace fabula::app
