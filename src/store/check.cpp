// SPDX-License-Identifier: 0BSD
#include "store/check.h"

#include "base/utf8.h"
#include "story/prompt.h"

#include <array>
#include <cmath>
#include <set>
#include <utility>

namespace fabula::store {
namespace {

Error fault(const std::string& place, const std::string& what) {
    return {ErrorCode::invalid_input, place + ": " + what};
}

Result<Unit> check_number(double number, const std::string& place) {
    if (std::isnan(number)) return fault(place, "not a number");
    return Unit{};
}

Result<Unit> check_ids(std::span<const TokenId> ids, const std::string& place) {
    if (ids.size() > max_tokens) return fault(place, "more than 4194304 tokens");
    for (const TokenId id : ids) {
        if (id < 0) return fault(place, std::to_string(id) + " is no token id");
    }
    return Unit{};
}

struct NamedText {
    const char* name = "";
    const std::string& text;
    std::size_t limit_bytes = max_name_bytes;
};

Result<Unit> check_texts(std::span<const NamedText> texts, const std::string& place) {
    for (const NamedText& each : texts) {
        if (auto good = check_text(each.text, place + "." + each.name, each.limit_bytes); !good) {
            return good;
        }
    }
    return Unit{};
}

Result<Unit> check_tokens(std::span<const TokenRecord> tokens, const std::string& place) {
    if (tokens.size() > max_tokens) return fault(place, "more than 4194304 tokens");
    for (const TokenRecord& token : tokens) {
        if (token.id < 0) return fault(place, std::to_string(token.id) + " is no token id");
        if (token.rank < 0) return fault(place, std::to_string(token.rank) + " is no rank");
        for (const float number : {token.logprob_model, token.logprob, token.entropy}) {
            if (std::isnan(number)) return fault(place, "not a number");
        }
    }
    return Unit{};
}

// Ascending, and no further than behind the last of the candidate's tokens.
Result<Unit> check_bans(const CandidateRecord& candidate, const std::string& place) {
    if (candidate.bans.size() > max_tokens) return fault(place, "more than 4194304 tokens");
    std::int32_t last = 0;
    for (const BanRecord& ban : candidate.bans) {
        if (ban.id < 0) return fault(place, std::to_string(ban.id) + " is no token id");
        if (ban.position < last) return fault(place, "not by their position");
        last = ban.position;
    }
    if (static_cast<std::size_t>(last) > candidate.tokens.size())
        return fault(place, "behind the tokens");
    return Unit{};
}

Result<Unit> check_settings(const sample::Settings& settings, const std::string& place) {
    for (const std::vector<std::string>* words :
         {&settings.bad_words, &settings.bad_patterns, &settings.stop}) {
        for (const std::string& word : *words) {
            if (auto good = check_text(word, place); !good) return good;
        }
    }
    if (auto good = sample::validate(settings); !good) return fault(place, good.error().message);
    return Unit{};
}

}  // namespace

Result<Unit> check_text(std::string_view text, const std::string& place, std::size_t limit_bytes) {
    if (text.size() > limit_bytes) {
        return fault(place, std::to_string(text.size()) + " bytes, at most " +
                                std::to_string(limit_bytes) + " are kept");
    }
    if (!is_utf8(text)) {
        return fault(place, "not UTF-8 at byte " + std::to_string(first_malformed(text)));
    }
    const std::size_t nul = text.find('\0');
    if (nul != std::string_view::npos) return fault(place, "NUL at byte " + std::to_string(nul));
    return Unit{};
}

Result<Unit> check_record(const StoryRecord& record, const std::string& place) {
    const std::array<NamedText, 5> texts{{{"title", record.title},
                                          {"source", record.source},
                                          {"model", record.model},
                                          {"system", record.system, max_text_bytes},
                                          {"instruction", record.instruction, max_text_bytes}}};
    return check_texts(texts, place);
}

Result<Unit> check_candidate(const CandidateRecord& candidate, const std::string& place) {
    const std::array<NamedText, 3> texts{{{"text", candidate.text, max_text_bytes},
                                          {"policy", candidate.policy},
                                          {"ending", candidate.ending}}};
    if (auto good = check_texts(texts, place); !good) return good;
    if (candidate.index >= max_index) return fault(place + ".index", "at most 999999 is kept");
    if (candidate.ids_bytes > candidate.text.size()) {
        return fault(place + ".ids_bytes", "longer than the text");
    }
    if (candidate.ids_bytes > 0 && candidate.tokens.empty()) {
        return fault(place + ".ids_bytes", "there are no tokens that could spell them");
    }
    if (auto good = check_tokens(candidate.tokens, place + ".tokens"); !good) return good;
    if (auto good = check_bans(candidate, place + ".bans"); !good) return good;
    if (candidate.draws > max_draws) return fault(place + ".draws", "more than 2^53");
    if (auto good = check_settings(candidate.settings, place + ".settings"); !good) return good;
    const std::array<std::pair<const char*, double>, 4> numbers{
        {{"propensity", candidate.propensity.value_or(0)},
         {"score", candidate.score},
         {"copied_share", candidate.copied_share},
         {"seconds", candidate.seconds}}};
    for (const auto& [name, number] : numbers) {
        if (auto good = check_number(number, place + "." + name); !good) return good;
    }
    return Unit{};
}

// "" for blocks of which nobody wrote down what they are.
Result<Unit> check_kind(const std::string& kind, const std::string& place) {
    if (kind.empty()) return Unit{};
    const auto known = story::part_kind_named(kind);
    if (!known) return fault(place, known.error().message);
    return Unit{};
}

Result<Unit> check_offer(const OfferRecord& offer, const std::string& place) {
    const std::array<NamedText, 5> texts{{{"model", offer.model},
                                          {"model_hash", offer.model_hash},
                                          {"adapter_hash", offer.adapter_hash},
                                          {"backend", offer.backend},
                                          {"arithmetic", offer.arithmetic}}};
    if (auto good = check_texts(texts, place); !good) return good;
    if (offer.number >= max_offers) return fault(place + ".number", "at most 999999 is kept");
    if (auto good = check_ids(offer.prompt_ids, place + ".prompt_ids"); !good) return good;
    for (std::size_t i = 0; i < offer.prompt.size(); ++i) {
        const std::string here = place + ".prompt[" + std::to_string(i) + "]";
        if (auto good = check_text(offer.prompt[i].text, here + ".text"); !good) return good;
        if (auto good = check_ids(offer.prompt[i].ids, here + ".ids"); !good) return good;
        if (auto good = check_kind(offer.prompt[i].kind, here + ".kind"); !good) return good;
    }
    std::set<std::size_t> indices;
    for (std::size_t i = 0; i < offer.candidates.size(); ++i) {
        const CandidateRecord& candidate = offer.candidates[i];
        const std::string here = place + ".candidates[" + std::to_string(i) + "]";
        if (auto good = check_candidate(candidate, here); !good) return good;
        if (!indices.insert(candidate.index).second) {
            return Error{ErrorCode::conflict,
                         here + ".index: " + std::to_string(candidate.index) + " comes twice"};
        }
    }
    return Unit{};
}

Result<Unit> check_choice(const ChoiceRecord& choice, const std::string& place) {
    const std::array<NamedText, 3> texts{
        {{"chooser", choice.chooser}, {"reason", choice.reason}, {"user", choice.user}}};
    if (auto good = check_texts(texts, place); !good) return good;
    std::set<std::size_t> indices;
    for (const std::size_t index : choice.shown) {
        if (index >= max_index) return fault(place + ".shown", "at most 999999 is kept");
        if (!indices.insert(index).second)
            return fault(place + ".shown", std::to_string(index) + " comes twice");
    }
    if (choice.index && !choice.shown.empty() && !indices.contains(*choice.index))
        return fault(place + ".shown",
                     "the choice, " + std::to_string(*choice.index) + ", is not among them");
    const double seconds = choice.seconds.value_or(0);
    if (!std::isfinite(seconds) || seconds < 0)
        return fault(place + ".seconds", "not a time that passed");
    return Unit{};
}

Result<Unit> check_rating(const RatingRecord& rating, const std::string& place) {
    const std::array<NamedText, 2> texts{{{"reason", rating.reason}, {"user", rating.user}}};
    if (auto good = check_texts(texts, place); !good) return good;
    if (rating.rating < -1 || rating.rating > 1)
        return fault(place + ".rating", "1 is up, -1 down, 0 takes back what was said");
    return Unit{};
}

Result<Unit> check_request(const RequestRecord& request, const std::string& place) {
    const std::array<NamedText, 4> texts{{{"key", request.key, max_key_bytes},
                                          {"model", request.model},
                                          {"body", request.body, max_body_bytes},
                                          {"user", request.user}}};
    return check_texts(texts, place);
}

Result<Unit> check_notes(const NotesRecord& notes, const std::string& place) {
    const std::array<NamedText, 2> texts{{{"memory", notes.memory, max_text_bytes},
                                          {"author_note", notes.author_note, max_text_bytes}}};
    return check_texts(texts, place);
}

}  // namespace fabula::store
