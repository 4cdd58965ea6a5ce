// SPDX-License-Identifier: 0BSD
#include "sample/phrases.h"

#include "base/rng.h"
#include "base/utf8.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace fabula::sample {
namespace {

using Words = std::vector<std::string>;
using Found = std::optional<std::size_t>;

// Where a phrase begins that stands in before + text and ends in `text`, which ends there.
Found found(const Words& phrases, std::string_view before, std::string_view text) {
    Phrases watch(phrases, before);
    const auto read = watch.read(std::string(before) + std::string(text));
    return read ? read : watch.finish();
}

bool stands(const Words& phrases, std::string_view text) {
    return found(phrases, "", text).has_value();
}

TEST(Phrases, stand_in_any_case_between_the_borders_of_words) {
    EXPECT_EQ(found({"hell"}, "", "go to hell"), Found(6));
    EXPECT_EQ(found({"HELL"}, "", "go to hElL, he said"), Found(6));
    EXPECT_FALSE(stands({"hell"}, "hello"));
    EXPECT_FALSE(stands({"hell"}, "hell2"));
    EXPECT_FALSE(stands({"hell"}, "a shell"));
    EXPECT_FALSE(stands({"hell"}, "7hell"));
    EXPECT_TRUE(stands({"hell"}, "(hell)"));
    EXPECT_TRUE(stands({"hell"}, "well-hell"));
    EXPECT_TRUE(stands({"hell"}, "\u201Chell\u201D"));
    EXPECT_TRUE(stands({"hell"}, "hello hell"));
}

TEST(Phrases, wait_until_it_is_known_that_the_word_has_ended) {
    Phrases watch(Words{"hell"}, "");
    EXPECT_EQ(watch.read("to hell"), std::nullopt);
    EXPECT_EQ(watch.finish(), Found(3));
    EXPECT_EQ(watch.open(Phrases::npos), 3U);
    EXPECT_EQ(watch.read("to hello"), std::nullopt);
    EXPECT_EQ(watch.finish(), std::nullopt);
    EXPECT_EQ(watch.open(Phrases::npos), Phrases::npos);
    EXPECT_EQ(watch.read("to hello hell"), std::nullopt);
    EXPECT_EQ(watch.read("to hello hell."), Found(9));
}

TEST(Phrases, stand_over_any_white_space) {
    for (const char* text : {"follow on", "Follow  ON!", "follow\non", "follow \n\t on",
                             "follow\u00A0on", "follow\u2028 on"})
        EXPECT_EQ(found({" follow   on\n"}, "", text), Found(0)) << text;
    EXPECT_FALSE(stands({"follow on"}, "followon"));
    EXPECT_FALSE(stands({"follow on"}, "follow only"));
    EXPECT_FALSE(stands({"follow on"}, "follow, on"));
    EXPECT_TRUE(stands({"follow on"}, "follow" + std::string(5000, ' ') + "on"));
}

TEST(Phrases, fold_letters_of_several_bytes) {
    EXPECT_TRUE(stands({"élan"}, "l'ÉLAN"));
    EXPECT_TRUE(stands({"ночь"}, "в НОЧЬ."));
    EXPECT_TRUE(stands({"Straße"}, "die STRASSE"));
    EXPECT_TRUE(stands({"strasse"}, "die Straße"));
    EXPECT_FALSE(stands({"caf"}, "un café"));
    EXPECT_FALSE(stands({"lan"}, "élan"));
    EXPECT_FALSE(stands({"cafe"}, "cafe\u0301"));  // the accent belongs to the word
}

TEST(Phrases, stand_in_scripts_without_spaces_and_beside_no_letters) {
    EXPECT_EQ(found({"地獄"}, "", "彼は地獄へ行く"), Found(6));
    EXPECT_TRUE(stands({"#tag"}, "say #tag"));
    EXPECT_FALSE(stands({"#tag"}, "say #tags"));
    EXPECT_TRUE(stands({"C++"}, "C++x"));
}

TEST(Phrases, read_a_character_when_it_is_whole) {
    Phrases watch(Words{"café"}, "");
    EXPECT_EQ(watch.read("un caf\xC3"), std::nullopt);
    EXPECT_EQ(watch.finish(), std::nullopt);
    EXPECT_EQ(watch.open(Phrases::npos), 3U);
    EXPECT_EQ(watch.read("un caf\xC3\xA9"), std::nullopt);
    EXPECT_EQ(watch.finish(), Found(3));
}

TEST(Phrases, may_begin_before_the_text_and_not_end_there) {
    EXPECT_EQ(found({"the end"}, "this is the", " end"), Found(8));
    EXPECT_EQ(found({"the end"}, "this is the ", "\nEnd."), Found(8));
    EXPECT_EQ(found({"the end"}, "the end", ""), std::nullopt);
    EXPECT_EQ(found({"the end"}, "the end", " is near"), std::nullopt);
    EXPECT_EQ(found({"the end"}, "the end ", "the end"), Found(8));
    Phrases watch(Words{"the end"}, "the end");
    EXPECT_EQ(watch.open(Phrases::npos), Phrases::npos);
    EXPECT_EQ(Phrases(Words{"the end"}, "of the").open(Phrases::npos), 3U);
}

TEST(Phrases, give_the_first_of_several_and_know_none) {
    EXPECT_EQ(found({"b c", "a b"}, "", "a b c "), Found(0));
    EXPECT_EQ(found({"b c", "a b"}, "", "a. b c"), Found(3));
    EXPECT_FALSE(stands({"", " \n", "\u00A0"}, "anything at all"));
    EXPECT_FALSE(stands({}, "anything at all"));
    EXPECT_EQ(Phrases(Words{}, "x").open(Phrases::npos), Phrases::npos);
}

TEST(Phrases, open_where_the_longest_beginning_stands) {
    const auto open = [](const Words& phrases, const std::string& text) {
        Phrases watch(phrases, "");
        watch.read(text);
        return watch.open(Phrases::npos);
    };
    EXPECT_EQ(open({"once upon a time"}, "Well, once upon"), 6U);
    EXPECT_EQ(open({"once upon a time"}, "Well, once upon  "), 6U);
    EXPECT_EQ(open({"once upon a time"}, "Well, once at"), Phrases::npos);
    EXPECT_EQ(open({"a b a c"}, "a b a b a"), 4U);
    EXPECT_EQ(open({"a b a c"}, "xa b a"), 5U);  // the longer one begins inside a word
}

// The definition, slowly: everything is compared at every place.
Found searched(const Words& phrases, std::string_view text, std::size_t from) {
    Found first;
    for (std::size_t begin = 0; begin < text.size(); ++begin) {
        for (std::size_t end = std::max(begin, from) + 1; end <= text.size(); ++end) {
            const auto joins = [&](std::size_t at) { return std::isalnum(text[at]) != 0; };
            const bool begins = begin == 0 || !joins(begin - 1) || !joins(begin);
            const bool ends = end == text.size() || !joins(end - 1) || !joins(end);
            std::string plain;
            for (const char c : text.substr(begin, end - begin)) {
                if (c != ' ' && c != '\n')
                    plain += static_cast<char>(std::tolower(c));
                else if (!plain.ends_with(' '))
                    plain += ' ';
            }
            const bool is_one = std::find(phrases.begin(), phrases.end(), plain) != phrases.end();
            if (begins && ends && is_one && !first) first = begin;
        }
    }
    return first;
}

TEST(Phrases, are_found_as_by_a_search_whatever_the_pieces_and_what_is_taken_back) {
    const Words pieces{"a", "b", "A", " ", "\n", "ab", " a", "b ", ".", "aab"};
    int n_found = 0;
    for (std::uint64_t seed = 0; seed < 3000; ++seed) {
        const Rng rng(seed);
        std::uint64_t n = 0;
        const auto below = [&](std::size_t limit) {
            return static_cast<std::size_t>(rng.uniform(n++) * static_cast<double>(limit));
        };
        const auto some = [&](std::size_t limit) {
            std::string text;
            for (std::size_t i = below(limit); i > 0; --i)
                text += pieces[below(pieces.size())];
            return text;
        };
        Words phrases{"a a", "ab", "b a b"};
        phrases.resize(1 + below(3));
        const std::string before = some(6);
        std::string text = before;
        Phrases watch(phrases, before);
        for (std::size_t step = 0; step < 12; ++step) {
            text += pieces[below(pieces.size())];
            const std::size_t open = watch.open(Phrases::npos);
            const auto read = watch.read(text);
            const auto all = searched(phrases, text, before.size());
            ASSERT_EQ(read ? read : watch.finish(), all) << "'" << text << "', seed " << seed;
            if (!all) continue;
            ++n_found;
            // What stands here was open before, or came with the last piece.
            ASSERT_TRUE(!read || *read >= std::min(open, text.size() - 3)) << text;
            const std::size_t keep = std::max(*all, before.size());
            text.resize(keep);
            watch.take_back(keep);
            ASSERT_EQ(watch.finish(), searched(phrases, text, before.size())) << text;
            if (watch.finish()) break;
        }
    }
    EXPECT_GT(n_found, 3000);
}

}  // namespace
}  // namespace fabula::sample
