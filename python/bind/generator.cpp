// SPDX-License-Identifier: 0BSD
#include "bind/generator.h"

#include "app/configuration.h"
#include "app/open_model.h"
#include "app/paths.h"
#include "app/remote_model.h"
#include "bind/drawing.h"
#include "bind/errors.h"
#include "engine/prompt.h"
#include "sample/settings_json.h"

#include <optional>
#include <stop_token>

namespace py = pybind11;

namespace fabula::python {
namespace {

model::Prompt prompt_of(const std::vector<Piece>& pieces) {
    model::Prompt prompt;
    prompt.blocks.reserve(pieces.size());
    for (const auto& [text, ids] : pieces)
        prompt.blocks.push_back({text, ids});
    return prompt;
}

std::vector<model::CandidateRequest> requests_of(const std::vector<std::string>& settings,
                                                 std::uint64_t seed) {
    std::vector<model::CandidateRequest> requests;
    requests.reserve(settings.size());
    const Rng root(seed);
    for (std::size_t i = 0; i < settings.size(); ++i) {
        model::CandidateRequest request;
        request.settings = value_or_raise(sample::settings_from_json(settings[i]));
        request.words = root.child(i);
        requests.push_back(std::move(request));
    }
    return requests;
}

}  // namespace

Generator::Generator(std::unique_ptr<model::Generator> generator)
    : generator_(std::move(generator)), info_(generator_->info()) {}

Drawn Generator::generate(const std::vector<Piece>& prompt,
                          const std::vector<std::string>& settings, std::uint64_t seed,
                          const py::object& on_text) {
    const auto whole = prompt_of(prompt);
    const auto requests = requests_of(settings, seed);
    std::optional<Result<model::Generated>> result;
    auto trouble = do_work(
        [&](const model::OnText& tell, const std::stop_token& stop) {
            std::unique_lock lock(mutex_, std::defer_lock);
            if (!lock_unless_stopped(lock, stop)) {
                result = Error{ErrorCode::unavailable, "stopped while others drew"};
                return;
            }
            result = generator_->generate(whole, requests, tell, stop);
        },
        on_text);
    trouble.raise_callback_error();
    if (!*result) {
        trouble.raise_any();
        raise(result->error());
    }
    return {**std::move(result), trouble.is_interrupt};
}

// The GIL is let go before the generator is waited for: who draws needs it to hand texts over.
template <typename Work>
auto Generator::alone(Work work) {
    const Listed listed;
    const py::gil_scoped_release released;
    const std::lock_guard lock(mutex_);
    return work(*generator_);
}

std::size_t Generator::measure(const std::string& text) {
    return value_or_raise(alone([&](const model::Generator& generator) {
        return generator.measure({text, {}});
    }));
}

std::vector<py::bytes> Generator::spell(const std::vector<TokenId>& ids) {
    const auto texts = value_or_raise(
        alone([&](const model::Generator& generator) { return generator.spell(ids); }));
    return {texts.begin(), texts.end()};
}

std::vector<Piece> Generator::slide(const std::vector<std::string>& passages, int max_new_tokens) {
    store::Story story;
    story.tree = story::Tree(passages.empty() ? std::string() : passages.front());
    story.passages.push_back(
        {story::PassageId::root, story.tree.at(story::PassageId::root), {}, {}, {}});
    auto end = story::PassageId::root;
    for (std::size_t i = 1; i < passages.size(); ++i) {
        end = value_or_raise(story.tree.add(end, story::Origin::written, passages[i]));
        story.passages.push_back({end, story.tree.at(end), {}, {}, {}});
    }
    engine::PromptOptions options;
    options.max_new_tokens = max_new_tokens;
    const auto planned = value_or_raise(alone([&](const model::Generator& generator) {
        return engine::make_prompt(story, end, options, generator);
    }));
    std::vector<Piece> pieces;
    pieces.reserve(planned.prompt.blocks.size());
    for (const auto& block : planned.prompt.blocks)
        pieces.emplace_back(block.text, block.ids);
    return pieces;
}

std::unique_ptr<Generator> open_generator(const std::string& name, const std::string& backend,
                                          int n_threads) {
    const auto configuration =
        value_or_raise(app::Configuration::load({}, app::config_file(), app::process_environment));
    auto options = value_or_raise(app::open_options(configuration));
    if (!backend.empty()) options.backend = value_or_raise(model::backend_named(backend));
    constexpr int most_threads = 256;
    if (n_threads < 0 || n_threads > most_threads)
        raise({ErrorCode::invalid_input, "n_threads " + std::to_string(n_threads) +
                                             " is out of range: 0 to " +
                                             std::to_string(most_threads)});
    if (n_threads > 0) options.n_threads = n_threads;
    std::optional<Result<std::unique_ptr<model::Model>>> opened;
    {
        const Listed listed;
        const py::gil_scoped_release released;
        opened = app::open_model(name.empty() ? configuration.text("model") : name, options);
    }
    return std::make_unique<Generator>(model::make_local(value_or_raise(*std::move(opened))));
}

std::unique_ptr<Generator> open_remote(const std::map<std::string, std::string>& values,
                                       const std::string& model) {
    app::Flags flags;
    flags.values = values;
    const auto configuration = value_or_raise(
        app::Configuration::load(flags, app::config_file(), app::process_environment));
    std::optional<Result<std::unique_ptr<model::Generator>>> opened;
    auto trouble = do_work(
        [&](const model::OnText&, const std::stop_token& stop) {
            opened = app::open_remote(configuration, model, stop);
        },
        py::none());
    trouble.raise_any();
    return std::make_unique<Generator>(value_or_raise(*std::move(opened)));
}

}  // namespace fabula::python
