// SPDX-License-Identifier: 0BSD
#include "model/candidate_text.h"

#include <gtest/gtest.h>

namespace fabula::model {
namespace {

// Appends pieces until one ends the candidate.
std::optional<Ending> append_all(CandidateText& text, const std::vector<std::string>& pieces) {
    TokenId token = 0;
    for (const auto& piece : pieces) {
        if (const auto ending = text.append(token++, piece, {})) return ending;
    }
    return {};
}

Candidate result_of(CandidateText text) {
    Candidate candidate;
    std::move(text).move_into(candidate);
    return candidate;
}

TEST(CandidateText, goes_on_to_the_next_sentence_end_and_takes_the_look_ahead_back) {
    CandidateText text(2, {});
    EXPECT_EQ(append_all(text, {" She", " ran", " home", ".", " He", " never"}),
              Ending::sentence_end);
    const auto candidate = result_of(std::move(text));
    EXPECT_EQ(candidate.text, " She ran home.");
    EXPECT_EQ(candidate.ids, (std::vector<TokenId>{0, 1, 2, 3}));
    EXPECT_EQ(candidate.ids_bytes, candidate.text.size());
}

TEST(CandidateText, does_not_end_where_speech_goes_on) {
    CandidateText text(2, {});
    EXPECT_FALSE(append_all(text, {" \"", "Stop", "!\"", " said", " Lily"}));
    EXPECT_EQ(text.append(9, ".", {}), std::nullopt);
    EXPECT_EQ(text.append(10, " Tom", {}), Ending::sentence_end);
    EXPECT_EQ(text.text(), " \"Stop!\" said Lily.");
}

TEST(CandidateText, ends_in_mid_sentence_only_when_no_end_comes_within_reach) {
    CandidateText text(2, {});
    std::optional<Ending> ending;
    int n = 0;
    while (!ending)
        ending = text.append(n++, " and", {});
    EXPECT_EQ(ending, Ending::budget);
    EXPECT_EQ(n, most_tokens(2));
}

TEST(CandidateText, stops_before_a_stop_string_across_token_borders) {
    CandidateText text(50, {"THE END"});
    EXPECT_FALSE(append_all(text, {" So", " it", " was.", " TH", "E E"}));
    EXPECT_EQ(text.take_visible(), " So it was.");  // " THE E" may become the stop string
    EXPECT_EQ(text.append(5, "ND!", {}), Ending::stop_string);
    EXPECT_EQ(text.take_visible(), "");
    const auto candidate = result_of(std::move(text));
    EXPECT_EQ(candidate.text, " So it was.");  // nor the space before it
    EXPECT_EQ(candidate.ids.size(), 3U);
    EXPECT_EQ(candidate.ids_bytes, 11U);
}

TEST(CandidateText, keeps_the_part_of_a_token_that_stands_before_a_stop_string) {
    CandidateText text(50, {"END"});
    EXPECT_EQ(append_all(text, {" So", " be itEND"}), Ending::stop_string);
    const auto candidate = result_of(std::move(text));
    EXPECT_EQ(candidate.text, " So be it");
    EXPECT_EQ(candidate.ids.size(), 1U);
    EXPECT_EQ(candidate.ids_bytes, 3U);  // the rest is text without a token
}

TEST(CandidateText, shows_what_a_stop_string_did_not_take_after_all) {
    CandidateText text(50, {"THE END"});
    EXPECT_FALSE(append_all(text, {" TH"}));
    EXPECT_EQ(text.take_visible(), "");
    EXPECT_FALSE(append_all(text, {"ERE"}));
    EXPECT_EQ(text.take_visible(), " THERE");
}

TEST(CandidateText, never_shows_half_a_character_and_drops_it_at_the_end) {
    CandidateText text(50, {});
    EXPECT_FALSE(append_all(text, {"a", "\xF0\x9F", "\x90"}));
    EXPECT_EQ(text.take_visible(), "a");
    EXPECT_FALSE(append_all(text, {"\x8B", "\xF0\x9F"}));
    EXPECT_EQ(text.take_visible(), "\xF0\x9F\x90\x8B");
    text.finish();
    const auto candidate = result_of(std::move(text));
    EXPECT_EQ(candidate.text, "a\xF0\x9F\x90\x8B");
    EXPECT_EQ(candidate.ids.size(), 4U);
}

TEST(CandidateText, refuses_broken_characters_and_what_a_terminal_would_act_on) {
    CandidateText text(50, {});
    EXPECT_TRUE(text.may_follow(" word\n"));
    EXPECT_FALSE(text.may_follow(""));
    EXPECT_FALSE(text.may_follow("\033[2J"));
    EXPECT_FALSE(text.may_follow("\xC2\x9B"));
    EXPECT_FALSE(text.may_follow("\x8B"));
    EXPECT_FALSE(text.append(0, "\xF0\x9F", {}));
    EXPECT_TRUE(text.may_follow("\x90\x8B"));
    EXPECT_FALSE(text.may_follow(" word"));
}

TEST(CandidateText, what_was_shown_is_never_taken_back) {
    const std::vector<std::string> pieces{" One", " two",   ".", " Three", " \"four", "!\"",
                                          " she", " said.", " ", "Five",   " six"};
    for (int budget = 1; budget < 12; ++budget) {
        CandidateText text(budget, {"said. Six"});
        std::string shown;
        TokenId token = 0;
        for (const auto& piece : pieces) {
            const bool ended = text.append(token++, piece, {}).has_value();
            shown += text.take_visible();
            if (ended) break;
        }
        text.finish();
        shown += text.take_visible();
        EXPECT_EQ(shown, text.text()) << "budget " << budget;
    }
}

}  // namespace
}  // namespace fabula::model
