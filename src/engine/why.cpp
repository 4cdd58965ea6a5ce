// SPDX-License-Identifier: 0BSD
#include "engine/why.h"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <tuple>

namespace fabula::engine {
namespace {

Error not_found(const std::string& message) {
    return {ErrorCode::not_found, message};
}

Error invalid(const std::string& message) {
    return {ErrorCode::invalid_input, message};
}

std::string in_words(float number) {
    char text[32];
    std::snprintf(text, sizeof text, "%.9g", static_cast<double>(number));
    return text;
}

std::string number_of(store::OfferId id) {
    return std::to_string(static_cast<std::int64_t>(id));
}

const store::OfferRecord* offer_of(const store::Story& story, store::OfferId id) {
    const auto at = std::find_if(story.offers.begin(), story.offers.end(),
                                 [&](const auto& offer) { return offer.id == id; });
    return at == story.offers.end() ? nullptr : &*at;
}

// The candidate of an offer that became a passage last.
std::optional<std::size_t> taken_of(const store::Story& story, store::OfferId offer) {
    std::optional<std::size_t> index;
    for (const auto& choice : story.choices) {
        if (choice.offer == offer && choice.index) index = choice.index;
    }
    return index;
}

Result<FoundCandidate> candidate_in(const store::OfferRecord& offer, std::size_t index) {
    for (const auto& candidate : offer.candidates) {
        if (candidate.index == index) return FoundCandidate{&offer, &candidate};
    }
    return not_found("offer " + number_of(offer.id) + " has no candidate " +
                     std::to_string(index + 1) + ", only " +
                     std::to_string(offer.candidates.size()));
}

Result<FoundCandidate> find_by_offer(const store::Story& story, const CandidatePlace& place) {
    const auto* offer = offer_of(story, *place.offer);
    if (offer == nullptr)
        return not_found("this story has no offer " + number_of(*place.offer) +
                         ": `fabula story offers` names them");
    const auto index = place.index ? place.index : taken_of(story, offer->id);
    if (!index)
        return invalid("nothing of offer " + number_of(offer->id) +
                       " was taken: name one with --candidate");
    return candidate_in(*offer, *index);
}

Result<FoundCandidate> find_by_passage(const store::Story& story, const CandidatePlace& place) {
    const auto id = place.passage.value_or(story.head());
    const auto number = std::to_string(static_cast<std::uint32_t>(id));
    const auto at = std::find_if(story.passages.begin(), story.passages.end(),
                                 [&](const auto& passage) { return passage.id == id; });
    if (at == story.passages.end())
        return not_found("this story has no passage " + number +
                         ": `fabula story tree` names them");
    if (!at->offer || !at->index)
        return invalid("no model wrote passage " + number + ": it is " +
                       (id == story::PassageId::root ? "the opening" : "a person's own"));
    const auto* offer = offer_of(story, *at->offer);
    if (offer == nullptr) return not_found("the offer of passage " + number + " is not kept");
    return candidate_in(*offer, place.index.value_or(*at->index));
}

// The model that drew the offer; another file of its name is none.
Result<model::Generator*> drawer_of(const store::OfferRecord& offer, const ModelFor& model_for) {
    if (!offer.adapter_hash.empty())
        return not_found("it was drawn with an adapter, which is not here");
    auto generator = model_for(offer);
    if (!generator) return generator;
    const auto& info = (*generator)->info();
    if (info.hash == offer.model_hash) return generator;
    constexpr std::size_t enough = 12;  // digits of a hash that people compare
    return not_found("model '" + offer.model +
                     "' drew it, and is another file now: its sha256 was " +
                     offer.model_hash.substr(0, enough) + "..., that of '" + info.name + "' is " +
                     info.hash.substr(0, enough) + "...");
}

std::string caution_for(const store::OfferRecord& offer, const model::ModelInfo& info) {
    if (offer.arithmetic.empty())
        return "backend '" + offer.backend +
               "' does not promise the same bits: what it says now may differ a little from what "
               "it said then";
    if (offer.arithmetic == info.arithmetic) return "";
    const auto here =
        info.arithmetic.empty() ? "backend '" + info.backend + "'" : "'" + info.arithmetic + "'";
    return "it was computed with '" + offer.arithmetic + "', and this is " + here +
           ": the last digits may differ";
}

std::vector<std::string> differences_of(const store::TokenRecord& kept, const model::Reach& reach) {
    std::vector<std::string> found;
    const auto& now = reach.taken;
    const std::tuple<const char*, float, float> numbers[] = {
        {"logprob_model", kept.logprob_model, now.logprob_model},
        {"logprob", kept.logprob, now.logprob},
        {"entropy", kept.entropy, now.entropy}};
    for (const auto& [what, was, is] : numbers) {
        if (std::bit_cast<std::uint32_t>(was) != std::bit_cast<std::uint32_t>(is))
            found.push_back(std::string(what) + " was " + in_words(was) + " and is " +
                            in_words(is) + " now");
    }
    if (kept.rank != now.rank)
        found.push_back("rank was " + std::to_string(kept.rank) + " and is " +
                        std::to_string(now.rank) + " now");
    if (!reach.was_drawn_again)
        found.insert(found.begin(), "the same settings and seed draw another token here now");
    return found;
}

Result<std::vector<SpeltToken>> spelt(const store::CandidateRecord& candidate,
                                      const model::Generator& generator) {
    std::vector<TokenId> ids;
    for (const auto& token : candidate.tokens)
        ids.push_back(token.id);
    auto pieces = generator.spell(ids);
    if (!pieces) return Error{ErrorCode::corrupt, pieces.error().message};
    std::vector<SpeltToken> tokens;
    for (std::size_t i = 0; i < ids.size(); ++i)
        tokens.push_back({std::move((*pieces)[i]), candidate.tokens[i]});
    return tokens;
}

}  // namespace

Result<FoundCandidate> find_candidate(const store::Story& story, const CandidatePlace& place) {
    if (place.offer && place.passage) return invalid("name a passage or an offer, not both");
    return place.offer ? find_by_offer(story, place) : find_by_passage(story, place);
}

Result<std::vector<SpeltToken>> spell(const FoundCandidate& found, const ModelFor& model_for) {
    const auto generator = drawer_of(*found.offer, model_for);
    if (!generator) return generator.error();
    return spelt(*found.candidate, **generator);
}

Result<Why> why(const FoundCandidate& found, const WhyOptions& options, const ModelFor& model_for,
                const std::stop_token& stop) {
    const auto& candidate = *found.candidate;
    if (options.position >= candidate.tokens.size())
        return invalid("the candidate has no token " + std::to_string(options.position + 1) +
                       ", only " + std::to_string(candidate.tokens.size()));
    if (found.offer->prompt_ids.empty()) return invalid("the ids of its prompt were not kept");
    const auto generator = drawer_of(*found.offer, model_for);
    if (!generator) return generator.error();
    auto tokens = spelt(candidate, **generator);
    if (!tokens) return tokens.error();

    model::PlaceRequest place;
    place.prompt_ids = found.offer->prompt_ids;
    for (std::size_t i = 0; i <= options.position; ++i)
        place.tokens.push_back(candidate.tokens[i].id);
    for (const auto& ban : candidate.bans)
        place.bans.push_back({ban.position, ban.id});
    place.draws = candidate.draws;
    place.logprob = candidate.tokens[options.position].logprob;
    place.settings = candidate.settings;
    place.words = Rng(candidate.stream);
    place.n_likeliest = options.n_likeliest;
    auto reach = (*generator)->reach(place, stop);
    if (!reach) return reach.error();

    Why why;
    why.taken = std::move((*tokens)[options.position]);
    tokens->resize(options.position);
    why.before = *std::move(tokens);
    why.caution = caution_for(*found.offer, (*generator)->info());
    if (why.caution.empty()) why.differences = differences_of(why.taken.kept, *reach);
    why.reach = *std::move(reach);
    return why;
}

}  // namespace fabula::engine
