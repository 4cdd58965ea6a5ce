// SPDX-License-Identifier: 0BSD
#include "exchange/import_history.h"

#include "model/sha256.h"
#include "sample/settings_json.h"

#include <algorithm>
#include <limits>
#include <span>
#include <utility>

namespace fabula::exchange {
namespace {

Error invalid(std::string message) {
    return {ErrorCode::invalid_input, std::move(message)};
}

const Value* first_of(const Value& value, const Paths& paths) {
    for (const std::string& path : paths) {
        if (const Value* found = find(value, path)) return found;
    }
    return nullptr;
}

std::string text_at(const Value& value, const Paths& paths) {
    const Value* found = first_of(value, paths);
    return found != nullptr ? text_of(*found).value_or("") : "";
}

std::optional<double> number_at(const Value& value, const Paths& paths) {
    const Value* found = first_of(value, paths);
    return found != nullptr ? number_of(*found) : std::nullopt;
}

std::optional<Timestamp> time_at(const Value& value, const Paths& paths) {
    const Value* found = first_of(value, paths);
    return found != nullptr ? time_of(*found) : std::nullopt;
}

std::uint64_t seed_at(const Value& value, const Paths& paths) {
    const Value* found = first_of(value, paths);
    return found != nullptr ? seed_of(*found).value_or(0) : 0;
}

// ------------------------------------------------------------------ settings

const sample::Field* number_field(std::string_view name) {
    for (const sample::Field& field : sample::fields()) {
        if (field.name == name) return &field;
    }
    return nullptr;
}

/// Text that spells a number is one: rows of CSV have nothing else.
Value as_setting(const std::string& name, const Value& value) {
    if (number_field(name) != nullptr && value.text() != nullptr) {
        if (const auto number = number_of(value)) return Value{*number};
    }
    if (name == "ignore_end" && value.text() != nullptr) {
        if (const auto truth = truth_of(value)) return Value{*truth};
    }
    return value;
}

void put(Value::Object& object, const std::string& name, const Value& value) {
    for (Member& each : object) {
        if (each.key == name) {
            each.value = as_setting(name, value);
            return;
        }
    }
    object.push_back({name, as_setting(name, value)});
}

/// Those that `object` names as we do; of the candidate itself the numbers alone, since what else
/// is in it may be called as our lists are and be something else.
void put_named_as_ours(const Value& object, bool has_lists, Value::Object& found) {
    for (const sample::Field& field : sample::fields()) {
        if (const Value* value = find(object, field.name)) put(found, field.name, *value);
    }
    if (!has_lists) return;
    for (const sample::OtherField& field : sample::other_fields()) {
        if (const Value* value = find(object, field.name)) put(found, field.name, *value);
    }
}

/// What the candidate says of settings that Fabula knows, under our names.
Value::Object settings_at(const Value& candidate, const FieldMap& map) {
    Value::Object found;
    for (const std::string& path : map.settings_object) {
        const bool is_here = path == ".";
        const Value* object = is_here ? &candidate : find(candidate, path);
        if (object == nullptr) continue;
        put_named_as_ours(*object, !is_here, found);
        break;
    }
    for (const auto& [name, paths] : map.settings) {
        if (const Value* value = first_of(candidate, paths)) put(found, name, *value);
    }
    return found;
}

/// What the data do not say was off, not what Fabula would have used.
sample::Settings settings_that_are_off() {
    sample::Settings settings;
    settings.temperature = 1;
    return settings;
}

Result<sample::Settings> settings_of(const Value& candidate, const FieldMap& map) {
    auto found = settings_at(candidate, map);
    for (const Member& each : found) {
        if (number_field(each.key) != nullptr && !number_of(each.value))
            return invalid(each.key + " is not a finite number");
    }
    return sample::settings_from_json(to_json(Value{std::move(found)}), settings_that_are_off());
}

// ------------------------------------------------------------------ tokens

constexpr std::int64_t most_id = std::numeric_limits<TokenId>::max();

std::optional<std::vector<TokenId>> ids_at(const Value& value, const Paths& paths) {
    const Value* found = first_of(value, paths);
    if (found == nullptr || found->list() == nullptr) return {};
    std::vector<TokenId> ids;
    for (const Value& each : *found->list()) {
        const auto id = whole_of(each);
        if (!id || *id < 0 || *id > most_id) return {};
        ids.push_back(static_cast<TokenId>(*id));
    }
    return ids;
}

/// Numbers of tokens; null is an infinity that JSON has not, below 0 as all of ours are.
std::optional<std::vector<float>> traces_at(const Value& value, const Paths& paths) {
    const Value* found = first_of(value, paths);
    if (found == nullptr || found->list() == nullptr) return {};
    std::vector<float> numbers;
    for (const Value& each : *found->list()) {
        const auto number = number_of(each);
        if (!number && !each.is_null()) return {};
        numbers.push_back(number ? static_cast<float>(*number)
                                 : -std::numeric_limits<float>::infinity());
    }
    return numbers;
}

/// The tokens, where all that a token has is there; ids alone would claim log-probabilities that
/// nobody kept.
std::vector<store::TokenRecord> tokens_at(const Value& candidate, const FieldMap& map) {
    const auto ids = ids_at(candidate, map.token_ids);
    const auto ranks = ids_at(candidate, map.ranks);
    const auto model = traces_at(candidate, map.logprobs_model);
    const auto logprobs = traces_at(candidate, map.logprobs);
    const auto entropies = traces_at(candidate, map.entropies);
    if (!ids || !ranks || !model || !logprobs || !entropies) return {};
    const std::size_t n = ids->size();
    if (ranks->size() != n || model->size() != n || logprobs->size() != n || entropies->size() != n)
        return {};
    std::vector<store::TokenRecord> tokens(n);
    for (std::size_t i = 0; i < n; ++i)
        tokens[i] = {(*ids)[i], (*model)[i], (*logprobs)[i], (*entropies)[i], (*ranks)[i]};
    return tokens;
}

// ------------------------------------------------------------------ candidates and offers

void set_fault(ForeignOffer& offer, const std::string& kind, const std::string& fault) {
    if (!offer.fault.empty()) return;
    offer.fault_kind = kind;
    offer.fault = fault;
}

void add_candidate(const Value& value, const FieldMap& map, ForeignOffer& offer) {
    store::CandidateRecord candidate;
    candidate.index = offer.record.candidates.size();
    const std::string name = "candidate " + std::to_string(candidate.index + 1) + ": ";
    const Value* words = first_of(value, map.text);
    if (words == nullptr || words->text() == nullptr)
        set_fault(offer, "no text", name + "it has no text");
    else
        candidate.text = *words->text();
    auto settings = settings_of(value, map);
    if (settings)
        candidate.settings = *std::move(settings);
    else
        set_fault(offer, "settings", name + settings.error().message);
    candidate.tokens = tokens_at(value, map);
    candidate.policy = text_at(value, map.policy);
    if (candidate.policy.empty()) candidate.policy = "imported";
    candidate.propensity = number_at(value, map.propensity);
    if (candidate.propensity && !(*candidate.propensity > 0 && *candidate.propensity < 1e12))
        candidate.propensity.reset();  // no density
    candidate.stream = seed_at(value, map.stream);
    candidate.ending = text_at(value, map.ending);
    candidate.score = number_at(value, map.score).value_or(0);
    candidate.copied_share = number_at(value, map.copied_share).value_or(0);
    candidate.seconds = number_at(value, map.drawn_in).value_or(0);
    if (const auto position = number_at(value, map.position)) offer.positions.push_back(*position);

    const Value* picked = first_of(value, map.picked);
    if (picked != nullptr && truth_of(*picked) == true) {
        if (offer.picked) set_fault(offer, "two picks", "more than one candidate is picked");
        offer.picked = candidate.index;
    }
    offer.record.candidates.push_back(std::move(candidate));
}

/// Where the pick is said of the offer: a number of a candidate, or its words.
void take_pick(const Value& picked, const FieldMap& map, ForeignOffer& offer) {
    const auto& candidates = offer.record.candidates;
    if (const auto* words = picked.text()) {
        for (const auto& each : candidates) {
            if (each.text == *words) {
                offer.picked = each.index;
                return;
            }
        }
    }
    if (std::holds_alternative<bool>(picked.data)) return;
    const auto index = whole_of(picked);
    if (!index && picked.text() != nullptr && picked.text()->empty()) return;
    if (index && *index < 0) return;  // -1 is how many say "none"
    const auto first = static_cast<std::int64_t>(map.first_index);
    if (!index || *index < first ||
        *index - first >= static_cast<std::int64_t>(candidates.size())) {
        set_fault(offer, "unknown pick", "what was picked is none of its candidates");
        return;
    }
    offer.picked = static_cast<std::size_t>(*index - first);
}

/// What the step says, or else the document around it.
struct Around {
    const Value& step;
    const Value& document;

