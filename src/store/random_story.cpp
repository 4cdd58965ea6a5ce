// SPDX-License-Identifier: 0BSD
#include "store/random_story.h"

#include "base/rng.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cmath>
#include <limits>
#include <map>

namespace fabula::store {
namespace {

constexpr std::array words{
    "Once", "upon",        "a",          "time\n",  "\"Lily\"",  "caf\u00e9",     "\u6f22\u5b57",
    "\t",   "back\\slash", "\U0001F409", "e\u0301", "</script>", "'; drop table", "\x01",
    "\x7f", "\u2028",      "%s",         ":story",  "0"};

/// Numbers in the order in which they are asked for.
class Dice {
public:
    explicit Dice(std::uint64_t seed) : rng_(seed) {}

    std::size_t below(std::size_t limit) {
        return static_cast<std::size_t>(rng_.uniform(position_++) * static_cast<double>(limit));
    }
    bool falls(double share) { return rng_.uniform(position_++) < share; }

    std::uint64_t wide() {
        const auto high = static_cast<std::uint64_t>(below(std::size_t{1} << 32));
        const std::uint64_t number = high << 32 | below(std::size_t{1} << 32);
        return falls(0.2) ? ~std::uint64_t{0} : number;
    }

    float real32() {
        const auto number = std::bit_cast<float>(static_cast<std::uint32_t>(wide()));
        return std::isnan(number) ? -0.0F : number;
    }

    double real() {
        const auto number = std::bit_cast<double>(wide());
        return std::isnan(number) ? -1.25 : number;
    }

    std::string text(std::size_t n_words) {
        std::string out;
        for (std::size_t i = below(n_words + 1); i > 0; --i) {
            out += words[below(words.size())];
            out += ' ';
        }
        return out;
    }

    Timestamp time() { return Timestamp{static_cast<std::int64_t>(wide() % 253'402'300'800'000)}; }

