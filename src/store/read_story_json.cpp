// SPDX-License-Identifier: 0BSD
#include "sample/settings_json.h"
#include "store/bounded_json.h"
#include "store/check.h"
#include "store/packing.h"
#include "store/story_json.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace fabula::store {
namespace {

using Json = nlohmann::json;

constexpr JsonBounds bounds{
    .size_bytes = std::size_t{256} << 20, .depth = 12, .values = 10'000'000};

/// A value in the document, with its place. Where something is not as it must be the first fault is
/// noted and reading goes on with empty values, so that a reader is a list of fields and not of
/// questions.
class Cursor {
public:
    Cursor(const Json* value, std::string place, std::string& fault)
        : value_(value), place_(std::move(place)), fault_(&fault) {}

    bool is_null() const { return value_ == nullptr || value_->is_null(); }

    /// The member of that name, which must be there.
    Cursor at(const char* key) const {
        const std::string place = place_.empty() ? key : place_ + "." + key;
        if (value_ != nullptr && value_->is_object()) {
            if (const auto found = value_->find(key); found != value_->end()) {
                return {&*found, place, *fault_};
            }
        }
        if (value_ != nullptr) note(place, "missing");
        return {nullptr, place, *fault_};
    }

    /// Whether there is a member of that name.
    bool has(const char* key) const {
        return value_ != nullptr && value_->is_object() && value_->contains(key);
    }

    /// That it is an object with these keys and no others.
    template <std::size_t n>
    void expect_only(const std::array<const char*, n>& keys) const {
        if (value_ == nullptr) return;
        if (!value_->is_object()) return note("not an object");
        for (const auto& [key, item] : value_->items()) {
            if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
                note("unknown key '" + key.substr(0, 64) + "'");
            }
        }
    }

    std::vector<Cursor> items() const {
        std::vector<Cursor> cursors;
        const Json* list = array();
        if (list == nullptr) return cursors;
        cursors.reserve(list->size());
        for (std::size_t i = 0; i < list->size(); ++i) {
            cursors.emplace_back(&(*list)[i], place_ + "[" + std::to_string(i) + "]", *fault_);
        }
        return cursors;
    }

    std::string text() const {
        if (value_ == nullptr) return {};
        if (!value_->is_string()) {
            note("not a text");
            return {};
        }
        return value_->get<std::string>();
    }

    template <typename Whole>
    Whole whole() const {
        return value_ == nullptr ? Whole{} : whole_of<Whole>(*value_);
    }

    /// A number in [0, 2^64), or its decimal digits as a text.
    std::uint64_t wide() const {
        if (value_ == nullptr) return 0;
        if (value_->is_number_unsigned()) return value_->get<std::uint64_t>();
        if (value_->is_string()) {
            if (const auto number = unsigned_from(value_->get_ref<const std::string&>())) {
                return *number;
            }
        }
        note("not a whole number from 0 to 18446744073709551615");
        return 0;
    }

    double real() const { return value_ == nullptr ? 0 : real_of(*value_); }

    template <typename Whole>
    std::vector<Whole> wholes() const {
        std::vector<Whole> numbers;
        const Json* list = array();
        if (list == nullptr) return numbers;
        numbers.reserve(list->size());
        for (const Json& each : *list)
            numbers.push_back(whole_of<Whole>(each));
        return numbers;
    }

    std::vector<float> floats() const {
        std::vector<float> numbers;
        const Json* list = array();
        if (list == nullptr) return numbers;
        numbers.reserve(list->size());
        for (const Json& each : *list) {
            const double number = real_of(each);
            if (std::isfinite(number) && std::abs(number) > std::numeric_limits<float>::max()) {
                note("beyond 32-bit floats");
                return {};
            }
            numbers.push_back(static_cast<float>(number));
        }
        return numbers;
    }

    sample::Settings settings() const {
        if (value_ == nullptr) return {};
        auto settings = sample::settings_from_json(value_->dump());
        if (settings) return std::move(*settings);
        note(settings.error().message);
        return {};
    }

    void note(const std::string& what) const { note(place_, what); }

private:
    void note(const std::string& place, const std::string& what) const {
        if (fault_->empty()) *fault_ = (place.empty() ? "document" : place) + ": " + what;
    }

