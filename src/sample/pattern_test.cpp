// SPDX-License-Identifier: 0BSD
#include "sample/pattern.h"

#include "base/rng.h"
#include "sample/pattern_beginnings.h"

#include <gtest/gtest.h>

#include <regex>

namespace fabula::sample {
namespace {

using Found = std::optional<std::size_t>;

Found found(const std::string& pattern, const std::string& text, std::size_t after = 0) {
    const auto compiled = Pattern::compiled(pattern);
    EXPECT_TRUE(compiled) << pattern;
    return compiled ? compiled->find(text, after, text.size()) : Found();
}

std::size_t open(const std::string& pattern, const std::string& text) {
    return Pattern::compiled(pattern).value().open(text);
}

std::string fault(const std::string& pattern) {
    const auto compiled = Pattern::compiled(pattern);
    return compiled ? "" : compiled.error().message;
}

TEST(Pattern, finds_the_earliest_match_that_ends_where_it_may) {
    EXPECT_EQ(found("b+", "aabbb"), Found(2));
    EXPECT_EQ(found("b+", "aabbb", 4), Found(2));
    EXPECT_EQ(found("ab", "ab xx", 2), std::nullopt);
    EXPECT_EQ(found("ab|a.*x", "ab xx", 3), Found(0));
    EXPECT_EQ(found("(?i)chapter \\d+", "In CHAPTER 12"), Found(3));
    EXPECT_EQ(found("é", "caf\u00E9"), Found(3));
    EXPECT_EQ(found(".$", "caf\u00E9"), Found(3));
}

TEST(Pattern, looks_at_what_stands_around_a_match) {
    const auto pattern = Pattern::compiled("\\bcat\\b").value();
    EXPECT_EQ(pattern.find("a cat", 0, 5), Found(2));
    EXPECT_EQ(pattern.find("a cats", 0, 5), std::nullopt);
    EXPECT_EQ(pattern.find("a cat.", 0, 5), Found(2));
    EXPECT_EQ(pattern.find("tomcat.", 0, 6), std::nullopt);
    EXPECT_EQ(found("^b", "ab"), std::nullopt);
    EXPECT_EQ(found("(?m)^b", "a\nb"), Found(2));
}

TEST(Pattern, sees_no_match_longer_than_its_reach) {
    const std::string longest = "a" + std::string(pattern_reach_bytes - 2, '-') + "z";
    EXPECT_EQ(found("a-*z", "x" + longest), Found(1));
    EXPECT_EQ(found("a-*z", "xa-" + longest.substr(1)), std::nullopt);
    EXPECT_EQ(found("^.", std::string(pattern_reach_bytes + 9, 'x'), 520), std::nullopt);
}

TEST(Pattern, refuses_in_one_line_what_cannot_be) {
    EXPECT_EQ(fault("(ab"), "the pattern '(ab' is no regular expression: missing ): (ab");
    EXPECT_EQ(fault("a(?=b)"),
              "the pattern 'a(?=b)' is no regular expression: invalid perl operator: (?=");
    EXPECT_EQ(fault("\\1"),
              "the pattern '\\1' is no regular expression: invalid escape sequence: \\1");
    EXPECT_EQ(fault(std::string(1001, 'a')), "the pattern '" + std::string(60, 'a') +
                                                 "...' has 1001 bytes, at most 1000 are taken");
    EXPECT_EQ(fault("\xFF").substr(0, 30), "the pattern '\xEF\xBF\xBD' is not UTF-8");
    EXPECT_EQ(fault("(\n").find('\n'), std::string::npos);
    EXPECT_NE(fault("((a{30}){30}\\pL{30}){10}"), "");
}

TEST(Pattern, refuses_what_matches_the_empty_text_anywhere) {
    for (const char* pattern : {"", "a*", "a|", "(?:)", "^", "$", "\\b", "\\B", "(?m)^$", "\\A",
                                "\\z", "x{0,3}", "(a?)(b?)", "\\b|ab", "(?m)$a*", "^|a"})
        EXPECT_EQ(fault(pattern),
                  "the pattern '" + std::string(pattern) + "' matches the empty text");
    for (const char* pattern : {"a+", "^a", "a$", "\\ba", "(?s).", "\\n", "(?m)^\\s"})
        EXPECT_EQ(fault(pattern), "") << pattern;
}

TEST(Pattern, opens_where_a_match_may_have_begun) {
    EXPECT_EQ(open("cat", "the ca"), 4U);
    EXPECT_EQ(open("cat", "the cat"), 4U);
    EXPECT_EQ(open("cat", "the cap"), 7U);
    EXPECT_EQ(open("\\bcat\\b", "the cat"), 4U);
    EXPECT_EQ(open("\\bcat\\b", "tomca"), 5U);
    EXPECT_EQ(open("(?i)chapter \\d+", "so Chapter 1"), 3U);
    EXPECT_EQ(open("(?i)chapter \\d+", "so Chapter ten"), 14U);
    EXPECT_EQ(open("(ab|cd){2,3}x", "ababab"), 0U);
    EXPECT_EQ(open("(ab|cd){2,3}x", "abababa"), 2U);
    EXPECT_EQ(open("x.*y", "ax and so on"), 1U);
    EXPECT_EQ(open("\\Qa.b\\Ec", "a.b"), 0U);
    EXPECT_EQ(open("\\Qa.b\\Ec", "axb"), 3U);
    EXPECT_EQ(open("a", std::string(600, 'b')), 600U);
    EXPECT_EQ(open("(?s).*a", std::string(600, 'b')), 600U - pattern_reach_bytes);
}

TEST(Beginnings, keep_flags_groups_and_repetitions) {
    EXPECT_EQ(open("a(?i)b|c", "C"), 0U);  // a flag holds in the alternatives behind it
    EXPECT_EQ(open("(?P<name>ab)c", "ab"), 0U);
    EXPECT_EQ(open("[]a]b", "]"), 0U);
    EXPECT_EQ(open("[[:alpha:]\\]]x", "]"), 0U);
    EXPECT_EQ(open("\\x{e9}\\pLz", "\u00E9\u00E9"), 0U);
    EXPECT_EQ(open("a{,2}", "a{,"), 0U);
    EXPECT_EQ(open("(a{3}b){0}c|dd", "aaa"), 3U);
    EXPECT_EQ(open("\\Q(a\\E+b", "(aa"), 0U);
    EXPECT_FALSE(beginnings(std::string(300, '(') + "a" + std::string(300, ')')));
    EXPECT_FALSE(beginnings("a\\Cb"));
    // Where it is not known, all is open within the reach.
    EXPECT_EQ(open("a\\Cb", "xxx"), 0U);
}

// Another engine, std::regex, on patterns that mean the same in both: every span is tried.
class Slow {
public:
    Slow(const std::string& pattern, std::string text) : regex_(pattern), text_(std::move(text)) {}

