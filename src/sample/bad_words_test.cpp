// SPDX-License-Identifier: 0BSD
#include "sample/bad_words.h"

#include <gtest/gtest.h>

namespace fabula::sample {
namespace {

using Words = std::vector<std::string>;

bool completes(std::string_view before, std::string_view piece, const Words& words) {
    return completes_bad_word(before, piece, words);
}

TEST(BadSpellings, has_each_case_with_and_without_a_space_once) {
    EXPECT_EQ(bad_spellings("heck"), (Words{"heck", " heck", "HECK", " HECK", "Heck", " Heck"}));
    EXPECT_EQ(bad_spellings("  Heck\n"),
              (Words{"Heck", " Heck", "heck", " heck", "HECK", " HECK"}));
    EXPECT_EQ(bad_spellings("mcFly"), (Words{"mcFly", " mcFly", "mcfly", " mcfly", "MCFLY",
                                             " MCFLY", "McFly", " McFly", "Mcfly", " Mcfly"}));
    EXPECT_EQ(bad_spellings("42"), (Words{"42", " 42"}));
    EXPECT_TRUE(bad_spellings(" \t").empty());
}

TEST(BadSpellings, knows_the_cases_of_letters_of_several_bytes) {
    EXPECT_EQ(bad_spellings("élan"), (Words{"élan", " élan", "ÉLAN", " ÉLAN", "Élan", " Élan"}));
    EXPECT_EQ(bad_spellings("ночь"), (Words{"ночь", " ночь", "НОЧЬ", " НОЧЬ", "Ночь", " Ночь"}));
}

TEST(CompletesBadWord, sees_the_word_in_any_case_and_split_over_pieces) {
    EXPECT_TRUE(completes("go to ", "hell", {"hell"}));
    EXPECT_TRUE(completes("go to he", "LL", {"hell"}));
    EXPECT_TRUE(completes("", "Hell", {"hell"}));
    EXPECT_TRUE(completes("to h", "ell, he said", {"hell"}));
    EXPECT_TRUE(completes("to h", "eLl", {"HELL"}));
    EXPECT_FALSE(completes("to h", "el", {"hell"}));
}

TEST(CompletesBadWord, is_silent_when_the_word_goes_on_in_the_same_piece) {
    EXPECT_FALSE(completes("he said ", "hello", {"hell"}));
    EXPECT_FALSE(completes("he said he", "llo there", {"hell"}));
    EXPECT_FALSE(completes("", "hell2", {"hell"}));
    EXPECT_TRUE(completes("", "hello and hell.", {"hell"}));
}

TEST(CompletesBadWord, begins_at_the_start_of_a_word) {
    EXPECT_FALSE(completes("a s", "hell", {"hell"}));
    EXPECT_FALSE(completes("x", "hell", {"hell"}));
    EXPECT_FALSE(completes("7", "hell", {"hell"}));
    EXPECT_TRUE(completes("(", "hell", {"hell"}));
    EXPECT_TRUE(completes("well-", "hell", {"hell"}));
    EXPECT_TRUE(completes("\u201C", "hell", {"hell"}));
}

TEST(CompletesBadWord, does_not_hold_earlier_text_against_a_piece) {
    EXPECT_FALSE(completes("hell", " yes", {"hell"}));
    EXPECT_FALSE(completes("to hell and", " back", {"hell"}));
    EXPECT_TRUE(completes("to hell and", " hell", {"hell"}));
    EXPECT_FALSE(completes("hell", "", {"hell"}));
}

TEST(CompletesBadWord, knows_words_with_spaces_inside_over_any_white_space) {
    EXPECT_TRUE(completes("please follow", " on", {"follow on"}));
    EXPECT_TRUE(completes("please Follow ", "ON!", {"follow on"}));
    EXPECT_TRUE(completes("please follow\n ", "on", {"follow on"}));
    EXPECT_TRUE(completes("please follow ", "on", {"follow  on"}));
    EXPECT_FALSE(completes("please follow ", "only", {"follow on"}));
    EXPECT_FALSE(completes("please follow", "on", {"follow on"}));
    EXPECT_FALSE(completes("please fol", "low", {"follow on"}));
}

TEST(CompletesBadWord, knows_letters_of_several_bytes_and_their_cases) {
    EXPECT_TRUE(completes("l'", "ÉLAN", {"élan"}));
    EXPECT_TRUE(completes("в ", "НОЧЬ", {"ночь"}));
    EXPECT_TRUE(completes("die ", "STRASSE", {"Straße"}));
    EXPECT_FALSE(completes("un ", "café", {"caf"}));
    EXPECT_FALSE(completes("é", "lan", {"lan"}));
    EXPECT_FALSE(completes("", "cafe\u0301", {"cafe"}));  // the accent belongs to the word
}

TEST(CompletesBadWord, sees_a_character_that_two_pieces_spell_byte_by_byte) {
    EXPECT_FALSE(completes("un caf", "\xC3", {"café"}));
    EXPECT_TRUE(completes("un caf\xC3", "\xA9", {"café"}));
    EXPECT_FALSE(completes("un caf\xC3", "\xA9s", {"café"}));
}

TEST(CompletesBadWord, finds_words_of_scripts_without_spaces) {
    EXPECT_TRUE(completes("彼は", "地獄", {"地獄"}));
    EXPECT_TRUE(completes("彼は地", "獄へ行く", {"地獄"}));
}

TEST(CompletesBadWord, finds_words_that_begin_or_end_in_no_letter) {
    EXPECT_TRUE(completes("say", " #tag", {"#tag"}));
    EXPECT_TRUE(completes("C", "++x", {"C++"}));
    EXPECT_FALSE(completes("say", " #tags", {"#tag"}));
}

TEST(CompletesBadWord, sees_the_end_of_a_long_text) {
    const std::string chapter(5000, 'a');
    EXPECT_TRUE(completes(chapter + " he", "ll", {"hell"}));
    EXPECT_FALSE(completes(chapter, "hell", {"hell"}));
    std::string umlauts = " ";
    for (int i = 0; i < 3000; ++i)
        umlauts += "ü";
    EXPECT_FALSE(completes(umlauts, "hell", {"hell"}));
    EXPECT_TRUE(completes(umlauts + " ", "hell", {"hell"}));
}

TEST(CompletesBadWord, looks_for_every_word_and_for_none) {
    EXPECT_TRUE(completes("the ", "End", {"hell", "  ", "end"}));
    EXPECT_FALSE(completes("the ", "End", {"", " "}));
    EXPECT_FALSE(completes("the ", "End", {}));
}

}  // namespace
}  // namespace fabula::sample