    const Json* array() const {
        if (value_ == nullptr || value_->is_array()) return value_;
        note("not a list");
        return nullptr;
    }

    template <typename Whole>
    Whole whole_of(const Json& value) const {
        if (value.is_number_unsigned()) {
            const auto number = value.get<std::uint64_t>();
            if (std::in_range<Whole>(number)) return static_cast<Whole>(number);
        } else if (value.is_number_integer()) {
            const auto number = value.get<std::int64_t>();
            if (std::in_range<Whole>(number)) return static_cast<Whole>(number);
        }
        note("not a whole number in its range");
        return Whole{};
    }

    double real_of(const Json& value) const {
        if (value.is_number()) return value.get<double>();
        if (value == "inf") return std::numeric_limits<double>::infinity();
        if (value == "-inf") return -std::numeric_limits<double>::infinity();
        note("not a number");
        return 0;
    }

    const Json* value_;  // null behind a fault
    std::string place_;
    std::string* fault_;
};

Timestamp time_from(const Cursor& at) {
    constexpr std::int64_t year_10000 = 253'402'300'800'000;
    const auto time = at.whole<std::int64_t>();
    if (time < 0 || time >= year_10000) at.note("not a time before the year 10000");
    return Timestamp{time};
}

story::PassageId passage_from(const Cursor& at) {
    return static_cast<story::PassageId>(at.whole<std::uint32_t>());
}

OfferId offer_from(const Cursor& at) {
    return OfferId{at.whole<std::int64_t>()};
}

std::optional<std::size_t> index_from(const Cursor& at) {
    if (at.is_null()) return std::nullopt;
    return at.whole<std::size_t>();
}

story::Origin origin_from(const Cursor& at) {
    const auto origin = story::origin_named(at.text());
    if (!origin) at.note(origin.error().message);
    return origin ? *origin : story::Origin::written;
}

StoryRecord record_from(const Cursor& at) {
    at.expect_only(
        std::array{"id", "title", "seed", "model", "system", "instruction", "created", "source"});
    return {.id = StoryId{at.at("id").whole<std::int64_t>()},
            .title = at.at("title").text(),
            .seed = at.at("seed").wide(),
            .model = at.at("model").text(),
            .system = at.at("system").text(),
            .instruction = at.at("instruction").text(),
            .created = time_from(at.at("created")),
            .source = at.has("source") ? at.at("source").text() : ""};
}

PassageRecord passage_record_from(const Cursor& at, std::size_t number) {
    at.expect_only(
        std::array{"id", "parent", "step", "origin", "text", "offer", "index", "created"});
    PassageRecord record;
    record.id = passage_from(at.at("id"));
    if (number == 0) {
        if (!at.at("parent").is_null()) at.at("parent").note("not null, as the opening's must be");
    } else {
        record.passage.parent = passage_from(at.at("parent"));
    }
    record.passage.origin = origin_from(at.at("origin"));
    record.passage.text = at.at("text").text();
    if (!at.at("offer").is_null()) record.offer = offer_from(at.at("offer"));
    record.index = index_from(at.at("index"));
    record.created = time_from(at.at("created"));
    return record;
}

std::vector<TokenRecord> tokens_from(const Cursor& at) {
    at.expect_only(std::array{"ids", "logprob_model", "logprob", "entropy", "rank"});
    const auto ids = at.at("ids").wholes<TokenId>();
    const auto logprobs_model = at.at("logprob_model").floats();
    const auto logprobs = at.at("logprob").floats();
    const auto entropies = at.at("entropy").floats();
    const auto ranks = at.at("rank").wholes<std::int32_t>();
    for (const std::size_t length :
         {logprobs_model.size(), logprobs.size(), entropies.size(), ranks.size()}) {
        if (length == ids.size()) continue;
        at.note("its lists differ in length");
        return {};
    }
    std::vector<TokenRecord> tokens;
    tokens.reserve(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) {
        tokens.push_back({ids[i], logprobs_model[i], logprobs[i], entropies[i], ranks[i]});
    }
    return tokens;
}

