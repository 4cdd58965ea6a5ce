// SPDX-License-Identifier: 0BSD
// A story in the database as Python sees it: offers, choices and moves are on disk when a call
// comes back, with their settings, as those of `fabula choose` are; policies learn from both.
#pragma once

#include "bind/generator.h"
#include "store/store.h"

#include <pybind11/pybind11.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace fabula::python {

/// Candidates that were drawn and stored.
struct StoredOffer {
    std::int64_t id = 0;
    std::vector<store::CandidateRecord> candidates;
    bool was_interrupted = false;  // by KeyboardInterrupt; the candidates have what they had
};

/// What somebody decided on an offer, as of engine::Pick.
struct Decided {
    std::int64_t offer = 0;
    std::optional<std::size_t> index;  // none: all are refused, or `words` stand in their place
    std::optional<std::string> words;
    std::string reason;
    std::vector<std::size_t> shown;
    double seconds = 0;
};

/// Calls wait for each other. Every call may raise what the store reports; Conflict where another
/// program moved the story meanwhile (`reload` and look again).
class Story {
public:
    Story(std::unique_ptr<store::Store> store, store::Story story, std::string user);

    std::int64_t id() const { return static_cast<std::int64_t>(story_.record.id); }
    std::string title() const { return story_.record.title; }
    std::uint32_t head();
    /// From the opening to the head, or to another passage.
    std::string text(std::optional<std::uint32_t> passage);
    std::vector<store::PassageRecord> passages();

    void reload();
    /// `n` candidates behind the head, with those settings (JSON) or what `policy` makes of them.
    StoredOffer offer(Generator& generator, std::size_t n, const std::string& settings,
                      const std::string& policy, const pybind11::object& on_text);
    /// What was offered last, wherever that was; nothing where nothing was.
    std::optional<StoredOffer> last_offer();
    void decide(const Decided& decided);
    void rate(std::int64_t offer, std::size_t index, int rating, const std::string& reason);
    /// A passage of somebody's own behind the head, with a space before it where one is wanting.
    void write(const std::string& words);
    /// One passage back. Raises InvalidInput at the opening.
    void undo();
    void jump(std::uint32_t passage);

private:
    template <typename Work>
    auto alone(Work work);
    Result<Unit> load_again();
    Result<Unit> check_head();
    Result<Unit> move(store::MoveKind kind, story::PassageId to);

    std::unique_ptr<store::Store> store_;
    store::Story story_;
    const std::string user_;
    std::timed_mutex mutex_;  // of both; taken without the GIL
};

/// `database`: "" for the configured one. `name`: a number, or "last".
std::unique_ptr<Story> open_story(const std::string& name, const std::string& database);
/// Begins one; `seed` names the random streams of all its candidates. `title`: "" for the first
/// words.
std::unique_ptr<Story> create_story(const std::string& opening, Generator& generator,
                                    std::uint64_t seed, const std::string& title,
                                    const std::string& database);
std::vector<store::StorySummary> list_stories(const std::string& database);

/// Adds them to the module.
void bind_stories(pybind11::module_& module);

}  // namespace fabula::python
