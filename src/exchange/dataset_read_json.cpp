// SPDX-License-Identifier: 0BSD
// Lines of a data set, read strictly: what anybody may have changed since it was published.
#include "exchange/dataset_json.h"
#include "sample/settings_json.h"
#include "store/bounded_json.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>
#include <span>
#include <utility>

namespace fabula::exchange {
namespace {

using Json = nlohmann::json;

constexpr store::JsonBounds bounds{
    .size_bytes = std::size_t{256} << 20, .depth = 6, .values = 20'000'000};
constexpr std::size_t largest_whole = std::size_t{1} << 53U;

bool is_shaped_as(std::string_view text, std::string_view shape) {
    return text.size() == shape.size() &&
           std::equal(text.begin(), text.end(), shape.begin(),
                      [](char c, char as) { return as == '0' ? c >= '0' && c <= '9' : c == as; });
}

/// Members of one object. The first fault is noted, and reading goes on with empty values.
class Members {
public:
    Members(const Json& object, std::string place, std::string& fault)
        : object_(object), place_(std::move(place)), fault_(fault) {
        if (!object_.is_object()) note("", "is no object");
    }

    /// That no key is there but those that were read.
    void expect_no_more() const {
        if (!object_.is_object()) return;
        for (const auto& [key, value] : object_.items()) {
            if (!read_.contains(key)) note(key.substr(0, 64), "is an unknown key");
        }
    }

    bool has(const char* key) const { return object_.is_object() && object_.contains(key); }

    const Json& at(const char* key) {
        static const Json nothing;
        read_.insert(key);
        if (has(key)) return object_[key];
        note(key, "is missing");
        return nothing;
    }

    bool is_null(const char* key) { return at(key).is_null(); }

    std::string text(const char* key) {
        const Json& value = at(key);
        if (value.is_string()) return value.get<std::string>();
        note(key, "is no text");
        return {};
    }

    std::optional<std::string> text_if_there(const char* key) {
        if (!has(key)) return {};
        return text(key);
    }

    std::optional<std::string> text_or_null(const char* key) {
        if (is_null(key)) return {};
        return text(key);
    }

    std::size_t whole(const char* key, std::size_t lowest = 0) {
        const Json& value = at(key);
        const bool is_one = value.is_number_unsigned() && value.get<std::size_t>() >= lowest &&
                            value.get<std::size_t>() < largest_whole;
        if (is_one) return value.get<std::size_t>();
        note(key, "is no whole number from " + std::to_string(lowest));
        return lowest;
    }

    std::optional<double> real_or_null(const char* key) {
        const Json& value = at(key);
        if (value.is_null()) return {};
        if (value.is_number()) return value.get<double>();
        note(key, "is neither a number nor null");
        return {};
    }

    bool boolean(const char* key) {
        const Json& value = at(key);
        if (value.is_boolean()) return value.get<bool>();
        note(key, "is neither true nor false");
        return false;
    }

    std::uint64_t decimal(const char* key) {
        const std::string digits = text(key);
        std::uint64_t number = 0;
        const auto end = digits.data() + digits.size();
        const auto read = std::from_chars(digits.data(), end, number);
        if (digits.empty() || read.ec != std::errc{} || read.ptr != end ||
            std::to_string(number) != digits)
            note(key, "is no decimal text of 64 bits");
        return number;
    }

    /// "2026-01-31T09:05:07.123Z"
    std::string moment(const char* key) {
        std::string when = text(key);
        if (!is_shaped_as(when, "0000-00-00T00:00:00.000Z")) note(key, "is no time in UTC");
        return when;
    }

    /// Objects of a list, each with its place.
    std::vector<Members> objects(const char* key) {
        std::vector<Members> found;
        const Json& list = this->list(key);
        for (std::size_t i = 0; i < list.size(); ++i)
            found.emplace_back(list[i], place_of(key) + "[" + std::to_string(i) + "]", fault_);
        return found;
    }

    const Json& list(const char* key) {
        static const Json nothing = Json::array();
        const Json& value = at(key);
        if (value.is_array()) return value;
        note(key, "is no list");
        return nothing;
    }

    void note(const std::string& key, const std::string& what) const {
        if (fault_.empty()) fault_ = place_of(key) + " " + what;
    }

private:
    std::string place_of(const std::string& key) const {
        if (key.empty()) return place_.empty() ? "the line" : place_;
        return place_.empty() ? key : place_ + "." + key;
    }