std::vector<BanRecord> bans_from(const Cursor& at) {
    at.expect_only(std::array{"positions", "ids"});
    const auto positions = at.at("positions").wholes<std::int32_t>();
    const auto ids = at.at("ids").wholes<TokenId>();
    std::vector<BanRecord> bans;
    if (positions.size() != ids.size()) {
        at.note("lists of different lengths");
        return bans;
    }
    for (std::size_t i = 0; i < ids.size(); ++i)
        bans.push_back({positions[i], ids[i]});
    return bans;
}

CandidateRecord candidate_from(const Cursor& at) {
    at.expect_only(std::array{"index", "text", "ids_bytes", "tokens", "bans", "draws", "settings",
                              "policy", "propensity", "stream", "ending", "score", "copied_share",
                              "seconds", "created"});
    CandidateRecord candidate;
    candidate.index = at.at("index").whole<std::size_t>();
    candidate.text = at.at("text").text();
    candidate.ids_bytes = at.at("ids_bytes").whole<std::size_t>();
    candidate.tokens = tokens_from(at.at("tokens"));
    // Documents written before they were kept have neither.
    if (at.has("bans")) candidate.bans = bans_from(at.at("bans"));
    if (at.has("draws")) candidate.draws = at.at("draws").whole<std::uint64_t>();
    candidate.settings = at.at("settings").settings();
    candidate.policy = at.at("policy").text();
    if (!at.at("propensity").is_null()) candidate.propensity = at.at("propensity").real();
    candidate.stream = at.at("stream").wide();
    candidate.ending = at.at("ending").text();
    candidate.score = at.at("score").real();
    candidate.copied_share = at.at("copied_share").real();
    candidate.seconds = at.at("seconds").real();
    candidate.created = time_from(at.at("created"));
    return candidate;
}

// Documents written before it was kept do not say what a block is.
PromptBlock prompt_block_from(const Cursor& at) {
    at.expect_only(std::array{"text", "ids", "kind", "passage", "begin"});
    PromptBlock block;
    block.text = at.at("text").text();
    block.ids = at.at("ids").wholes<TokenId>();
    if (at.has("kind")) block.kind = at.at("kind").text();
    if (at.has("passage") && !at.at("passage").is_null())
        block.passage = passage_from(at.at("passage"));
    if (at.has("begin")) block.begin = at.at("begin").whole<std::size_t>();
    return block;
}

OfferRecord offer_record_from(const Cursor& at) {
    at.expect_only(std::array{"id", "parent", "number", "model", "model_hash", "adapter_hash",
                              "backend", "arithmetic", "created", "prompt", "prompt_ids",
                              "candidates"});
    OfferRecord offer;
    offer.id = offer_from(at.at("id"));
    offer.parent = passage_from(at.at("parent"));
    offer.number = at.at("number").whole<std::size_t>();
    offer.model = at.at("model").text();
    offer.model_hash = at.at("model_hash").text();
    offer.adapter_hash = at.at("adapter_hash").text();
    offer.backend = at.at("backend").text();
    // Documents written before it was kept have none, and promise nothing.
    if (at.has("arithmetic")) offer.arithmetic = at.at("arithmetic").text();
    offer.created = time_from(at.at("created"));
    for (const Cursor& block : at.at("prompt").items()) {
        offer.prompt.push_back(prompt_block_from(block));
    }
    offer.prompt_ids = at.at("prompt_ids").wholes<TokenId>();
    for (const Cursor& candidate : at.at("candidates").items()) {
        offer.candidates.push_back(candidate_from(candidate));
    }
    return offer;
}

ChoiceRecord choice_from(const Cursor& at) {
    at.expect_only(std::array{"offer", "index", "passage", "chooser", "reason", "created", "user",
                              "shown", "seconds"});
    ChoiceRecord choice{.offer = offer_from(at.at("offer")),
                        .index = index_from(at.at("index")),
                        .passage = passage_from(at.at("passage")),
                        .chooser = at.at("chooser").text(),
                        .reason = at.at("reason").text(),
                        .created = time_from(at.at("created"))};
    // Documents written before they were kept have none of these.
    if (at.has("user")) choice.user = at.at("user").text();
    if (at.has("shown")) choice.shown = at.at("shown").wholes<std::size_t>();
    if (at.has("seconds") && !at.at("seconds").is_null()) choice.seconds = at.at("seconds").real();
    return choice;
}