    const Value* first(const Paths& paths) const {
        const Value* found = first_of(step, paths);
        return found != nullptr ? found : first_of(document, paths);
    }
    std::string text(const Paths& paths) const {
        const Value* found = first(paths);
        return found != nullptr ? text_of(*found).value_or("") : "";
    }
};

ForeignOffer offer_from(const Around& around, const FieldMap& map) {
    ForeignOffer offer;
    const Value& step = around.step;
    if (const Value* number = first_of(step, map.step)) offer.step = whole_of(*number);
    if (offer.step && (*offer.step < -most_step || *offer.step > most_step)) offer.step.reset();
    offer.parent = text_at(step, map.parent);
    offer.number = text_at(step, map.offer);
    offer.input = text_at(step, map.input);
    offer.record.prompt_ids = ids_at(step, map.prompt_ids).value_or(std::vector<TokenId>{});
    offer.record.model = around.text(map.model);
    offer.record.model_hash = around.text(map.model_hash);
    offer.record.backend = around.text(map.backend);
    offer.choice.chooser = text_at(step, map.chooser);
    if (offer.choice.chooser.empty()) offer.choice.chooser = "person";
    offer.choice.user = around.text(map.user);
    offer.choice.reason = text_at(step, map.reason);
    offer.choice.seconds = number_at(step, map.seconds);
    if (offer.choice.seconds && *offer.choice.seconds < 0) offer.choice.seconds.reset();
    if (const Value* created = around.first(map.created)) offer.created = time_of(*created);

    if (map.candidates.empty()) {  // the document is one
        add_candidate(step, map, offer);
        return offer;
    }
    const Value* candidates = first_of(step, map.candidates);
    const auto* list = candidates != nullptr ? candidates->list() : nullptr;
    if (list == nullptr || list->empty()) {
        set_fault(offer, "no candidates", "it has no list of candidates");
        return offer;
    }
    if (list->size() > most_candidates) {
        set_fault(offer, "too many candidates",
                  "more than " + std::to_string(most_candidates) + " candidates");
        return offer;
    }
    for (const Value& each : *list)
        add_candidate(each, map, offer);
    if (!offer.picked) {
        if (const Value* picked = first_of(step, map.picked)) take_pick(*picked, map, offer);
    }
    return offer;
}

ForeignStory frame_from(const Value& document, const FieldMap& map, std::size_t line) {
    ForeignStory story;
    story.line = line;
    story.prompt = text_at(document, map.prompt);
    story.title = text_at(document, map.title);
    story.seed = seed_at(document, map.seed);
    story.model = text_at(document, map.model);
    story.created = time_at(document, map.created);
    return story;
}

std::string shortened(const std::string& id) {
    constexpr std::size_t most = 64;
    return id.size() <= most ? id : model::sha256_of(std::as_bytes(std::span(id)));
}

bool is_unique_by_making(const std::string& id) {
    std::size_t n_digits = 0;
    for (const char c : id) {
        const bool is_digit =
            (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (!is_digit && c != '-') return false;
        n_digits += is_digit ? 1 : 0;
    }
    return n_digits == 32 || (n_digits == 24 && id.size() == 24);
}

}  // namespace

std::string source_of(const ForeignStory& story, const std::string& id) {
    if (is_unique_by_making(id)) return "import:" + id;
    std::string content = story.prompt;
    if (content.empty() && !story.offers.empty()) content = story.offers.front().input;
    content += '\0' + std::to_string(story.seed);
    if (id.empty()) {
        for (const ForeignOffer& offer : story.offers) {
            for (const auto& candidate : offer.record.candidates)
                content += '\0' + candidate.text;
        }
    }
    const std::string hash = model::sha256_of(std::as_bytes(std::span(content)));
    if (id.empty()) return "import:sha256:" + hash;
    return "import:" + shortened(id) + "@" + hash.substr(0, 16);
}

Result<ForeignStory> story_from(const Value& document, const FieldMap& map, std::size_t line) {
    ForeignStory story = frame_from(document, map, line);
    const std::string id = text_at(document, map.id);
    story.place = id.empty() ? "story" : "story " + shortened(id);
    const Value* steps = first_of(document, map.steps);
    if (steps == nullptr || steps->list() == nullptr)
        return invalid("it has no list of steps (at '" +
                       (map.steps.empty() ? "" : map.steps.front()) + "')");
    if (steps->list()->size() > most_offers)
        return invalid("more than " + std::to_string(most_offers) + " steps");
    for (const Value& step : *steps->list()) {
        ForeignOffer offer = offer_from({step, document}, map);
        offer.line = line;
        const std::int64_t here = static_cast<std::int64_t>(story.offers.size()) + 1;
        offer.place = story.place + ", step " + std::to_string(offer.step.value_or(here));
        story.offers.push_back(std::move(offer));
    }
    story.source = source_of(story, id);
    return story;
}

Result<ForeignRow> row_from(const Value& document, const FieldMap& map, std::size_t line) {
    ForeignRow row;
    row.story_key = text_at(document, map.story);
    if (row.story_key.empty())
        return invalid("it does not say of which story it is (at '" +
                       (map.story.empty() ? "" : map.story.front()) + "')");
    row.story = frame_from(document, map, line);
    row.story.place = "story " + shortened(row.story_key);
    row.offer = offer_from({document, document}, map);
    row.offer.line = line;
    row.offer.place = row.story.place;
    if (row.offer.step) row.offer.place += ", step " + std::to_string(*row.offer.step);
    return row;
}

}  // namespace fabula::exchange
