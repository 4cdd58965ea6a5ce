// SPDX-License-Identifier: 0BSD
#include "preference/features.h"

#include "preference/quotations.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace fabula::preference {
namespace {

// One feature of `text` as a continuation of `story`.
std::optional<double> value(const char* name, std::string_view text, std::string_view story = "",
                            std::span<const float> logprobs = {}) {
    const auto values = feature_values(StorySoFar(story), {text, logprobs, {}});
    const auto table = features();
    const auto found = std::find_if(table.begin(), table.end(), [&](const Feature& feature) {
        return std::string_view(feature.name) == name;
    });
    EXPECT_NE(found, table.end()) << name;
    return values.at(static_cast<std::size_t>(found - table.begin()));
}

TEST(Features, have_names_of_their_own_and_one_value_each) {
    std::set<std::string> names;
    for (const auto& feature : features())
        names.insert(feature.name);
    EXPECT_EQ(names.size(), features().size());
    EXPECT_EQ(feature_values(StorySoFar(""), {"", {}, {}}).size(), features().size());
}

TEST(Features, know_a_pronoun_at_the_beginning) {
    EXPECT_EQ(value("begins_with_pronoun", " She ran."), 1);
    EXPECT_EQ(value("begins_with_pronoun", "\nI\u2019d run."), 1);
    EXPECT_EQ(value("begins_with_pronoun", " \"It's me,\" he said."), 1);
    EXPECT_EQ(value("begins_with_pronoun", " Item one."), 0);
    EXPECT_EQ(value("begins_with_pronoun", " The she-wolf."), 0);
    EXPECT_EQ(value("begins_with_pronoun", "..."), 0);
}

TEST(Features, know_a_pronoun_and_then_a_quotation_in_the_same_sentence) {
    EXPECT_EQ(value("pronoun_then_quotation", " He said, \"Let us go!\" And they went."), 1);
    EXPECT_EQ(value("pronoun_then_quotation", " She smiled. \u201CYes,\u201D she said."), 0);
    EXPECT_EQ(value("pronoun_then_quotation", " Tom said, \"Let us go!\""), 0);
    EXPECT_EQ(value("pronoun_then_quotation", " They whispered, \u201Cnow"), 1);
    // The mark closes what the story opened.
    EXPECT_EQ(value("pronoun_then_quotation", " he is here\" said Tom.", "\"I think"), 0);
}

TEST(Features, know_a_quotation_at_the_beginning) {
    EXPECT_EQ(value("begins_with_quotation", "\n\u00ABYes,\u00BB he said."), 1);
    EXPECT_EQ(value("begins_with_quotation", " He said, \"Yes.\""), 0);
    EXPECT_EQ(value("begins_with_quotation", "\" said Tom.", "\"Yes,"), 0);
    EXPECT_EQ(value("begins_paragraph", "\n\nThen."), 1);
    EXPECT_EQ(value("begins_paragraph", " Then\nhe"), 0);
}

TEST(Features, count_words_sentences_and_the_share_of_dialogue) {
    const std::string_view text = " Tom said, \"I see a light.\" It was far away.";
    EXPECT_EQ(value("words", text), 10);
    EXPECT_EQ(value("sentences", text), 2);
    EXPECT_DOUBLE_EQ(value("dialogue_share", text).value(), 4.0 / 10);
    EXPECT_DOUBLE_EQ(value("dialogue_share", " a light.\" It was.", "\"I see").value(), 2.0 / 4);
    EXPECT_EQ(value("dialogue_share", ""), 0);
}

TEST(Features, take_marks_and_ends_as_a_reader_does) {
    EXPECT_EQ(value("has_question", " Who is there?\" he asked."), 1);
    EXPECT_EQ(value("has_question", " Nobody."), 0);
    EXPECT_EQ(value("has_exclamation", " Stop!"), 1);
    EXPECT_EQ(value("ends_in_mid_sentence", " They went to the"), 1);
    EXPECT_EQ(value("ends_in_mid_sentence", " They went.\""), 0);
}

TEST(Features, count_names_that_the_story_has_not_had) {
    const std::string_view story = "Lily's boat was red.";
    EXPECT_EQ(value("new_names", " Then Lily met Tom and Tom met \u00C9mile.", story), 2);
    EXPECT_EQ(value("new_names", " Then I ran. Suddenly it rained.", story), 0);
    EXPECT_EQ(value("new_names", " He said, \"Come here.\"", story), 0);
    EXPECT_EQ(value("new_names", " Tom came.", story), 0) << "it may be the sentence's capital";
    EXPECT_EQ(value("new_names", " Tom came.", "She saw"), 1);
    EXPECT_DOUBLE_EQ(value("new_words_share", " The red boat sank, sank.", story).value(), 2.0 / 4);
}

TEST(Features, say_nothing_of_tokens_that_are_not_known) {
    EXPECT_FALSE(value("tokens", " A word.").has_value());
    EXPECT_FALSE(value("mean_logprob", " A word.").has_value());
    EXPECT_FALSE(value("copied_share", " A word.").has_value());
    const std::vector<float> logprobs{-1, -2.5F, -1};
    EXPECT_EQ(value("tokens", " A word.", "", logprobs), 3);
    EXPECT_DOUBLE_EQ(value("mean_logprob", " A word.", "", logprobs).value(), -1.5);
}

TEST(Features, see_repetition) {
    // Twelve words; the last four stand at the beginning.
    EXPECT_DOUBLE_EQ(value("repeated_share", "a b c d e f g h a b c d").value(), 4.0 / 12);
}

TEST(Quotations, are_closed_by_a_line_break) {
    const std::vector<Stretch> expected{{0, 3, false}, {4, 7, true}, {7, 9, false}, {10, 11, true}};
    EXPECT_EQ(stretches_of("abc\"def\ng\"h"), expected);
    EXPECT_FALSE(ends_in_quotation("She said, \"and then\n"));
    EXPECT_TRUE(ends_in_quotation("one\" line\nShe said, \"and then"));
    EXPECT_FALSE(ends_in_quotation("\u201EJa\u201C, sagte er"));
}

TEST(FirstWord, is_in_lower_case_without_marks) {
    EXPECT_EQ(first_word(" \u201CWell,\u201D he said."), "well");
    EXPECT_EQ(first_word(" ... "), "");
}

}  // namespace
}  // namespace fabula::preference