RatingRecord rating_from(const Cursor& at) {
    at.expect_only(std::array{"offer", "index", "rating", "reason", "user", "created"});
    return {.offer = offer_from(at.at("offer")),
            .index = at.at("index").whole<std::size_t>(),
            .rating = at.at("rating").whole<int>(),
            .reason = at.at("reason").text(),
            .user = at.at("user").text(),
            .created = time_from(at.at("created"))};
}

MoveRecord move_from(const Cursor& at) {
    at.expect_only(std::array{"kind", "passage", "created"});
    const auto kind = move_kind_named(at.at("kind").text());
    if (!kind) at.at("kind").note(kind.error().message);
    return {.kind = kind ? *kind : MoveKind::jump,
            .passage = passage_from(at.at("passage")),
            .created = time_from(at.at("created"))};
}

NotesRecord notes_from(const Cursor& at) {
    at.expect_only(std::array{"memory", "author_note", "created"});
    return {.memory = at.at("memory").text(),
            .author_note = at.at("author_note").text(),
            .created = time_from(at.at("created"))};
}

void read_passages(const Cursor& list, Story& story) {
    const std::vector<Cursor> items = list.items();
    for (std::size_t i = 0; i < items.size(); ++i) {
        PassageRecord record = passage_record_from(items[i], i);
        const story::Passage& passage = record.passage;
        if (i == 0) {
            story.tree = story::Tree(passage.text);
        } else if (!story.tree.add(passage.parent, passage.origin, passage.text)) {
            items[i].at("parent").note(std::to_string(static_cast<std::uint32_t>(passage.parent)) +
                                       " is not an earlier passage");
            return;
        }
        const auto id = static_cast<story::PassageId>(i);
        if (items[i].at("step").whole<std::size_t>() != story.tree.step(id)) {
            items[i].at("step").note("not " + std::to_string(story.tree.step(id)) +
                                     ", as its parents say");
        }
        story.passages.push_back(std::move(record));
    }
    if (items.empty()) list.note("there is no opening");
}

Story story_from(const Cursor& document) {
    Story story;
    document.expect_only(std::array{"format", "version", "story", "head", "passages", "offers",
                                    "choices", "ratings", "moves", "notes"});
    story.record = record_from(document.at("story"));
    read_passages(document.at("passages"), story);
    for (const Cursor& each : document.at("offers").items()) {
        story.offers.push_back(offer_record_from(each));
    }
    for (const Cursor& each : document.at("choices").items()) {
        story.choices.push_back(choice_from(each));
    }
    if (document.has("ratings")) {
        for (const Cursor& each : document.at("ratings").items())
            story.ratings.push_back(rating_from(each));
    }
    for (const Cursor& each : document.at("moves").items()) {
        story.moves.push_back(move_from(each));
    }
    if (document.has("notes")) story.notes = notes_from(document.at("notes"));
    if (passage_from(document.at("head")) != story.head()) {
        document.at("head").note("not the passage of the last move");
    }
    return story;
}

Error refusal(std::string what) {
    for (char& c : what) {
        if (static_cast<unsigned char>(c) < 0x20) c = ' ';
    }
    return {ErrorCode::invalid_input, "story: " + what};
}

Result<Story> read(std::string_view json) {
    if (const auto good = check_bounds(json, bounds); !good) return refusal(good.error().message);
    const Json document = Json::parse(json.begin(), json.end(), nullptr, false);
    if (!document.is_object() || document.value("format", Json()) != "fabula-story") {
        return refusal("format: not \"fabula-story\"");
    }
    if (document.value("version", Json()) != 1) {
        return refusal("version: only 1 is known to this fabula");
    }
    std::string fault;
    Story story = story_from(Cursor(&document, "", fault));
    if (!fault.empty()) return refusal(fault);
    if (const auto good = check_story(story); !good) return refusal(good.error().message);
    return story;
}

}  // namespace

Result<Story> story_from_json(std::string_view json) {
    try {
        return read(json);
    } catch (const std::exception& failure) {
        return Error{ErrorCode::exhausted, std::string("story: cannot be read: ") + failure.what()};
    }
}

}  // namespace fabula::store
