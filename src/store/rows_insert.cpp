// SPDX-License-Identifier: 0BSD
// Every bound value has a name here: SOCI reads it when the statement ends, after temporaries have
// gone.
#include "sample/settings_json.h"
#include "store/packing.h"
#include "store/rows.h"

#include <soci/soci.h>

namespace fabula::store {
namespace {

long long ms_of(Timestamp time) {
    return static_cast<long long>(time);
}

long long count_of(std::size_t number) {
    return static_cast<long long>(number);
}

soci::indicator present(bool is_present) {
    return is_present ? soci::i_ok : soci::i_null;
}

void insert_block(soci::session& sql, OfferId offer, std::size_t position,
                  const PromptBlock& block) {
    const long long key = key_of(offer);
    const long long place = count_of(position);
    const std::string ids = pack_ids(block.ids);
    const long long passage =
        block.passage ? static_cast<long long>(static_cast<std::uint32_t>(*block.passage)) : 0;
    soci::indicator has_passage = present(block.passage.has_value());
    const long long first_byte = count_of(block.begin);
    sql << "insert into prompt_blocks (offer, position, text, ids, kind, passage, first_byte)"
           " values (:offer, :position, :text, :ids, :kind, :passage, :first_byte)",
        soci::use(key), soci::use(place), soci::use(block.text), soci::use(ids),
        soci::use(block.kind), soci::use(passage, has_passage), soci::use(first_byte);
}

}  // namespace

long long key_of(StoryId id) {
    return static_cast<long long>(id);
}
long long key_of(OfferId id) {
    return static_cast<long long>(id);
}
long long key_of(story::PassageId id) {
    return static_cast<long long>(id);
}

long long next_of(soci::session& sql, const std::string& counter) {
    long long value = 0;
    sql << "update counters set value = value + 1 where name = :name", soci::use(counter);
    sql << "select value from counters where name = :name", soci::use(counter), soci::into(value);
    return value;
}

void insert_story(soci::session& sql, const StoryRecord& record) {
    const long long id = key_of(record.id);
    const std::string seed = std::to_string(record.seed);
    const long long created = ms_of(record.created);
    sql << "insert into stories (id, title, seed, model, system, instruction, created, source)"
           " values (:id, :title, :seed, :model, :system, :instruction, :created, :source)",
        soci::use(id), soci::use(record.title), soci::use(seed), soci::use(record.model),
        soci::use(record.system), soci::use(record.instruction), soci::use(created),
        soci::use(record.source);
}

void insert_passage(soci::session& sql, StoryId story, const PassageRecord& record) {
    const long long story_key = key_of(story);
    const long long id = key_of(record.id);
    const long long parent = key_of(record.passage.parent);
    const std::string origin = name_of(record.passage.origin);
    const long long created = ms_of(record.created);
    sql << "insert into passages (story, id, parent, origin, text, created)"
           " values (:story, :id, :parent, :origin, :text, :created)",
        soci::use(story_key), soci::use(id), soci::use(parent), soci::use(origin),
        soci::use(record.passage.text), soci::use(created);
}

void insert_offer(soci::session& sql, StoryId story, const OfferRecord& offer) {
    const long long id = key_of(offer.id);
    const long long story_key = key_of(story);
    const long long parent = key_of(offer.parent);
    const long long number = count_of(offer.number);
    const std::string prompt_ids = pack_ids(offer.prompt_ids);
    const long long created = ms_of(offer.created);
    sql << "insert into offers (id, story, parent, number, prompt_ids, model, model_hash,"
           " adapter_hash, backend, arithmetic, created) values (:id, :story, :parent, :number,"
           " :prompt_ids, :model, :model_hash, :adapter_hash, :backend, :arithmetic, :created)",
        soci::use(id), soci::use(story_key), soci::use(parent), soci::use(number),
        soci::use(prompt_ids), soci::use(offer.model), soci::use(offer.model_hash),
        soci::use(offer.adapter_hash), soci::use(offer.backend), soci::use(offer.arithmetic),
        soci::use(created);
    for (std::size_t i = 0; i < offer.prompt.size(); ++i) {
        insert_block(sql, offer.id, i, offer.prompt[i]);
    }
    for (const CandidateRecord& each : offer.candidates)
        insert_candidate(sql, offer.id, each);
}

void insert_candidate(soci::session& sql, OfferId offer, const CandidateRecord& candidate) {
    const long long key = key_of(offer);
    const long long index = count_of(candidate.index);
    const long long ids_bytes = count_of(candidate.ids_bytes);
    const std::string tokens = pack_tokens(candidate.tokens);
    const std::string bans = pack_bans(candidate.bans);
    const auto draws = static_cast<long long>(candidate.draws);
    const std::string settings = sample::to_json(candidate.settings);
    const double propensity = candidate.propensity.value_or(0);
    soci::indicator has_propensity = present(candidate.propensity.has_value());
    const std::string stream = std::to_string(candidate.stream);
    const long long created = ms_of(candidate.created);
    sql << "insert into candidates (offer, \"index\", text, ids_bytes, tokens, settings, policy,"
           " propensity, stream, ending, score, copied_share, seconds, created, bans, draws)"
           " values (:offer, :index, :text, :ids_bytes, :tokens, :settings, :policy, :propensity,"
           " :stream, :ending, :score, :copied_share, :seconds, :created, :bans, :draws)",
        soci::use(key), soci::use(index), soci::use(candidate.text), soci::use(ids_bytes),
        soci::use(tokens), soci::use(settings), soci::use(candidate.policy),
        soci::use(propensity, has_propensity), soci::use(stream), soci::use(candidate.ending),
        soci::use(candidate.score), soci::use(candidate.copied_share), soci::use(candidate.seconds),
        soci::use(created), soci::use(bans), soci::use(draws);
}

void insert_choice(soci::session& sql, StoryId story, const ChoiceRecord& choice) {
    const long long story_key = key_of(story);
    const long long offer = key_of(choice.offer);
    const long long index = count_of(choice.index.value_or(0));
    soci::indicator has_index = present(choice.index.has_value());
    const long long passage = key_of(choice.passage);
    const long long created = ms_of(choice.created);
    const std::string shown = pack_indices(choice.shown);
    const double seconds = choice.seconds.value_or(0);
    soci::indicator has_seconds = present(choice.seconds.has_value());
    long long number = 0;
    sql << "select coalesce(max(number), -1) + 1 from choices where story = :story",
        soci::use(story_key), soci::into(number);
    sql << "insert into choices (story, number, offer, \"index\", passage, chooser, reason,"
           " created, \"user\", shown, seconds) values (:story, :number, :offer, :index, :passage,"
           " :chooser, :reason, :created, :user, :shown, :seconds)",
        soci::use(story_key), soci::use(number), soci::use(offer), soci::use(index, has_index),
        soci::use(passage), soci::use(choice.chooser), soci::use(choice.reason), soci::use(created),
        soci::use(choice.user), soci::use(shown), soci::use(seconds, has_seconds);
}

void insert_rating(soci::session& sql, StoryId story, const RatingRecord& rating) {
    const long long story_key = key_of(story);
    const long long offer = key_of(rating.offer);
    const long long index = count_of(rating.index);
    const long long value = rating.rating;
    const long long created = ms_of(rating.created);
    long long number = 0;
    sql << "select coalesce(max(number), -1) + 1 from ratings where story = :story",
        soci::use(story_key), soci::into(number);
    sql << "insert into ratings (story, number, offer, \"index\", rating, reason, \"user\", "
           "created)"
           " values (:story, :number, :offer, :index, :rating, :reason, :user, :created)",
        soci::use(story_key), soci::use(number), soci::use(offer), soci::use(index),
        soci::use(value), soci::use(rating.reason), soci::use(rating.user), soci::use(created);
}

void insert_move(soci::session& sql, StoryId story, const MoveRecord& move) {
    const long long story_key = key_of(story);
    const std::string kind = name_of(move.kind);
    const long long passage = key_of(move.passage);
    const long long created = ms_of(move.created);
    long long number = 0;
    sql << "select coalesce(max(number), -1) + 1 from moves where story = :story",
        soci::use(story_key), soci::into(number);
    sql << "insert into moves (story, number, kind, passage, created)"
           " values (:story, :number, :kind, :passage, :created)",
        soci::use(story_key), soci::use(number), soci::use(kind), soci::use(passage),
        soci::use(created);
}

}  // namespace fabula::store
