// SPDX-License-Identifier: 0BSD
#include "exchange/dataset_redaction.h"

#include <gtest/gtest.h>

namespace fabula::exchange {
namespace {

Redaction of(const std::vector<std::string>& names) {
    auto redaction = Redaction::of(names);
    EXPECT_TRUE(redaction) << redaction.error().message;
    return *std::move(redaction);
}

TEST(DatasetRedaction, takes_names_out_as_whole_words_in_any_case) {
    const auto redaction = of({"Ada", "Zo\u00eb"});
    EXPECT_EQ(redaction.redacted("Ada met ZO\u00cb, and ada left Adam in Canada."),
              "[NAME1] met [NAME2], and [NAME1] left Adam in Canada.");
    EXPECT_EQ(redaction.redacted("nobody"), "nobody");
    EXPECT_EQ(redaction.redacted(""), "");
    EXPECT_EQ(Redaction().redacted("Ada"), "Ada");
}

TEST(DatasetRedaction, takes_possessives_and_names_between_signs) {
    const auto redaction = of({"Ada"});
    EXPECT_EQ(redaction.redacted("Ada's hat, Ada\u2019s cat, \"Ada!\", _Ada_, Ada-Marie."),
              "[NAME1]'s hat, [NAME1]\u2019s cat, \"[NAME1]!\", _[NAME1]_, [NAME1]-Marie.");
}

TEST(DatasetRedaction, takes_the_longest_of_names_that_begin_together) {
    const auto redaction = of({"Ada", "Ada Lovelace"});
    EXPECT_EQ(redaction.redacted("Ada \n Lovelace and Ada went."), "[NAME2] and [NAME1] went.");
}

TEST(DatasetRedaction, takes_a_name_in_scripts_without_spaces) {
    EXPECT_EQ(of({"\u5c0f\u660e"}).redacted("\u6211\u662f\u5c0f\u660e\u5440"),
              "\u6211\u662f[NAME1]\u5440");
}

TEST(DatasetRedaction, takes_a_name_that_is_cut_in_two) {
    const auto redaction = of({"Annabel"});
    EXPECT_EQ(redaction.redacted("Then Anna"), "Then [NAME1]");
    EXPECT_EQ(redaction.redacted("bel ran.", "Then Anna"), " ran.");
    EXPECT_EQ(redaction.redacted(" ran. Annabel", "Then Annabel"), " ran. [NAME1]");
    EXPECT_EQ(redaction.redacted("bel rang.", "The "), "bel rang.");
    // One letter is not enough to be taken for a name.
    EXPECT_EQ(redaction.redacted("This is a"), "This is a");
}

TEST(DatasetRedaction, agrees_with_and_without_much_before_it) {
    const auto redaction = of({"Ada", "Captain Nemo"});
    const std::string before(5000, 'x');
    EXPECT_EQ(redaction.redacted(" Nemo dived.", before + " the captain"), " dived.");
    EXPECT_EQ(redaction.redacted("Ada ran", before + "\n"), "[NAME1] ran");
    EXPECT_EQ(redaction.redacted("Ada ran", before), "Ada ran");  // xxxAda is one word
    EXPECT_EQ(redaction.redacted(before + " Captain\tNemo, " + before),
              before + " [NAME2], " + before);
    EXPECT_EQ(redaction.redacted(before + " capt"), before + " [NAME2]");
}

TEST(DatasetRedaction, leaves_no_part_of_a_pattern_with_a_name) {
    const auto redaction = of({"Ada"});
    EXPECT_EQ(redaction.redacted_whole("(?i)\\badam?\\b"), "[NAME1]");
    EXPECT_EQ(redaction.redacted_whole("[0-9]+"), "[0-9]+");
}

TEST(DatasetRedaction, refuses_what_is_no_name) {
    EXPECT_FALSE(Redaction::of({"..."}));
    EXPECT_FALSE(Redaction::of({"\xff"}));
    EXPECT_FALSE(Redaction::of({std::string(201, 'a')}));
    EXPECT_EQ(of({"  Ada ", "", "ADA", "\t"}).size(), 1U);
}

}  // namespace
}  // namespace fabula::exchange
