// SPDX-License-Identifier: 0BSD
#include "exchange/dataset_json.h"
#include "exchange/dataset_lines.h"
#include "store/random_story.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <set>

namespace fabula::exchange {
namespace {

/// What a reader gets of a line: numbers that are not finite come back as -infinity.
OfferLine as_read(OfferLine line) {
    for (auto& candidate : line.candidates) {
        if (!candidate.tokens) continue;
        for (auto* list : {&candidate.tokens->logprobs, &candidate.tokens->logprobs_model}) {
            for (float& number : *list) {
                if (!std::isfinite(number)) number = -std::numeric_limits<float>::infinity();
            }
        }
    }
    return line;
}

std::vector<OfferLine> lines_of(std::uint64_t seed, const LineRules& rules = {}) {
    return LineMaker(rules).lines_of(store::random_story(seed));
}

LineRules redacting(const std::vector<std::string>& names) {
    LineRules rules;
    auto redaction = Redaction::of(names);
    EXPECT_TRUE(redaction);
    rules.redaction = *std::move(redaction);
    return rules;
}

std::string with(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

/// An offer of three, the second of which was taken, shown last to first.
OfferLine small_offer() {
    OfferLine offer;
    offer.story = "story-1";
    offer.id = "story-1/0.0";
    offer.prompt = "Once.";
    offer.model = "tiny";
    offer.created = "2026-01-31T09:05:07.123Z";
    for (std::size_t i = 0; i < 3; ++i) {
        CandidateLine candidate;
        candidate.index = i;
        candidate.text = " Text " + std::to_string(i);
        candidate.tokens = TokenLists{};
        candidate.created = offer.created;
        offer.candidates.push_back(candidate);
    }
    offer.shown = {2, 1, 0};
    offer.n_choices = 1;
    offer.decision =
        DecisionLine{DecisionKind::picked, 1, {}, "person", "", "user-1", 2.5, offer.created};
    return offer;
}

TEST(DatasetLine, is_read_back_as_it_was_written) {
    std::size_t n = 0;
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
        for (const auto& line : lines_of(seed)) {
            const std::string json = to_json(line);
            EXPECT_EQ(json.find('\n'), std::string::npos);
            const auto back = offer_line_from_json(json);
            ASSERT_TRUE(back) << back.error().message;
            EXPECT_EQ(*back, as_read(line));
            ++n;
            for (const auto& pair : pairs_of(line, Chooser::any)) {
                const auto pair_back = pair_line_from_json(to_json(pair));
                ASSERT_TRUE(pair_back) << pair_back.error().message;
                EXPECT_EQ(*pair_back, pair);
            }
        }
    }
    EXPECT_GT(n, 100U);
}

TEST(DatasetLine, keeps_no_user_and_no_name_of_the_story) {
    auto story = store::random_story(3);
    story.record.title = "Secret title";
    story.record.source = "import:secret source";
    for (auto& choice : story.choices)
        choice.user = "secret user";
    LineMaker maker({});
    for (const auto& line : maker.lines_of(story))
        EXPECT_EQ(to_json(line).find("ecret"), std::string::npos);
}

TEST(DatasetLine, tells_users_and_copies_of_a_story_apart) {
    auto story = store::random_story(5);
    for (std::size_t i = 0; i < story.choices.size(); ++i)
        story.choices[i].user = i % 2 == 0 ? "ada" : "ben";
    LineMaker maker({});
    const auto first = maker.lines_of(story);
    const auto second = maker.lines_of(story);
    ASSERT_FALSE(first.empty());
    EXPECT_EQ(second[0].story, first[0].story + "-2");
    std::set<std::string> users;
    for (const auto& line : first) {
        if (line.decision && line.decision->user) users.insert(*line.decision->user);
    }
    EXPECT_EQ(users, (std::set<std::string>{"user-1", "user-2"}));
}

TEST(DatasetLine, leaves_prompts_out_where_they_are_not_wanted) {
    LineRules rules;
    rules.prompts = Prompts::left_out;
    for (const auto& line : lines_of(7, rules)) {
        EXPECT_EQ(to_json(line).find("\"prompt\""), std::string::npos);
        EXPECT_TRUE(offer_line_from_json(to_json(line)));
    }
}

TEST(DatasetLine, has_no_tokens_where_a_name_was_taken_out) {
    std::size_t n_redacted = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        for (const auto& line : lines_of(seed, redacting({"Lily"}))) {
            for (const auto& candidate : line.candidates) {
                EXPECT_EQ(candidate.text.find("Lily"), std::string::npos);
                const bool is_changed = candidate.text.find("[NAME1]") != std::string::npos;
                EXPECT_EQ(!candidate.tokens.has_value(), is_changed);
                EXPECT_TRUE(candidate.settings.logit_bias.empty());
                n_redacted += is_changed ? 1U : 0U;
            }
            ASSERT_TRUE(offer_line_from_json(to_json(line)));
        }
    }
    EXPECT_GT(n_redacted, 10U);
}

TEST(DatasetLine, shows_no_folder_of_a_model_or_settings_file) {
    EXPECT_EQ(without_folder("/home/ada/models/tiny.gguf"), "tiny.gguf");
    EXPECT_EQ(without_folder("tiny"), "tiny");
    EXPECT_EQ(without_place("settings http://host:80/api"), "settings");
    EXPECT_EQ(without_place("file:/home/ada/x.json"), "file");
    EXPECT_EQ(without_place("portfolio (auto)"), "portfolio (auto)");
}

TEST(DatasetLine, takes_the_last_choice_of_who_counts) {
    store::Story story;
    for (const char* const chooser : {"person", "person", "score"}) {
        store::ChoiceRecord choice;
        choice.offer = store::OfferId{4};
        choice.chooser = chooser;
        story.choices.push_back(choice);
    }
    EXPECT_EQ(counted_choice(story, store::OfferId{4}, Chooser::person), &story.choices[1]);
    EXPECT_EQ(counted_choice(story, store::OfferId{4}, Chooser::any), &story.choices[2]);
    EXPECT_EQ(counted_choice(story, store::OfferId{5}, Chooser::any), nullptr);
    story.choices.pop_back();
    EXPECT_EQ(counted_choice(story, store::OfferId{4}, Chooser::score), &story.choices[1]);
}

TEST(DatasetPairs, are_the_taken_text_and_each_that_stood_beside_it) {
    const auto pairs = pairs_of(small_offer(), Chooser::person);
    ASSERT_EQ(pairs.size(), 2U);
    EXPECT_EQ(pairs[0].rejected, " Text 2");
    EXPECT_EQ(pairs[1].rejected, " Text 0");
    EXPECT_EQ(pairs[0].chosen, " Text 1");
    EXPECT_EQ(pairs[0].id, "story-1/0.0/1-2");
    EXPECT_TRUE(pairs_of(small_offer(), Chooser::score).empty());
    EXPECT_EQ(pairs_of(small_offer(), Chooser::any).size(), 2U);
}

TEST(DatasetPairs, know_edits_refusals_and_candidates_that_were_not_shown) {
    auto offer = small_offer();
    offer.decision->kind = DecisionKind::edited;
    offer.decision->words = " Other words";
    offer.shown = {1, 0};
    const auto pairs = pairs_of(offer, Chooser::person);
    ASSERT_EQ(pairs.size(), 1U);
    EXPECT_EQ(pairs[0].chosen, " Other words");
    EXPECT_TRUE(pairs[0].is_edited);
    offer.shown.clear();
    EXPECT_EQ(pairs_of(offer, Chooser::person).size(), 2U);
    offer.decision->kind = DecisionKind::written;
    offer.decision->index.reset();
    EXPECT_TRUE(pairs_of(offer, Chooser::person).empty());
    offer.decision.reset();
    EXPECT_TRUE(pairs_of(offer, Chooser::any).empty());
}

TEST(DatasetLine, that_contradicts_itself_is_refused_with_its_place) {
    const std::string json = to_json(small_offer());
    ASSERT_TRUE(offer_line_from_json(json));
    const auto refusal = [&](const std::string& from, const std::string& to) {
        const auto line = offer_line_from_json(with(json, from, to));
        return line ? std::string("taken") : line.error().message;
    };
    EXPECT_EQ(refusal("\"step\":1", "\"step\":0"), "step is no whole number from 1");
    EXPECT_EQ(refusal("\"picked\":1", "\"picked\":3"), "picked is no candidate");
    EXPECT_EQ(refusal("\"picked\":1", "\"picked\":null"), "picked does not fit the decision");
    EXPECT_EQ(refusal("[2,1,0]", "[2,1,2]"), "shown holds what is no candidate, or one twice");
    EXPECT_EQ(refusal("[2,1,0]", "[]"), "shown is empty: null says that it was not kept");
    EXPECT_EQ(refusal("\"index\":1", "\"index\":0"),
              "candidates[1].index is not above the one before");
    EXPECT_EQ(refusal("\"top_p\":1.0", "\"top_p\":2.0").find("candidates[0].settings cannot be"),
              0U);
    EXPECT_EQ(refusal("\"passage\":0", "\"passage\":1"), "id is not STORY/PASSAGE.NUMBER");
    EXPECT_EQ(refusal("\"model\":\"tiny\"", "\"model\":\"tiny\",\"x\":1"), "x is an unknown key");
    EXPECT_EQ(refusal("\"seed\":\"0\"", "\"seed\":\"00\""), "seed is no decimal text of 64 bits");
    EXPECT_EQ(refusal("\"n_tokens\":0", "\"n_tokens\":1"),
              "candidates[0].n_tokens is not the length of the lists of tokens");
    EXPECT_EQ(refusal("\"decision\":\"picked\"", "\"decision\":null"),
              "picked is not null where nothing was decided");
}

TEST(DatasetLine, cut_or_changed_anywhere_is_no_crash) {
    const std::string json = to_json(lines_of(1).front());
    std::size_t n_refused = 0;
    for (std::size_t at = 0; at < json.size(); at += 61) {
        n_refused += offer_line_from_json(json.substr(0, at)) ? 0U : 1U;
        std::string changed = json;
        changed[at] = static_cast<char>(changed[at] ^ 0x15);
        if (const auto line = offer_line_from_json(changed); !line) {
            EXPECT_FALSE(line.error().message.empty());
        }
        EXPECT_FALSE(pair_line_from_json(changed));
    }
    EXPECT_EQ(n_refused, (json.size() + 60) / 61);
}

TEST(DatasetSchema, stands_in_the_documents_as_the_program_writes_it) {
    std::ifstream file(std::string(FABULA_DOCS) + "/formats/dataset.schema.json");
    const std::string kept{std::istreambuf_iterator<char>(file), {}};
    EXPECT_TRUE(kept == dataset_schema())
        << "schema.json of any published data set is what must be there";
}

TEST(DatasetManifest, is_read_back_and_refused_where_it_does_not_add_up) {
    Manifest manifest;
    manifest.title = "A \"title\"";
    manifest.license = "cc0-1.0";
    manifest.languages = {"en", "de"};
    manifest.chooser = Chooser::any;
    manifest.split.seed = ~std::uint64_t{0};
    manifest.splits[1] = {2, 30, 4};
    manifest.n_tokens = 123;
    const std::string json = to_json(manifest);
    const auto back = manifest_from_json(json);
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(*back, manifest);
    EXPECT_FALSE(manifest_from_json(with(json, "\"offers\": 30", "\"offers\": 31")));
    EXPECT_FALSE(manifest_from_json(with(json, "fabula-dataset", "other")));
    EXPECT_FALSE(manifest_from_json(with(json, "\"version\": 1", "\"version\": 2")));
    EXPECT_FALSE(manifest_from_json(with(json, "\"chooser\": \"any\"", "\"chooser\": 7")));
    EXPECT_FALSE(manifest_from_json(json.substr(0, json.size() / 2)));
    EXPECT_FALSE(manifest_from_json("[]"));
}

}  // namespace
}  // namespace fabula::exchange
