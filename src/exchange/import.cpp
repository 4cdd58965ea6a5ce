// SPDX-License-Identifier: 0BSD
#include "exchange/import.h"

#include "store/check.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace fabula::exchange {
namespace {

constexpr std::size_t batch_size = 100;  // stories a transaction: an fsync costs milliseconds

class Importer {
public:
    Importer(const ImportOptions& options, const ImportTarget& target, Format format)
        : options_(options),
          target_(target),
          map_(options.map ? *options.map : standard_map(format)) {
        report_.format = format;
    }

    Result<ImportReport> run(Documents& documents, std::size_t n_bytes) {
        if (target_.store != nullptr) {
            auto sources = target_.store->sources();
            if (!sources) return sources.error();
            here_.insert(sources->begin(), sources->end());
        }
        const auto done =
            map_.steps.empty() ? run_rows(documents, n_bytes) : run_stories(documents, n_bytes);
        if (!done) return done.error();
        if (const auto kept = keep_batch(); !kept) return kept.error();
        return std::move(report_);
    }

private:
    void skip(Skipped skipped) {
        ++report_.skipped;
        ++report_.skipped_by_kind[skipped.kind];
        if (report_.first_skipped.size() < most_told)
            report_.first_skipped.push_back(std::move(skipped));
    }

    void tell(double done, double total) {
        if (options_.on_progress) options_.on_progress(total > 0 ? done / total : 1);
    }

    bool is_stopped() {
        if (options_.stop.stop_requested()) report_.was_stopped = true;
        return report_.was_stopped;
    }

    Result<Unit> run_stories(Documents& documents, std::size_t n_bytes) {
        while (!is_stopped()) {
            auto document = documents.next();
            if (!document) break;
            tell(static_cast<double>(documents.position()), static_cast<double>(n_bytes));
            if (!document->value) {
                skip({"", document->line, "damaged", document->value.error().message});
                continue;
            }
            const auto story = story_from(*document->value, map_, document->line);
            if (!story) {
                skip({"", document->line, "no story", story.error().message});
                continue;
            }
            if (auto added = add(*story); !added) return added;
        }
        return Unit{};
    }

    // Rows of one story may stand anywhere in the file: they are put together first. Joining and
    // keeping takes longer than reading, so the latter counts a third.
    Result<Unit> run_rows(Documents& documents, std::size_t n_bytes) {
        while (!is_stopped()) {
            auto document = documents.next();
            if (!document) break;
            tell(static_cast<double>(documents.position()), 3 * static_cast<double>(n_bytes));
            if (!document->value) {
                skip({"", document->line, "damaged", document->value.error().message});
                continue;
            }
            auto row = row_from(*document->value, map_, document->line);
            if (!row)
                skip({"", document->line, "no story", row.error().message});
            else
                put_together(*std::move(row));
        }
        const double n_stories = static_cast<double>(stories_.size());
        for (std::size_t i = 0; i < stories_.size() && !is_stopped(); ++i) {
            tell(n_stories / 2 + static_cast<double>(i), 1.5 * n_stories);
            Gathered gathered = std::move(stories_[i]);
            if (gathered.story.offers.size() > most_offers) {
                skip({gathered.story.place, gathered.story.line, "no story",
                      "more than " + std::to_string(most_offers) + " offers"});
                continue;
            }
            gathered.story.source = source_of(gathered.story, gathered.key);
            if (auto added = add(gathered.story); !added) return added;
        }
        return Unit{};
    }

    struct Gathered {
        std::string key;
        ForeignStory story;
        std::unordered_map<std::string, std::size_t> offers;  // by what names them in the story
    };

    void put_together(ForeignRow row) {
        const auto [known, is_new] = story_places_.try_emplace(row.story_key, stories_.size());
        if (is_new) stories_.push_back({row.story_key, std::move(row.story), {}});
        Gathered& gathered = stories_[known->second];
        if (gathered.story.prompt.empty()) gathered.story.prompt = row.story.prompt;
        ForeignOffer& offer = row.offer;
        // Where a document is a whole offer, two of a step are two offers.
        if (!map_.candidates.empty()) {
            gathered.story.offers.push_back(std::move(offer));
            return;
        }
        const std::string name = (offer.step ? std::to_string(*offer.step) : "") + '\0' +
                                 offer.parent + '\0' + offer.number;
        const auto [place, is_new_offer] =
            gathered.offers.try_emplace(name, gathered.story.offers.size());
        if (is_new_offer)
            gathered.story.offers.push_back(std::move(offer));
        else
            join(gathered.story.offers[place->second], std::move(offer));
    }