    std::vector<TokenId> ids(std::size_t limit) {
        std::vector<TokenId> out(below(limit + 1));
        for (TokenId& id : out)
            id = static_cast<TokenId>(below(std::size_t{1} << 31));
        return out;
    }

private:
    Rng rng_;
    std::uint64_t position_ = 0;
};

sample::Settings random_settings(Dice& dice) {
    sample::Settings settings;
    settings.temperature = 0.1 + 0.001 * static_cast<double>(dice.below(1000)) / 3;
    settings.top_k = static_cast<int>(dice.below(200));
    settings.top_p = 1.0 / (1.0 + static_cast<double>(dice.below(7)));
    if (dice.falls(0.3)) settings.bad_words = {"na\u00efve", "two words", "q\"uote"};
    if (dice.falls(0.3)) settings.bad_patterns = {"[0-9]+", "(?i)\"q\\b"};
    if (dice.falls(0.3)) settings.stop = {"\n\n", "The End"};
    if (dice.falls(0.3)) settings.logit_bias = {{0, -100.0}, {31999, 0.1}};
    settings.ignore_end = dice.falls(0.5);
    return settings;
}

CandidateRecord random_candidate(Dice& dice, std::size_t index) {
    CandidateRecord candidate;
    candidate.index = index;
    candidate.text = dice.text(20);
    candidate.tokens.resize(dice.below(12));
    for (TokenRecord& token : candidate.tokens) {
        token = {static_cast<TokenId>(dice.below(32000)), dice.real32(), dice.real32(),
                 dice.real32(), static_cast<std::int32_t>(dice.below(32000))};
    }
    std::int32_t position = 0;
    for (std::size_t i = dice.below(4); i > 0; --i) {
        const auto most = static_cast<std::int32_t>(candidate.tokens.size());
        position = std::min(most, position + static_cast<std::int32_t>(dice.below(3)));
        candidate.bans.push_back({position, static_cast<TokenId>(dice.below(32000))});
    }
    candidate.draws = candidate.tokens.size() + candidate.bans.size() + dice.below(9);
    candidate.ids_bytes = candidate.tokens.empty() ? 0 : dice.below(candidate.text.size() + 1);
    candidate.settings = random_settings(dice);
    candidate.policy = dice.falls(0.5) ? "random" : "fixed";
    if (dice.falls(0.5)) candidate.propensity = dice.real();
    candidate.stream = dice.wide();
    candidate.ending = "sentence_end";
    candidate.score = dice.falls(0.2) ? -std::numeric_limits<double>::infinity() : dice.real();
    candidate.copied_share = dice.real();
    candidate.seconds = dice.real();
    candidate.created = dice.time();
    return candidate;
}

story::PassageId place(std::size_t number) {
    return static_cast<story::PassageId>(number);
}

void add_passage(Story& story, const story::Passage& passage, const ChoiceRecord* choice,
                 Timestamp time) {
    const auto id = story.tree.add(passage.parent, passage.origin, passage.text);
    assert(id.has_value());
    PassageRecord record{*id, passage, std::nullopt, std::nullopt, time};
    if (choice != nullptr) {
        record.offer = choice->offer;
        record.index = choice->index;
    }
    story.passages.push_back(record);
    story.moves.push_back({choice != nullptr ? MoveKind::choice : MoveKind::edit, *id, time});
}

void add_random_choice(Dice& dice, Story& story, const OfferRecord& offer) {
    ChoiceRecord choice{offer.id, std::nullopt, offer.parent, "person", dice.text(4), dice.time()};
    choice.user = dice.text(1);
    if (dice.falls(0.5)) {
        for (const CandidateRecord& each : offer.candidates)
            choice.shown.insert(choice.shown.begin(), each.index);
    }
    if (dice.falls(0.5)) choice.seconds = static_cast<double>(dice.below(1000)) / 8;
    const double kind = static_cast<double>(dice.below(10)) / 10;
    if (kind >= 0.2) choice.passage = place(story.passages.size());
    if (kind >= 0.2 && kind < 0.4) {
        add_passage(story, {offer.parent, story::Origin::written, dice.text(9)}, &choice,
                    choice.created);
    } else if (kind >= 0.4) {
        const CandidateRecord& taken = offer.candidates[dice.below(offer.candidates.size())];
        choice.index = taken.index;
        const bool is_edited = kind < 0.6;
        add_passage(story,
                    {offer.parent, is_edited ? story::Origin::edited : story::Origin::generated,
                     is_edited ? dice.text(9) : taken.text},
                    &choice, choice.created);
    }
    story.choices.push_back(choice);
}

void add_random_offer(Dice& dice, Story& story, story::PassageId parent) {
    OfferRecord offer;
    offer.id = OfferId{static_cast<std::int64_t>(10 * (story.offers.size() + 1))};
    offer.parent = parent;
    for (const OfferRecord& each : story.offers)
        offer.number += each.parent == parent ? 1U : 0U;
    for (std::size_t i = dice.below(3); i > 0; --i) {
        PromptBlock block{dice.text(10), dice.ids(5), "", {}, 0};
        if (dice.falls(0.5)) {
            block.kind = dice.falls(0.5) ? "story" : "opening";
            block.passage = parent;
            block.begin = dice.below(story.tree.at(parent).text.size() + 1);
        } else if (dice.falls(0.5)) {
            block.kind = dice.falls(0.5) ? "memory" : "lore";
        }
        offer.prompt.push_back(std::move(block));
    }
    offer.prompt_ids = dice.ids(20);
    offer.model = dice.text(2);
    offer.model_hash = "cd590644";
    offer.adapter_hash = dice.falls(0.5) ? "" : "9ee11adf";
    offer.backend = "scripted";
    offer.arithmetic = offer.adapter_hash.empty() ? "" : "cpu avx512 f16";
    offer.created = dice.time();
    std::size_t index = 0;
    for (std::size_t n = 1 + dice.below(4); n > 0; --n, index += 1 + dice.below(2)) {
        offer.candidates.push_back(random_candidate(dice, index));
    }
    story.offers.push_back(offer);

    if (dice.falls(0.3)) {
        story.ratings.push_back({offer.id, offer.candidates.front().index,
                                 static_cast<int>(dice.below(3)) - 1, dice.text(2), dice.text(1),
                                 dice.time()});
    }
    add_random_choice(dice, story, offer);
}

}  // namespace

Story random_story(std::uint64_t seed, std::size_t n_steps) {
    Dice dice(seed);
    const std::string opening = dice.text(30);
    Story story;
    story.record = {StoryId{static_cast<std::int64_t>(dice.below(1000))},
                    dice.text(5),
                    dice.wide(),
                    "stories15M",
                    dice.text(5),
                    dice.text(5),
                    dice.time(),
                    dice.falls(0.5) ? "" : "import:" + std::to_string(seed)};
    story.tree = story::Tree(opening);
    PassageRecord root;
    root.passage = {story::PassageId::root, story::Origin::opening, opening};
    root.created = dice.time();
    story.passages.push_back(root);
    story.moves.push_back({MoveKind::start, story::PassageId::root, root.created});
    for (std::size_t i = 0; i < n_steps; ++i) {
        const story::PassageId parent = place(dice.below(story.passages.size()));
        if (dice.falls(0.6)) {
            add_random_offer(dice, story, parent);
        } else if (dice.falls(0.5)) {
            const auto origin = dice.falls(0.5) ? story::Origin::written : story::Origin::edited;
            add_passage(story, {parent, origin, dice.text(20)}, nullptr, dice.time());
        } else {
            story.moves.push_back(
                {dice.falls(0.5) ? MoveKind::undo : MoveKind::jump, parent, dice.time()});
        }
    }
    if (dice.falls(0.5)) story.notes = {dice.text(20), dice.text(5), dice.time()};
    return story;
}

CandidateRecord some_candidate(std::size_t index, const std::string& text) {
    CandidateRecord candidate;
    candidate.index = index;
    candidate.text = text;
    candidate.ids_bytes = text.size();
    candidate.tokens = {{7, -0.1F, -0.05F, 1.5F, 0}, {31999, -2.5F, -1.0F / 3, 2.25F, 4}};
    candidate.policy = "fixed";
    candidate.stream = ~std::uint64_t{0} - index;
    candidate.ending = "sentence_end";
    candidate.score = -1.21;
    candidate.seconds = 0.25;
    candidate.created = Timestamp{1'769'850'307'123};
    return candidate;
}

OfferRecord some_offer(story::PassageId parent, const std::vector<std::string>& texts) {
    OfferRecord offer;
    offer.parent = parent;
    offer.prompt = {{"Once upon a time", {1, 9038, 2501}, "opening", story::PassageId::root, 0},
                    {" there was", {}, "", {}, 0}};
    offer.prompt_ids = {1, 9038, 2501, 727, 471};
    offer.model = "stories15M";
    offer.model_hash = "cd590644";
    offer.backend = "llama";
    offer.created = Timestamp{1'769'850'306'000};
    for (std::size_t i = 0; i < texts.size(); ++i) {
        offer.candidates.push_back(some_candidate(i, texts[i]));
    }
    return offer;
}

Story renumbered(Story story) {
    story.record.id = StoryId{0};
    std::map<OfferId, OfferId> names;
    for (OfferRecord& offer : story.offers) {
        const OfferId name{static_cast<std::int64_t>(names.size() + 1)};
        names[offer.id] = name;
        offer.id = name;
    }
    for (ChoiceRecord& choice : story.choices)
        choice.offer = names.at(choice.offer);
    for (RatingRecord& rating : story.ratings)
        rating.offer = names.at(rating.offer);
    for (PassageRecord& passage : story.passages) {
        if (passage.offer) passage.offer = names.at(*passage.offer);
    }
    return story;
}

}  // namespace fabula::store