    const Json& object_;
    std::string place_;
    std::string& fault_;
    std::set<std::string> read_;
};

std::vector<TokenId> token_ids(Members& line, const char* key) {
    std::vector<TokenId> ids;
    for (const Json& each : line.list(key)) {
        const bool is_one = each.is_number_unsigned() &&
                            each.get<std::uint64_t>() <= std::numeric_limits<TokenId>::max();
        if (!is_one) line.note(key, "holds what is no id of a token");
        ids.push_back(is_one ? each.get<TokenId>() : 0);
    }
    return ids;
}

std::vector<float> floats(Members& line, const char* key) {
    std::vector<float> numbers;
    for (const Json& each : line.list(key)) {
        if (!each.is_number() && !each.is_null())
            line.note(key, "holds what is neither a number nor null");
        numbers.push_back(each.is_number() ? each.get<float>()
                                           : -std::numeric_limits<float>::infinity());
    }
    return numbers;
}

/// What sample::settings_from_json takes, with every key there.
sample::Settings settings_of(Members& line) {
    Json settings = line.at("settings");
    static const std::size_t n_keys = Json::parse(sample::to_json(sample::Settings{})).size();
    if (!settings.is_object() || settings.size() != n_keys || !settings.contains("logit_bias")) {
        line.note("settings", "has not every setting once");
        return {};
    }
    Json biases = Json::object();
    if (!settings["logit_bias"].is_array()) line.note("settings", "logit_bias is no list");
    for (const Json& each : settings["logit_bias"]) {
        const bool is_one = each.is_object() && each.size() == 2 && each.contains("bias") &&
                            each.contains("token_id") && each["token_id"].is_number_unsigned();
        if (is_one)
            biases[std::to_string(each["token_id"].get<std::uint64_t>())] = each["bias"];
        else
            line.note("settings", "logit_bias holds what is no token_id with its bias");
    }
    settings["logit_bias"] = std::move(biases);
    auto read =
        sample::settings_from_json(settings.dump(-1, ' ', false, Json::error_handler_t::replace));
    if (read) return *std::move(read);
    line.note("settings", "cannot be: " + read.error().message);
    return {};
}

void read_tokens(Members& line, CandidateLine& candidate) {
    const bool has_tokens = !line.is_null("token_ids");
    if (line.is_null("logprobs_model") == has_tokens || line.is_null("logprobs") == has_tokens)
        return line.note("token_ids", "is null where the log-probabilities are not, or they are");
    if (!has_tokens) {
        if (!candidate.is_redacted) line.note("token_ids", "is null and nothing is redacted");
        return;
    }
    TokenLists tokens{token_ids(line, "token_ids"), floats(line, "logprobs_model"),
                      floats(line, "logprobs")};
    if (tokens.ids.size() != candidate.n_tokens ||
        tokens.logprobs_model.size() != candidate.n_tokens ||
        tokens.logprobs.size() != candidate.n_tokens)
        line.note("n_tokens", "is not the length of the lists of tokens");
    candidate.tokens = std::move(tokens);
}

CandidateLine candidate_of(Members& line) {
    CandidateLine candidate;
    candidate.index = line.whole("index");
    candidate.text = line.text("text");
    candidate.settings = settings_of(line);
    candidate.policy = line.text("policy");
    candidate.propensity = line.real_or_null("propensity");
    candidate.n_tokens = line.whole("n_tokens");
    candidate.mean_logprob_model = line.real_or_null("mean_logprob_model");
    candidate.mean_logprob = line.real_or_null("mean_logprob");
    candidate.is_redacted = line.boolean("redacted");
    read_tokens(line, candidate);
    candidate.score = line.real_or_null("score");
    candidate.copied_share = line.real_or_null("copied_share");
    candidate.ending = line.text("ending");
    candidate.seconds = line.real_or_null("seconds");
    candidate.stream = line.decimal("stream");
    candidate.created = line.moment("created");
    line.expect_no_more();
    return candidate;
}

bool has_index(const OfferLine& offer, std::size_t index) {
    return std::any_of(offer.candidates.begin(), offer.candidates.end(),
                       [&](const auto& each) { return each.index == index; });
}

void read_shown(Members& line, OfferLine& offer) {
    if (line.is_null("shown")) return;
    std::set<std::size_t> known;
    for (const Json& each : line.list("shown")) {
        const bool is_one = each.is_number_unsigned() &&
                            has_index(offer, each.get<std::size_t>()) &&
                            known.insert(each.get<std::size_t>()).second;
        if (!is_one) return line.note("shown", "holds what is no candidate, or one twice");
        offer.shown.push_back(each.get<std::size_t>());
    }
    if (offer.shown.empty()) line.note("shown", "is empty: null says that it was not kept");
}

void read_ratings(Members& line, OfferLine& offer) {
    for (auto& each : line.objects("ratings")) {
        RatingLine rating;
        rating.index = each.whole("index");
        if (!has_index(offer, rating.index)) each.note("index", "is no candidate");
        const Json& value = each.at("rating");
        if (value.is_number_integer() && (value == 1 || value == -1))
            rating.rating = value.get<int>();
        else
            each.note("rating", "is neither 1 nor -1");
        rating.reason = each.text("reason");
        rating.user = each.text_or_null("user");
        rating.created = each.moment("created");
        each.expect_no_more();
        offer.ratings.push_back(std::move(rating));
    }
}

/// That everything about a decision is null where there is none.
void expect_undecided(Members& line) {
    for (const char* key : {"picked", "words", "chooser", "reason", "user", "seconds", "decided"}) {
        if (!line.is_null(key)) line.note(key, "is not null where nothing was decided");
    }
}

void read_decision(Members& line, OfferLine& offer) {
    if (line.is_null("decision")) return expect_undecided(line);
    DecisionLine decision;
    const std::string kind = line.text("decision");
    bool is_known = false;
    for (const auto each : {DecisionKind::picked, DecisionKind::edited, DecisionKind::written,
                            DecisionKind::refused}) {
        if (kind != name_of(each)) continue;
        decision.kind = each;
        is_known = true;
    }
    if (!is_known) line.note("decision", "is none of picked, edited, written, refused");
    if (!line.is_null("picked")) decision.index = line.whole("picked");
    decision.words = line.text_or_null("words");
    const bool takes_one =
        decision.kind == DecisionKind::picked || decision.kind == DecisionKind::edited;
    const bool has_words =
        decision.kind == DecisionKind::edited || decision.kind == DecisionKind::written;
    if (takes_one != decision.index.has_value()) line.note("picked", "does not fit the decision");
    if (has_words != decision.words.has_value()) line.note("words", "do not fit the decision");
    if (decision.index && !has_index(offer, *decision.index))
        line.note("picked", "is no candidate");
    decision.chooser = line.text("chooser");
    if (decision.chooser != "person" && decision.chooser != "score")
        line.note("chooser", "is neither person nor score");
    decision.reason = line.text("reason");
    decision.user = line.text_or_null("user");
    decision.seconds = line.real_or_null("seconds");
    decision.created = line.moment("decided");
    offer.decision = std::move(decision);
}

void read_offer(Members& line, OfferLine& offer) {
    offer.id = line.text("id");
    offer.story = line.text("story");
    offer.step = line.whole("step", 1);
    offer.passage = line.whole("passage");
    offer.number = line.whole("number");
    if (offer.id !=
        offer.story + "/" + std::to_string(offer.passage) + "." + std::to_string(offer.number))
        line.note("id", "is not STORY/PASSAGE.NUMBER");
    offer.prompt = line.text_if_there("prompt");
    offer.system = line.text_if_there("system");
    offer.instruction = line.text_if_there("instruction");
    for (auto& each : line.objects("candidates")) {
        auto candidate = candidate_of(each);
        if (!offer.candidates.empty() && candidate.index <= offer.candidates.back().index)
            each.note("index", "is not above the one before");
        offer.candidates.push_back(std::move(candidate));
    }
    read_shown(line, offer);
    read_decision(line, offer);
    offer.n_choices = line.whole("n_choices", offer.decision ? 1 : 0);
    read_ratings(line, offer);
    offer.seed = line.decimal("seed");
    offer.model = line.text("model");
    offer.model_hash = line.text("model_hash");
    offer.adapter_hash = line.text("adapter_hash");
    offer.backend = line.text("backend");
    offer.arithmetic = line.text("arithmetic");
    offer.created = line.moment("created");
    line.expect_no_more();
}

void read_pair(Members& line, PairLine& pair) {
    pair.prompt = line.text_if_there("prompt");
    pair.chosen = line.text("chosen");
    pair.rejected = line.text("rejected");
    pair.id = line.text("id");
    pair.offer = line.text("offer");
    pair.story = line.text("story");
    pair.step = line.whole("step", 1);
    pair.chosen_index = line.whole("chosen_index");
    pair.rejected_index = line.whole("rejected_index");
    pair.is_edited = line.boolean("edited");
    pair.chooser = line.text("chooser");
    pair.user = line.text_or_null("user");
    pair.model = line.text("model");
    line.expect_no_more();
}

template <typename Line>
Result<Line> read_line(std::string_view json, void (*read)(Members&, Line&)) {
    try {
        if (const auto bounded = store::check_bounds(json, bounds); !bounded)
            return bounded.error();
        const Json value = Json::parse(json, nullptr, false);
        std::string fault;
        Members members(value, "", fault);
        Line line;
        if (fault.empty()) read(members, line);
        if (fault.empty()) return line;
        return Error{ErrorCode::invalid_input, fault};
    } catch (const std::exception& failure) {
        return Error{ErrorCode::exhausted, std::string("cannot be read: ") + failure.what()};
    }
}

}  // namespace

Result<OfferLine> offer_line_from_json(std::string_view json) {
    return read_line<OfferLine>(json, read_offer);
}

Result<PairLine> pair_line_from_json(std::string_view json) {
    return read_line<PairLine>(json, read_pair);
}

}  // namespace fabula::exchange
