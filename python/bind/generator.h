// SPDX-License-Identifier: 0BSD
// A Generator as Python sees it: it lets the GIL go, and a KeyboardInterrupt ends it with what
// there is (drawing.h).
#pragma once

#include "model/generator.h"

#include <pybind11/pybind11.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace fabula::python {

/// A piece of a prompt: its text, and the tokens that it was drawn with where it was.
using Piece = std::pair<std::string, std::vector<TokenId>>;

struct Drawn {
    model::Generated generated;
    bool was_interrupted = false;  // by KeyboardInterrupt; the candidates have what they had
};

class Generator {
public:
    explicit Generator(std::unique_ptr<model::Generator> generator);

    const model::ModelInfo& info() const { return info_; }

    /// For those who draw with it: who has the lock may use the engine. Not while holding the GIL.
    std::timed_mutex& mutex() { return mutex_; }
    model::Generator& engine() { return *generator_; }

    /// One candidate for each of `settings` (JSON objects); candidate i draws child i of `seed`.
    /// `on_text(index, text)` may be None. Raises what it raises, and our errors.
    Drawn generate(const std::vector<Piece>& prompt, const std::vector<std::string>& settings,
                   std::uint64_t seed, const pybind11::object& on_text);

    std::size_t measure(const std::string& text);
    std::vector<pybind11::bytes> spell(const std::vector<TokenId>& ids);

    /// The prompt that a story of these passages gets where not all of it fits: its opening and
    /// its newest text, as `fabula write` has it.
    std::vector<Piece> slide(const std::vector<std::string>& passages, int max_new_tokens);

private:
    template <typename Work>
    auto alone(Work work);

    std::unique_ptr<model::Generator> generator_;
    const model::ModelInfo info_;
    std::timed_mutex mutex_;  // a generator is used by one thread at a time
};

/// The model of that name or file; "" for the one that `fabula config` names. `backend`: "" for the
/// configured one; `n_threads`: 0 for what fits.
std::unique_ptr<Generator> open_generator(const std::string& name, const std::string& backend,
                                          int n_threads);

/// A model on a server. `values`: keys of the configuration (`endpoint`, `api`, `timeout`, ...),
/// which go before those of the file and the environment. `model`: "" for the one that the server
/// has. Ctrl-C ends the wait for a server.
std::unique_ptr<Generator> open_remote(const std::map<std::string, std::string>& values,
                                       const std::string& model);

}  // namespace fabula::python
