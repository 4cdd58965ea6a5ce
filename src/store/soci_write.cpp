// SPDX-License-Identifier: 0BSD
#include "base/utf8.h"
#include "store/check.h"
#include "store/rows.h"
#include "store/soci_transact.h"

#include <algorithm>
#include <map>

namespace fabula::store {
namespace {

constexpr std::size_t title_bytes = 60;

/// The first words of a text, on one line.
std::string title_of(const std::string& opening) {
    std::string line;
    for (const char c : opening.substr(0, 16 * title_bytes)) {
        const bool is_space = c == ' ' || (c >= '\t' && c <= '\r');
        if (!is_space) {
            line += c;
        } else if (!line.empty() && line.back() != ' ') {
            line += ' ';
        }
    }
    if (line.size() > title_bytes) {
        const std::size_t space = line.rfind(' ', title_bytes);
        line.resize(space == std::string::npos || space == 0 ? title_bytes : space);
    }
    line.resize(complete_prefix(line));
    while (!line.empty() && line.back() == ' ')
        line.pop_back();
    return line.empty() ? "untitled" : line;
}

struct OfferPlace {
    StoryId story{};
    story::PassageId parent{};
};

std::optional<OfferPlace> place_of(soci::session& sql, OfferId offer) {
    const long long key = key_of(offer);
    long long story = 0;
    long long parent = 0;
    sql << "select story, parent from offers where id = :id", soci::use(key), soci::into(story),
        soci::into(parent);
    if (!sql.got_data()) return std::nullopt;
    return OfferPlace{StoryId{story}, static_cast<story::PassageId>(parent)};
}

std::optional<std::string> candidate_text(soci::session& sql, OfferId offer, std::size_t index) {
    const long long key = key_of(offer);
    const auto number = static_cast<long long>(index);
    std::string text;
    sql << "select text from candidates where offer = :offer and \"index\" = :index",
        soci::use(key), soci::use(number), soci::into(text);
    if (!sql.got_data()) return std::nullopt;
    return text;
}

std::string in_words(OfferId id) {
    return "offer " + std::to_string(key_of(id));
}

bool has_source(soci::session& sql, const std::string& source) {
    if (source.empty()) return false;
    long long count = 0;
    sql << "select count(*) from stories where source = :source", soci::use(source),
        soci::into(count);
    return count > 0;
}

}  // namespace

Result<story::PassageId> SociStore::next_passage(StoryId story) {
    const long long key = key_of(story);
    long long next = 0;
    backend_->session() << "select coalesce(max(id), -1) + 1 from passages where story = :story",
        soci::use(key), soci::into(next);
    if (next >= static_cast<long long>(max_passages)) {
        return error(ErrorCode::exhausted,
                     "story " + std::to_string(key) + " is full: it has a million passages");
    }
    return static_cast<story::PassageId>(next);
}

Result<StoryId> SociStore::create(const StoryRecord& record, const std::string& opening) {
    StoryRecord kept = record;
    if (const auto good = check_text(opening, "opening"); !good) return in_database(good.error());
    if (kept.title.empty()) kept.title = title_of(opening);
    if (const auto good = check_record(kept, "story"); !good) return in_database(good.error());
    return transact<StoryId>(Access::write, [&](soci::session& sql) -> Result<StoryId> {
        if (has_source(sql, kept.source))
            return error(ErrorCode::conflict, "a story from '" + kept.source + "' is here already");
        kept.id = StoryId{next_of(sql, "story")};
        insert_story(sql, kept);
        PassageRecord root;
        root.passage = {story::PassageId::root, story::Origin::opening, opening};
        root.created = record.created;
        insert_passage(sql, kept.id, root);
        insert_move(sql, kept.id, {MoveKind::start, story::PassageId::root, record.created});
        insert_version(sql, kept.id);
        return kept.id;
    });
}

Result<OfferId> SociStore::keep_offer(StoryId story, const OfferRecord& offer,
                                      const std::optional<Claim>& claim) {
    if (const auto good = check_offer(offer, "offer"); !good) return in_database(good.error());
    return transact<OfferId>(Access::write, [&](soci::session& sql) -> Result<OfferId> {
        if (auto good = require_passage(story, offer.parent); !good) return good.error();
        const long long story_key = key_of(story);
        const long long parent = key_of(offer.parent);
        long long next = 0;
        sql << "select count(*) from offers where story = :story and parent = :parent",
            soci::use(story_key), soci::use(parent), soci::into(next);
        if (static_cast<long long>(offer.number) != next) {
            return error(ErrorCode::conflict,
                         "another fabula has offered something at passage " +
                             std::to_string(parent) + " meanwhile (offer " + std::to_string(next) +
                             ", not " + std::to_string(offer.number) +
                             ", is the next): go on from what the story says now");
        }
        OfferRecord kept = offer;
        kept.id = OfferId{next_of(sql, "offer")};
        insert_offer(sql, story, kept);
        count_change(sql, story);
        if (claim) {
            if (auto good = finish(*claim, {story, kept.id, "", offer.created}); !good)
                return good.error();
        }
        return kept.id;
    });
}

Result<Unit> SociStore::keep_candidates(OfferId offer, std::span<const CandidateRecord> candidates,
                                        const std::optional<Claim>& claim) {
    Timestamp newest{};
    for (const CandidateRecord& each : candidates) {
        if (const auto good = check_candidate(each, "candidate"); !good) {
            return in_database(good.error());
        }
        newest = std::max(newest, each.created);
    }
    return transact<Unit>(Access::write, [&](soci::session& sql) -> Result<Unit> {
        const auto place = place_of(sql, offer);
        if (!place) return missing_offer(offer);
        for (const CandidateRecord& each : candidates) {
            if (candidate_text(sql, offer, each.index)) {
                return error(ErrorCode::conflict, in_words(offer) + " has a candidate " +
                                                      std::to_string(each.index) + " already");
            }
            insert_candidate(sql, offer, each);
        }
        count_change(sql, place->story);
        if (claim) return finish(*claim, {place->story, offer, "", newest});
        return Unit{};
    });
}

// Its words as a new passage, the choice, and the move there.
Result<story::PassageId> SociStore::add_chosen(StoryId story, const ChoiceRecord& choice,
                                               const story::Passage& passage) {
    const auto id = next_passage(story);
    if (!id) return id.error();
    soci::session& sql = backend_->session();
    PassageRecord record;
    record.id = *id;
    record.passage = passage;
    record.created = choice.created;
    ChoiceRecord kept = choice;
    kept.passage = *id;
    insert_passage(sql, story, record);
    insert_choice(sql, story, kept);
    insert_move(sql, story, {MoveKind::choice, *id, choice.created});
    return *id;
}

/// Whether all that stood on the screen are candidates of the offer.
Result<Unit> SociStore::check_shown(const ChoiceRecord& choice) {
    for (const std::size_t index : choice.shown) {
        if (!candidate_text(backend_->session(), choice.offer, index))
            return missing_candidate(choice.offer, index);
    }
    return Unit{};
}

/// The passage that a decision makes; empty where all were refused and nothing was written.
Result<std::optional<story::Passage>> SociStore::passage_of(const Decision& decision,
                                                            story::PassageId parent) {
    using Made = std::optional<story::Passage>;
    const ChoiceRecord& choice = decision.choice;
    const std::optional<std::string>& words = decision.words;
    if (!choice.index) return words ? Made({parent, story::Origin::written, *words}) : Made();
    const auto text = candidate_text(backend_->session(), choice.offer, *choice.index);
    if (!text) return missing_candidate(choice.offer, *choice.index);
    if (words && *words != *text) return Made({parent, story::Origin::edited, *words});
    return Made({parent, story::Origin::generated, *text});
}

Result<story::PassageId> SociStore::choose(const Decision& decision) {
    using Chosen = Result<story::PassageId>;
    if (const auto good = check_choice(decision.choice, "choice"); !good)
        return in_database(good.error());
    if (decision.words) {
        if (const auto good = check_text(*decision.words, "passage"); !good)
            return in_database(good.error());
    }
    return transact<story::PassageId>(Access::write, [&](soci::session& sql) -> Chosen {
        const OfferId offer = decision.choice.offer;
        const auto place = place_of(sql, offer);
        if (!place) return missing_offer(offer);
        if (decision.head) {
            if (auto good = require_head(place->story, *decision.head); !good) return good.error();
        }
        if (auto good = check_shown(decision.choice); !good) return good.error();
        const auto passage = passage_of(decision, place->parent);
        if (!passage) return passage.error();
        ChoiceRecord kept = decision.choice;
        kept.created = decision.time;
        kept.passage = place->parent;
        count_change(sql, place->story);
        if (*passage) return add_chosen(place->story, kept, **passage);
        insert_choice(sql, place->story, kept);
        return kept.passage;
    });
}

Result<Unit> SociStore::rate(const RatingRecord& rating) {
    if (const auto good = check_rating(rating, "rating"); !good) return in_database(good.error());
    return transact<Unit>(Access::write, [&](soci::session& sql) -> Result<Unit> {
        const auto place = place_of(sql, rating.offer);
        if (!place) return missing_offer(rating.offer);
        if (!candidate_text(sql, rating.offer, rating.index))
            return missing_candidate(rating.offer, rating.index);
        insert_rating(sql, place->story, rating);
        count_change(sql, place->story);
        return Unit{};
    });
}

Result<story::PassageId> SociStore::add_passage(StoryId story, story::PassageId parent,
                                                story::Origin origin, const std::string& text,
                                                Timestamp time) {
    using Added = Result<story::PassageId>;
    if (origin != story::Origin::written && origin != story::Origin::edited) {
        return error(ErrorCode::invalid_input, std::string("a person's passage is written or "
                                                           "edited, not ") +
                                                   story::name_of(origin));
    }
    if (const auto good = check_text(text, "passage"); !good) return in_database(good.error());
    return transact<story::PassageId>(Access::write, [&](soci::session& sql) -> Added {
        if (auto good = require_passage(story, parent); !good) return good.error();
        const auto id = next_passage(story);
        if (!id) return id.error();
        PassageRecord record;
        record.id = *id;
        record.passage = {parent, origin, text};
        record.created = time;
        insert_passage(sql, story, record);
        insert_move(sql, story, {MoveKind::edit, record.id, time});
        count_change(sql, story);
        return record.id;
    });
}

Result<Unit> SociStore::move(StoryId story, MoveKind kind, story::PassageId to, Timestamp time) {
    if (kind != MoveKind::undo && kind != MoveKind::jump) {
        return error(ErrorCode::invalid_input,
                     std::string("a move is undo or jump, not ") + name_of(kind));
    }
    return transact<Unit>(Access::write, [&](soci::session& sql) -> Result<Unit> {
        if (auto good = require_passage(story, to); !good) return good;
        insert_move(sql, story, {kind, to, time});
        count_change(sql, story);
        return Unit{};
    });
}

Result<StoryId> SociStore::add_story(const Story& story) {
    if (const auto good = check_story(story); !good) {
        return error(ErrorCode::invalid_input, "story: " + good.error().message);
    }
    return transact<StoryId>(Access::write, [&](soci::session& sql) -> Result<StoryId> {
        if (!has_source(sql, story.record.source)) return insert_whole(story);
        Story copy = story;
        copy.record.source.clear();
        return insert_whole(copy);
    });
}

Result<std::vector<std::optional<StoryId>>> SociStore::add_stories(std::span<const Story> stories) {
    using Ids = std::vector<std::optional<StoryId>>;
    for (const Story& story : stories) {
        if (const auto good = check_story(story); !good)
            return error(ErrorCode::invalid_input, "story: " + good.error().message);
    }
    return transact<Ids>(Access::write, [&](soci::session& sql) -> Result<Ids> {
        Ids ids;
        for (const Story& story : stories) {
            if (has_source(sql, story.record.source))
                ids.emplace_back();
            else
                ids.emplace_back(insert_whole(story));
        }
        return ids;
    });
}

StoryId SociStore::insert_whole(const Story& story) {
    soci::session& sql = backend_->session();
    StoryRecord record = story.record;
    record.id = StoryId{next_of(sql, "story")};
    insert_story(sql, record);
    for (const PassageRecord& each : story.passages)
        insert_passage(sql, record.id, each);
    std::map<OfferId, OfferId> renamed;
    for (const OfferRecord& each : story.offers) {
        OfferRecord offer = each;
        offer.id = OfferId{next_of(sql, "offer")};
        renamed[each.id] = offer.id;
        insert_offer(sql, record.id, offer);
    }
    for (const ChoiceRecord& each : story.choices) {
        ChoiceRecord choice = each;
        choice.offer = renamed.at(each.offer);
        insert_choice(sql, record.id, choice);
    }
    for (const RatingRecord& each : story.ratings) {
        RatingRecord rating = each;
        rating.offer = renamed.at(each.offer);
        insert_rating(sql, record.id, rating);
    }
    for (const MoveRecord& each : story.moves)
        insert_move(sql, record.id, each);
    if (story.notes != NotesRecord{}) insert_notes(sql, record.id, story.notes);
    insert_version(sql, record.id);
    return record.id;
}

void SociStore::delete_rows(StoryId id) {
    const long long key = key_of(id);
    soci::session& sql = backend_->session();
    for (const char* statement :
         {"delete from requests where story = :story", "delete from turns where story = :story",
          "delete from versions where story = :story", "delete from notes where story = :story",
          "delete from moves where story = :story", "delete from choices where story = :story",
          "delete from ratings where story = :story",
          "delete from candidates where offer in"
          " (select id from offers where story = :story)",
          "delete from prompt_blocks where offer in"
          " (select id from offers where story = :story)",
          "delete from offers where story = :story", "delete from passages where story = :story",
          "delete from stories where id = :story"}) {
        sql << statement, soci::use(key);
    }
    // Whoever opens the database after a crash between this and the erasing sees that it is due.
    sql << "update counters set value = 1 where name = 'erase_pending'";
}

Result<Unit> SociStore::remove(StoryId id) {
    auto gone = transact<Unit>(Access::write, [&](soci::session&) -> Result<Unit> {
        if (!has_story(id)) return missing_story(id);
        delete_rows(id);
        return Unit{};
    });
    if (!gone) return gone;
    if (const auto erased = backend_->erase_traces(); !erased) {
        return Error{erased.error().code,
                     erased.error().message + "; story " + std::to_string(key_of(id)) +
                         " is removed, but its words may still be in the file"};
    }
    return Unit{};
}

std::unique_ptr<Store> make_store(std::unique_ptr<Backend> backend) {
    return std::make_unique<SociStore>(std::move(backend));
}

}  // namespace fabula::store