    // Whether a match begins at `begin` that ends behind `after` and not behind `upto`.
    bool begins(std::size_t begin, std::size_t after, std::size_t upto) const {
        for (std::size_t end = std::max(begin, after) + 1; end <= upto; ++end) {
            if (std::regex_match(text_.substr(begin, end - begin), regex_)) return true;
        }
        return false;
    }

    Found find(std::size_t after, std::size_t upto) const {
        for (std::size_t begin = 0; begin < upto; ++begin) {
            if (begins(begin, after, upto)) return begin;
        }
        return {};
    }

private:
    std::regex regex_;
    std::string text_;
};

void hold_against_slow(const std::string& expression, const std::string& text) {
    SCOPED_TRACE(expression + " in '" + text + "'");
    const auto pattern = Pattern::compiled(expression).value();
    const Slow slow(expression, text);
    for (std::size_t after = 0; after < text.size(); ++after) {
        const std::size_t upto = std::min(after + 3, text.size());
        EXPECT_EQ(pattern.find(text, after, upto), slow.find(after, upto)) << after;
        // No match of the text to come begins before what was open.
        const std::size_t opened = pattern.open(text.substr(0, after));
        for (std::size_t begin = 0; begin < opened; ++begin)
            EXPECT_FALSE(slow.begins(begin, after, text.size())) << begin << " at " << after;
    }
}

TEST(Pattern, finds_and_opens_as_a_slow_search_of_every_span) {
    for (const char* expression : {"abc", "a+b", "(ab|ba)c", "[ab]{2,3}c", "a.c", "(a|bc)*c",
                                   "a(b(c|a)?)+c", "(?:ab?){2}", "c ?a"}) {
        for (std::uint64_t seed = 0; seed < 40 && !HasFailure(); ++seed) {
            std::string text;
            for (std::uint64_t i = 0; i < 14; ++i)
                text += "abc "[static_cast<std::size_t>(Rng(seed).uniform(i) * 4)];
            hold_against_slow(expression, text);
        }
    }
}

TEST(CheckPatterns, names_the_pattern_that_is_wrong_and_bounds_their_number) {
    EXPECT_TRUE(check_patterns({}));
    EXPECT_TRUE(check_patterns({"a", "b+"}));
    EXPECT_TRUE(check_patterns({"a", "b+"}));
    EXPECT_FALSE(check_patterns({"a", "b+", "*"}));
    EXPECT_EQ(check_patterns(std::vector<std::string>(65, "a")).error().message,
              "65 patterns, at most 64 are taken");
}

}  // namespace
}  // namespace fabula::sample
