// SPDX-License-Identifier: 0BSD
#include "sample/settings_json.h"
#include "store/packing.h"
#include "store/rows.h"

#include <soci/soci.h>

#include <algorithm>
#include <map>

namespace fabula::store {
namespace {

using soci::into;
using soci::use;

Error damaged(const std::string& place, const std::string& what) {
    return {ErrorCode::corrupt, place + ": " + what};
}

std::size_t count_from(long long number) {
    return static_cast<std::size_t>(number);
}

/// A column as SOCI fills it, before it is understood.
struct CandidateRow {
    long long offer = 0;
    long long index = 0;
    long long ids_bytes = 0;
    long long created = 0;
    std::string tokens;
    std::string settings;
    std::string stream;
    std::string bans;
    long long draws = 0;
    double propensity = 0;
    soci::indicator has_propensity = soci::i_ok;
    CandidateRecord record;
};

Result<CandidateRecord> understand(CandidateRow& row) {
    const std::string place =
        "candidate " + std::to_string(row.index) + " of offer " + std::to_string(row.offer);
    CandidateRecord record = std::move(row.record);
    record.index = count_from(row.index);
    record.ids_bytes = count_from(row.ids_bytes);
    record.created = Timestamp{row.created};
    auto tokens = unpack_tokens(row.tokens);
    if (!tokens) return damaged(place, "its tokens cannot be read");
    record.tokens = std::move(*tokens);
    auto bans = unpack_bans(row.bans);
    if (!bans) return damaged(place, "its bans cannot be read");
    record.bans = std::move(*bans);
    record.draws = static_cast<std::uint64_t>(row.draws);
    auto settings = sample::settings_from_json(row.settings);
    if (!settings) return damaged(place, settings.error().message);
    record.settings = std::move(*settings);
    const auto stream = unsigned_from(row.stream);
    if (!stream) return damaged(place, "its stream cannot be read");
    record.stream = *stream;
    if (row.has_propensity == soci::i_ok) record.propensity = row.propensity;
    return record;
}

/// Where each offer stands in the list.
using Places = std::map<long long, OfferRecord*>;

Result<Unit> add_blocks(soci::session& sql, long long story, Places& places) {
    long long offer = 0;
    std::string text;
    std::string packed;
    std::string kind;
    long long passage = 0;
    soci::indicator has_passage = soci::i_null;
    long long first_byte = 0;
    soci::statement rows =
        (sql.prepare << "select b.offer, b.text, b.ids, b.kind, b.passage, b.first_byte"
                        " from prompt_blocks b join offers o on o.id = b.offer"
                        " where o.story = :story order by b.offer, b.position",
         use(story), into(offer), into(text), into(packed), into(kind), into(passage, has_passage),
         into(first_byte));
    rows.execute();
    while (rows.fetch()) {
        auto ids = unpack_ids(packed);
        if (!ids) {
            return damaged("offer " + std::to_string(offer),
                           "the ids of its prompt cannot be read");
        }
        PromptBlock block{text, std::move(*ids), kind, {}, static_cast<std::size_t>(first_byte)};
        if (has_passage == soci::i_ok)
            block.passage = static_cast<story::PassageId>(static_cast<std::uint32_t>(passage));
        places.at(offer)->prompt.push_back(std::move(block));
    }
    return Unit{};
}

Result<Unit> add_candidates(soci::session& sql, long long story, Places& places) {
    CandidateRow row;
    soci::statement rows =
        (sql.prepare << "select c.offer, c.\"index\", c.text, c.ids_bytes, c.tokens, c.settings,"
                        " c.policy, c.propensity, c.stream, c.ending, c.score, c.copied_share,"
                        " c.seconds, c.created, c.bans, c.draws from candidates c join offers o on "
                        "o.id = c.offer"
                        " where o.story = :story order by c.offer, c.\"index\"",
         use(story), into(row.offer), into(row.index), into(row.record.text), into(row.ids_bytes),
         into(row.tokens), into(row.settings), into(row.record.policy),
         into(row.propensity, row.has_propensity), into(row.stream), into(row.record.ending),
         into(row.record.score), into(row.record.copied_share), into(row.record.seconds),
         into(row.created), into(row.bans), into(row.draws));
    rows.execute();
    while (rows.fetch()) {
        auto record = understand(row);
        if (!record) return record.error();
        places.at(row.offer)->candidates.push_back(std::move(*record));
    }
    return Unit{};
}

}  // namespace

Result<std::vector<StoryRecord>> select_records(soci::session& sql, std::optional<StoryId> only) {
    std::vector<StoryRecord> records;
    const long long key = only ? key_of(*only) : 0;
    const long long is_any = only ? 0 : 1;
    long long id = 0;
    long long created = 0;
    std::string seed;
    StoryRecord record;
    soci::statement rows =
        (sql.prepare << "select id, title, seed, model, system, instruction, created, source"
                        " from stories where id = :id or :any = 1 order by id",
         use(key), use(is_any), into(id), into(record.title), into(seed), into(record.model),
         into(record.system), into(record.instruction), into(created), into(record.source));
    rows.execute();
    while (rows.fetch()) {
        const auto number = unsigned_from(seed);
        if (!number) return damaged("story " + std::to_string(id), "its seed cannot be read");
        record.id = StoryId{id};
        record.seed = *number;
        record.created = Timestamp{created};
        records.push_back(record);
    }
    return records;
}

Result<std::vector<PassageRecord>> select_passages(soci::session& sql, StoryId story) {
    std::vector<PassageRecord> passages;
    const long long key = key_of(story);
    long long id = 0;
    long long parent = 0;
    long long created = 0;
    std::string origin;
    std::string text;
    soci::statement rows =
        (sql.prepare << "select id, parent, origin, text, created from passages"
                        " where story = :story order by id",
         use(key), into(id), into(parent), into(origin), into(text), into(created));
    rows.execute();
    while (rows.fetch()) {
        const auto known = story::origin_named(origin);
        if (!known) return damaged("passage " + std::to_string(id), known.error().message);
        PassageRecord record;
        record.id = static_cast<story::PassageId>(id);
        record.passage = {static_cast<story::PassageId>(parent), *known, text};
        record.created = Timestamp{created};
        passages.push_back(std::move(record));
    }
    return passages;
}

Result<std::vector<OfferRecord>> select_offers(soci::session& sql, StoryId story) {
    std::vector<OfferRecord> offers;
    const long long key = key_of(story);
    long long id = 0;
    long long parent = 0;
    long long number = 0;
    long long created = 0;
    std::string packed;
    OfferRecord record;
    soci::statement rows =
        (sql.prepare
             << "select id, parent, number, prompt_ids, model, model_hash, adapter_hash,"
                " backend, arithmetic, created from offers where story = :story order by id",
         use(key), into(id), into(parent), into(number), into(packed), into(record.model),
         into(record.model_hash), into(record.adapter_hash), into(record.backend),
         into(record.arithmetic), into(created));
    rows.execute();
    while (rows.fetch()) {
        auto ids = unpack_ids(packed);
        if (!ids) return damaged("offer " + std::to_string(id), "its prompt cannot be read");
        record.id = OfferId{id};
        record.parent = static_cast<story::PassageId>(parent);
        record.number = count_from(number);
        record.prompt_ids = std::move(*ids);
        record.created = Timestamp{created};
        offers.push_back(record);
    }
    Places places;
    for (OfferRecord& offer : offers)
        places[key_of(offer.id)] = &offer;
    if (auto good = add_blocks(sql, key, places); !good) return good.error();
    if (auto good = add_candidates(sql, key, places); !good) return good.error();
    return offers;
}

Result<std::vector<ChoiceRecord>> select_choices(soci::session& sql, StoryId story) {
    std::vector<ChoiceRecord> choices;
    const long long key = key_of(story);
    long long offer = 0;
    long long index = 0;
    soci::indicator has_index = soci::i_ok;
    long long passage = 0;
    long long created = 0;
    std::string shown;
    double seconds = 0;
    soci::indicator has_seconds = soci::i_ok;
    ChoiceRecord record;
    soci::statement rows =
        (sql.prepare
             << "select offer, \"index\", passage, chooser, reason, created, \"user\", shown,"
                " seconds from choices where story = :story order by number",
         use(key), into(offer), into(index, has_index), into(passage), into(record.chooser),
         into(record.reason), into(created), into(record.user), into(shown),
         into(seconds, has_seconds));
    rows.execute();
    while (rows.fetch()) {
        auto indices = unpack_indices(shown);
        if (!indices)
            return damaged("a choice of offer " + std::to_string(offer),
                           "the order in which it was shown cannot be read");
        record.shown = std::move(*indices);
        record.seconds.reset();
        if (has_seconds == soci::i_ok) record.seconds = seconds;
        record.offer = OfferId{offer};
        record.index.reset();
        if (has_index == soci::i_ok) record.index = count_from(index);
        record.passage = static_cast<story::PassageId>(passage);
        record.created = Timestamp{created};
        choices.push_back(record);
    }
    return choices;
}

Result<std::vector<RatingRecord>> select_ratings(soci::session& sql, StoryId story) {
    std::vector<RatingRecord> ratings;
    const long long key = key_of(story);
    long long offer = 0;
    long long index = 0;
    long long value = 0;
    long long created = 0;
    RatingRecord record;
    soci::statement rows =
        (sql.prepare << "select offer, \"index\", rating, reason, \"user\", created from ratings"
                        " where story = :story order by number",
         use(key), into(offer), into(index), into(value), into(record.reason), into(record.user),
         into(created));
    rows.execute();
    while (rows.fetch()) {
        record.offer = OfferId{offer};
        record.index = count_from(index);
        record.rating = static_cast<int>(std::clamp<long long>(value, -2, 2));  // checked later
        record.created = Timestamp{created};
        ratings.push_back(record);
    }
    return ratings;
}

Result<std::vector<MoveRecord>> select_moves(soci::session& sql, StoryId story) {
    std::vector<MoveRecord> moves;
    const long long key = key_of(story);
    std::string kind;
    long long passage = 0;
    long long created = 0;
    soci::statement rows = (sql.prepare << "select kind, passage, created from moves"
                                           " where story = :story order by number",
                            use(key), into(kind), into(passage), into(created));
    rows.execute();
    while (rows.fetch()) {
        const auto known = move_kind_named(kind);
        if (!known) return damaged("moves", known.error().message);
        moves.push_back({*known, static_cast<story::PassageId>(passage), Timestamp{created}});
    }
    return moves;
}

}  // namespace fabula::store
