// SPDX-License-Identifier: 0BSD
#include "bind/generator.h"

#include "app/configuration.h"
#include "app/open_model.h"
#include "app/paths.h"
#include "bind/errors.h"
#include "engine/prompt.h"
#include "sample/settings_json.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <optional>
#include <stop_token>
#include <thread>

namespace py = pybind11;

namespace fabula::python {
namespace {

// What the drawing thread has to say, and what the calling thread hands on.
class Telling {
public:
    void add(std::size_t index, std::string_view text) {
        const std::lock_guard lock(mutex_);
        texts_.emplace_back(index, text);
        changed_.notify_one();
    }
    void end() {
        const std::lock_guard lock(mutex_);
        is_over_ = true;
        changed_.notify_one();
    }
    /// What came since the last call, waiting a moment for it. nullopt: it is over.
    std::optional<std::deque<std::pair<std::size_t, std::string>>> wait() {
        constexpr std::chrono::milliseconds patience{50};
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, patience, [&] { return is_over_ || !texts_.empty(); });
        if (texts_.empty() && is_over_) return std::nullopt;
        return std::exchange(texts_, {});
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::pair<std::size_t, std::string>> texts_;
    bool is_over_ = false;
};

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

// The error that on_text raised, or KeyboardInterrupt; it is raised again once the thread ended.
struct Trouble {
    std::optional<py::error_already_set> error;
    bool is_interrupt = false;
};

void hand_over(const std::deque<std::pair<std::size_t, std::string>>& texts,
               const py::object& on_text, Trouble& trouble) {
    try {
        if (PyErr_CheckSignals() != 0) throw py::error_already_set();
        if (on_text.is_none()) return;
        for (const auto& [index, text] : texts)
            on_text(index, text);
    } catch (py::error_already_set& error) {
        trouble.is_interrupt = error.matches(PyExc_KeyboardInterrupt);
        trouble.error.emplace(std::move(error));
    }
}

}  // namespace

Generator::Generator(std::unique_ptr<model::Generator> generator)
    : generator_(std::move(generator)), info_(generator_->info()) {}

Drawn Generator::generate(const std::vector<Piece>& prompt,
                          const std::vector<std::string>& settings, std::uint64_t seed,
                          const py::object& on_text) {
    const auto whole = prompt_of(prompt);
    const auto requests = requests_of(settings, seed);
    Telling telling;
    Trouble trouble;
    std::stop_source stop;
    std::optional<Result<model::Generated>> result;
    {
        py::gil_scoped_release released;
        const std::lock_guard lock(mutex_);
        std::thread drawing([&] {
            result = generator_->generate(
                whole, requests,
                [&](std::size_t index, std::string_view text) { telling.add(index, text); },
                stop.get_token());
            telling.end();
        });
        while (const auto texts = telling.wait()) {
            if (trouble.error) continue;  // until the thread has seen that it is to stop
            py::gil_scoped_acquire acquired;
            hand_over(*texts, on_text, trouble);
            if (trouble.error) stop.request_stop();
        }
        drawing.join();
    }
    if (trouble.error && !trouble.is_interrupt) throw std::move(*trouble.error);
    if (!*result) {
        if (trouble.error) throw std::move(*trouble.error);
        raise(result->error());
    }
    return {**std::move(result), trouble.is_interrupt};
}

// The GIL is let go before the generator is waited for: who draws needs it to hand texts over.
template <typename Work>
auto Generator::alone(Work work) {
    py::gil_scoped_release released;
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
    if (n_threads > 0) options.n_threads = n_threads;
    std::optional<Result<std::unique_ptr<model::Model>>> opened;
    {
        py::gil_scoped_release released;
        opened = app::open_model(name.empty() ? configuration.text("model") : name, options);
    }
    return std::make_unique<Generator>(model::make_local(value_or_raise(*std::move(opened))));
}

}  // namespace fabula::python
