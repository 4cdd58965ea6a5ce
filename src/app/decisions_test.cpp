// SPDX-License-Identifier: 0BSD
#include "app/decisions.h"

#include <gtest/gtest.h>

namespace fabula::app {
namespace {

void expect_decision(const std::string& line, Verb verb, std::optional<std::size_t> number,
                     const std::string& text) {
    const auto decision = decision_from(line);
    ASSERT_TRUE(decision) << line << ": " << decision.error().message;
    EXPECT_EQ(decision->verb, verb) << line;
    EXPECT_EQ(decision->number, number) << line;
    EXPECT_EQ(decision->text, text) << line;
}

TEST(Decisions, are_letters_with_a_number_and_words_behind_them) {
    expect_decision("2", Verb::take, 2, "");
    expect_decision("  2 style \r", Verb::take, 2, "style");
    expect_decision("2 c, t", Verb::take, 2, "coherence, turn");
    expect_decision("e 1", Verb::edit, 1, "");
    expect_decision("e1 She laughed, then left.", Verb::edit, 1, "She laughed, then left.");
    expect_decision("w It was over.", Verb::write, {}, "It was over.");
    expect_decision("w", Verb::write, {}, "");
    expect_decision("r", Verb::again, {}, "");
    expect_decision("r 3", Verb::again, 3, "");
    expect_decision("u", Verb::undo, {}, "");
    expect_decision("j 12", Verb::jump, 12, "");
    expect_decision("+2", Verb::up, 2, "");
    expect_decision("- 1 s", Verb::down, 1, "style");
    expect_decision("y because it sings", Verb::why, {}, "because it sings");
    expect_decision("t", Verb::tree, {}, "");
    expect_decision("?", Verb::help, {}, "");
    expect_decision("q", Verb::quit, {}, "");
    expect_decision("", Verb::nothing, {}, "");
    expect_decision(" \t", Verb::nothing, {}, "");
}

TEST(Decisions, that_mean_nothing_are_refused) {
    for (const char* line : {"frob", "quit", "2x", "u 3 4 5", "t now", "x", "99999999999999999999",
                             "\xff", "\033[A", "r two"}) {
        const auto decision = decision_from(line);
        ASSERT_FALSE(decision) << line;
        EXPECT_EQ(decision.error().code, ErrorCode::invalid_input);
        EXPECT_NE(decision.error().message.find("is nothing that can be said here"),
                  std::string::npos)
            << decision.error().message;
        EXPECT_EQ(decision.error().message.find('\033'), std::string::npos);
    }
    for (const char* line : {"e", "j", "+", "-", "e two", "j x"}) {
        const auto decision = decision_from(line);
        ASSERT_FALSE(decision) << line;
        EXPECT_NE(decision.error().message.find("which one?"), std::string::npos);
    }
}

TEST(Decisions, know_the_three_reasons_by_their_letters_and_leave_other_words) {
    EXPECT_EQ(reason_from("c"), "coherence");
    EXPECT_EQ(reason_from("s,t"), "style, turn");
    EXPECT_EQ(reason_from(" coherence ,, turn "), "coherence, turn");
    EXPECT_EQ(reason_from("such a cat"), "such a cat");
    EXPECT_EQ(reason_from(""), "");
}

}  // namespace
}  // namespace fabula::app
