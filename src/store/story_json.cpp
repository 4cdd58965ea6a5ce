// SPDX-License-Identifier: 0BSD
#include "store/story_json.h"

#include "sample/settings_json.h"

#include <nlohmann/json.hpp>

#include <charconv>
#include <cmath>
#include <limits>

namespace fabula::store {
namespace {

using Json = nlohmann::ordered_json;

/// JSON has no infinities, so they become words.
Json real(double number) {
    if (std::isfinite(number)) return number;
    if (std::isnan(number)) return "nan";
    return number > 0 ? "inf" : "-inf";
}

/// The shortest double that a 32-bit reader rounds back to the same float: 0.1, not
/// 0.10000000149011612, so that traces stay readable and a third as long.
Json real(float number) {
    if (!std::isfinite(number)) return real(static_cast<double>(number));
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits - 1, number);
    double shortest = 0;
    std::from_chars(digits, end.ptr, shortest);
    // Rounding twice may miss by one bit where the short digits lie next to the middle of two
    // floats, and those of the largest float lie above it.
    const bool is_exact = std::abs(shortest) <= std::numeric_limits<float>::max() &&
                          static_cast<float>(shortest) == number;
    return is_exact ? shortest : static_cast<double>(number);
}

template <typename Id>
std::int64_t whole(Id id) {
    return static_cast<std::int64_t>(id);
}

Json index_or_null(const std::optional<std::size_t>& index) {
    return index ? Json(*index) : Json(nullptr);
}

Json to_value(const StoryRecord& record) {
    return {{"id", whole(record.id)},
            {"title", record.title},
            {"seed", std::to_string(record.seed)},
            {"model", record.model},
            {"system", record.system},
            {"instruction", record.instruction},
            {"created", whole(record.created)},
            {"source", record.source}};
}

Json to_value(const PassageRecord& record, const story::Tree& tree) {
    const bool is_root = record.id == story::PassageId::root;
    const story::Passage& passage = record.passage;
    return {{"id", whole(record.id)},
            {"parent", is_root ? Json(nullptr) : Json(whole(passage.parent))},
            {"step", tree.has(record.id) ? tree.step(record.id) : 0},
            {"origin", story::name_of(passage.origin)},
            {"text", passage.text},
            {"offer", record.offer ? Json(whole(*record.offer)) : Json(nullptr)},
            {"index", index_or_null(record.index)},
            {"created", whole(record.created)}};
}

Json to_value(const std::vector<TokenRecord>& tokens) {
    Json ids = Json::array();
    Json logprobs_model = Json::array();
    Json logprobs = Json::array();
    Json entropies = Json::array();
    Json ranks = Json::array();
    for (const TokenRecord& token : tokens) {
        ids.push_back(token.id);
        logprobs_model.push_back(real(token.logprob_model));
        logprobs.push_back(real(token.logprob));
        entropies.push_back(real(token.entropy));
        ranks.push_back(token.rank);
    }
    return {{"ids", std::move(ids)},
            {"logprob_model", std::move(logprobs_model)},
            {"logprob", std::move(logprobs)},
            {"entropy", std::move(entropies)},
            {"rank", std::move(ranks)}};
}

Json to_value(const std::vector<BanRecord>& bans) {
    Json positions = Json::array();
    Json ids = Json::array();
    for (const BanRecord& ban : bans) {
        positions.push_back(ban.position);
        ids.push_back(ban.id);
    }
    return {{"positions", std::move(positions)}, {"ids", std::move(ids)}};
}

Json to_value(const CandidateRecord& candidate) {
    return {{"index", candidate.index},
            {"text", candidate.text},
            {"ids_bytes", candidate.ids_bytes},
            {"tokens", to_value(candidate.tokens)},
            {"bans", to_value(candidate.bans)},
            {"draws", candidate.draws},
            {"settings", Json::parse(sample::to_json(candidate.settings), nullptr, false)},
            {"policy", candidate.policy},
            {"propensity", candidate.propensity ? real(*candidate.propensity) : Json(nullptr)},
            {"stream", std::to_string(candidate.stream)},
            {"ending", candidate.ending},
            {"score", real(candidate.score)},
            {"copied_share", real(candidate.copied_share)},
            {"seconds", real(candidate.seconds)},
            {"created", whole(candidate.created)}};
}

Json to_value(const OfferRecord& offer) {
    Json prompt = Json::array();
    for (const PromptBlock& block : offer.prompt) {
        prompt.push_back(
            Json{{"text", block.text},
                 {"ids", block.ids},
                 {"kind", block.kind},
                 {"passage", block.passage ? Json(whole(*block.passage)) : Json(nullptr)},
                 {"begin", block.begin}});
    }
    Json candidates = Json::array();
    for (const CandidateRecord& each : offer.candidates)
        candidates.push_back(to_value(each));
    return {{"id", whole(offer.id)},           {"parent", whole(offer.parent)},
            {"number", offer.number},          {"model", offer.model},
            {"model_hash", offer.model_hash},  {"adapter_hash", offer.adapter_hash},
            {"backend", offer.backend},        {"arithmetic", offer.arithmetic},
            {"created", whole(offer.created)}, {"prompt", std::move(prompt)},
            {"prompt_ids", offer.prompt_ids},  {"candidates", std::move(candidates)}};
}

Json to_value(const ChoiceRecord& choice) {
    return {{"offer", whole(choice.offer)},
            {"index", index_or_null(choice.index)},
            {"passage", whole(choice.passage)},
            {"chooser", choice.chooser},
            {"reason", choice.reason},
            {"created", whole(choice.created)},
            {"user", choice.user},
            {"shown", choice.shown},
            {"seconds", choice.seconds ? real(*choice.seconds) : Json(nullptr)}};
}

Json to_value(const RatingRecord& rating) {
    return {{"offer", whole(rating.offer)}, {"index", rating.index},
            {"rating", rating.rating},      {"reason", rating.reason},
            {"user", rating.user},          {"created", whole(rating.created)}};
}

Json to_value(const MoveRecord& move) {
    return {{"kind", name_of(move.kind)},
            {"passage", whole(move.passage)},
            {"created", whole(move.created)}};
}

Json to_value(const NotesRecord& notes) {
    return {{"memory", notes.memory},
            {"author_note", notes.author_note},
            {"created", whole(notes.created)}};
}

template <typename Record>
Json list_of(const std::vector<Record>& records) {
    Json list = Json::array();
    for (const Record& each : records)
        list.push_back(to_value(each));
    return list;
}

std::string plain(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool is_flat(const Json& array) {
    for (const Json& each : array) {
        if (each.is_structured()) return false;
    }
    return true;
}

/// Two spaces a level; a list of plain values stays on one line, as long traces must.
void write(const Json& value, std::size_t level, std::string& out) {
    if (!value.is_structured() || value.empty() || (value.is_array() && is_flat(value))) {
        out += plain(value);
        return;
    }
    const std::string indent(2 * (level + 1), ' ');
    out += value.is_object() ? '{' : '[';
    bool is_first = true;
    for (const auto& [key, item] : value.items()) {
        out += is_first ? "\n" : ",\n";
        is_first = false;
        out += indent;
        if (value.is_object()) out += plain(key) + ": ";
        write(item, level + 1, out);
    }
    out += '\n';
    out.append(2 * level, ' ');
    out += value.is_object() ? '}' : ']';
}

}  // namespace

std::string to_json(const Story& story) {
    Json passages = Json::array();
    for (const PassageRecord& each : story.passages)
        passages.push_back(to_value(each, story.tree));
    Json document{{"format", "fabula-story"},          {"version", 1},
                  {"story", to_value(story.record)},   {"head", whole(story.head())},
                  {"passages", std::move(passages)},   {"offers", list_of(story.offers)},
                  {"choices", list_of(story.choices)}, {"ratings", list_of(story.ratings)},
                  {"moves", list_of(story.moves)}};
    if (story.notes != NotesRecord{}) document["notes"] = to_value(story.notes);
    std::string out;
    write(document, 0, out);
    out += '\n';
    return out;
}

}  // namespace fabula::store