    /// Adds the candidate of a row to its offer.
    static void join(ForeignOffer& offer, ForeignOffer row) {
        if (offer.fault.empty()) {
            offer.fault_kind = row.fault_kind;
            offer.fault = row.fault;
        }
        const std::size_t index = offer.record.candidates.size();
        if (index >= most_candidates) {
            offer.fault_kind = "too many candidates";
            offer.fault = "more than " + std::to_string(most_candidates) + " candidates";
            return;
        }
        if (row.picked) {
            if (offer.picked && offer.fault.empty()) {
                offer.fault_kind = "two picks";
                offer.fault = "more than one candidate is picked";
            }
            offer.picked = index;
            offer.choice = row.choice;
        }
        if (offer.input.empty()) offer.input = std::move(row.input);
        offer.positions.insert(offer.positions.end(), row.positions.begin(), row.positions.end());
        auto& candidate = row.record.candidates.front();
        candidate.index = index;
        offer.record.candidates.push_back(std::move(candidate));
    }

    Result<Unit> add(const ForeignStory& foreign) {
        const auto [first, is_first] = seen_.try_emplace(foreign.source, foreign.line);
        if (!is_first) {
            skip({foreign.place, foreign.line, "comes twice",
                  "the same story stands in line " + std::to_string(first->second)});
            return Unit{};
        }
        if (here_.contains(foreign.source)) {
            skip({foreign.place, foreign.line, "already here",
                  "it was imported before, as '" + foreign.source + "'"});
            return Unit{};
        }
        BuiltStory story = built(foreign, options_.now);
        for (Skipped& each : story.skipped)
            skip(std::move(each));
        if (story.story.offers.empty()) {
            skip({foreign.place, foreign.line, "nothing in it", "no offer of it can be kept"});
            return Unit{};
        }
        if (const auto sound = store::check_story(story.story); !sound) {
            skip({foreign.place, foreign.line, "unsound", sound.error().message});
            return Unit{};
        }
        batch_.push_back(std::move(story));
        lines_.push_back({foreign.place, foreign.line, "", ""});
        return batch_.size() < batch_size ? Unit{} : keep_batch();
    }

    Result<Unit> keep_batch() {
        std::vector<bool> is_kept(batch_.size(), true);
        if (!target_.is_dry && target_.store != nullptr && !batch_.empty()) {
            std::vector<store::Story> stories;
            stories.reserve(batch_.size());
            for (BuiltStory& each : batch_)
                stories.push_back(std::move(each.story));
            const auto ids = target_.store->add_stories(stories);
            if (!ids) return ids.error();
            for (std::size_t i = 0; i < batch_.size(); ++i) {
                batch_[i].story = std::move(stories[i]);
                is_kept[i] = (*ids)[i].has_value();
            }
        }
        for (std::size_t i = 0; i < batch_.size(); ++i) {
            if (is_kept[i])
                count(batch_[i]);
            else
                skip({lines_[i].place, lines_[i].line, "already here",
                      "another process imported it meanwhile"});
        }
        batch_.clear();
        lines_.clear();
        return Unit{};
    }

    void count(const BuiltStory& built) {
        ++report_.stories;
        report_.offers += built.story.offers.size();
        report_.choices += built.story.choices.size();
        report_.edited += built.n_edited;
        report_.unmatched += built.n_unmatched;
    }

    const ImportOptions& options_;
    const ImportTarget& target_;
    FieldMap map_;
    ImportReport report_;
    std::unordered_set<std::string> here_;
    std::unordered_map<std::string, std::size_t> seen_;  // source to line
    std::vector<BuiltStory> batch_;
    std::vector<Skipped> lines_;  // of the batch: place and line
    std::vector<Gathered> stories_;
    std::unordered_map<std::string, std::size_t> story_places_;  // by key
};

/// An exported story is whole: reading it as foreign data would lose half of it.
bool is_whole_story(std::string_view text) {
    const std::string_view head = text.substr(0, 256);
    return head.find("\"format\"") != std::string_view::npos &&
           head.find("\"fabula-story\"") != std::string_view::npos;
}

}  // namespace

Result<ImportReport> import_histories(std::string text, const ImportOptions& options,
                                      const ImportTarget& target) {
    auto plain = without_mark(std::move(text));
    if (!plain) return plain.error();
    if (is_whole_story(*plain))
        return Error{ErrorCode::invalid_input,
                     "this is a whole story of Fabula: `fabula story import` reads it"};
    const Format format = options.format ? *options.format : format_of(*plain);
    const std::size_t n_bytes = plain->size();
    std::unique_ptr<Documents> documents;
    if (format == Format::csv) {
        auto rows = csv_documents(*std::move(plain));
        if (!rows) return rows.error();
        documents = *std::move(rows);
    } else {
        documents = json_documents(*std::move(plain));
    }
    return Importer(options, target, format).run(*documents, n_bytes);
}

}  // namespace fabula::exchange
