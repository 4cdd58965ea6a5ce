// SPDX-License-Identifier: 0BSD
#include "engine/write.h"

#include "base/sentences.h"
#include "base/utf8.h"
#include "base/width.h"
#include "engine/choose.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace fabula::engine {

const char* name_of(Finish finish) {
    switch (finish) {
        case Finish::steps:
            return "steps";
        case Finish::end_of_text:
            return "end_of_text";
        case Finish::no_words:
            return "no_words";
        case Finish::stopped:
            return "stopped";
    }
    return "unknown";
}

namespace {

// One offer and its choice. Empty when writing goes on.
Result<std::optional<Finish>> write_step(AtWork work, const WriteOptions& write, WritingDone& done,
                                         Events& events, const std::stop_token& stop) {
    const auto& options = write.offer;
    auto open = write.takes_up_offers ? open_offer(work.story) : std::nullopt;
    const auto offered =
        open ? Result<Offered>(*std::move(open)) : offer(work, options, events, stop);
    if (!offered) return offered.error();
    done.tokens += offered->drawn_tokens;
    done.prompt_tokens += offered->prompt_tokens;
    if (done.first_token_seconds == 0) done.first_token_seconds = offered->first_token_seconds;
    if (offered->was_stopped) return std::optional(Finish::stopped);
    const auto index = best(*offered);
    if (!index) {
        const bool ended =
            std::all_of(offered->endings.begin(), offered->endings.end(),
                        [](model::Ending ending) { return ending == model::Ending::end_of_text; });
        return std::optional(ended ? Finish::end_of_text : Finish::no_words);
    }
    const Pick pick{offered->id, *index, "score", reason_for(*offered, *index), work.story.head()};
    const auto passage = choose(work.store, work.story, pick, options.clock(), events);
    if (!passage) return passage.error();
    keep_taken(work, *offered, *index);
    if (offered->endings[*index] == model::Ending::end_of_text)
        return std::optional(Finish::end_of_text);
    return std::optional<Finish>();
}

}  // namespace

namespace {

// The first sentence of the opening, or of a long one its first words.
std::string title_of(std::string_view opening) {
    constexpr std::size_t most_columns = 60;
    const auto begin = opening.find_first_not_of(" \t\r\n");
    opening.remove_prefix(begin == std::string_view::npos ? opening.size() : begin);
    const auto ends = sentence_ends(opening);
    auto first = ends.empty() ? opening : opening.substr(0, ends.front());
    first = first.substr(0, first.find_first_of("\r\n"));
    const auto lines = wrapped(first, most_columns);
    return lines.size() > 1 ? lines.front() + "\xE2\x80\xA6" : lines.front();
}

}  // namespace

Result<Unit> check_text(std::string_view what, std::string_view text) {
    const std::string name(what);
    if (!is_utf8(text))
        return Error{ErrorCode::invalid_input,
                     name + " is not UTF-8 at byte " + std::to_string(first_malformed(text))};
    if (const auto nul = text.find('\0'); nul != std::string_view::npos)
        return Error{ErrorCode::invalid_input, name + " has a NUL at byte " + std::to_string(nul)};
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos)
        return Error{ErrorCode::invalid_input, name + " is empty: there is nothing to read in it"};
    return Unit{};
}

Result<store::StoryId> begin(store::Store& store, store::StoryRecord record,
                             const std::string& opening) {
    if (const auto sound = check_text("the prompt", opening); !sound) return sound.error();
    if (!record.title.empty()) {
        if (const auto sound = check_text("the title", record.title); !sound) return sound.error();
    }
    if (record.title.empty()) record.title = title_of(opening);
    return store.create(record, opening);
}

Result<store::Story> begin(store::Store& store, const model::Generator& generator,
                           store::StoryRecord record, const std::string& opening,
                           const WriteOptions& options) {
    if (const auto sound = check_text("the prompt", opening); !sound) return sound.error();
    const auto fits = check_opening(opening, options.offer.settings.max_new_tokens, generator);
    if (!fits) return fits.error();
    record.model = generator.info().name;
    const auto id = begin(store, std::move(record), opening);
    if (!id) return id.error();
    return store.load(*id);
}

Result<WritingDone> write(AtWork work, const WriteOptions& options, const EventSink& sink,
                          const std::stop_token& stop) {
    auto& story = work.story;
    const auto start = std::chrono::steady_clock::now();
    Events events(sink);
    const auto before = story.tree.read(story.head());
    if (!before) return before.error();
    const auto& info = work.generator.info();
    events.emit(StoryBegan{story.record, info.name, info.backend, info.arithmetic, *before,
                           story.tree.step(story.head())});
    WritingDone done;
    done.story = story.record.id;
    for (std::size_t i = 0; i < options.steps; ++i) {
        if (stop.stop_requested()) {
            done.finish = Finish::stopped;
            break;
        }
        const auto finish = write_step(work, options, done, events, stop);
        if (!finish) return finish.error();
        if (*finish) {
            done.finish = **finish;
            break;
        }
    }
    const auto text = story.tree.read(story.head());
    if (!text) return text.error();
    done.text = *text;
    done.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    events.emit(done);
    return done;
}

}  // namespace fabula::engine
