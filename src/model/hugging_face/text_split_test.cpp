// SPDX-License-Identifier: 0BSD
#include "model/hugging_face/text_split.h"

#include <gtest/gtest.h>

namespace fabula::model::hugging_face {
namespace {

TEST(TextSplit, is_known_by_what_the_pre_tokenizer_does) {
    for (const char* const name : {"gpt-2", "bloom", "llama-bpe", "smollm"}) {
        const auto split = text_split_named(name);
        ASSERT_TRUE(split);
        const JsonValue json = pre_tokenizer_of(*split);
        const auto again = text_split_of(&json);
        ASSERT_TRUE(again) << again.error().message;
        EXPECT_EQ(again->name, name);
    }
    EXPECT_TRUE(text_split_named("llama-bpe")->ignores_merges);
    EXPECT_FALSE(text_split_named("tekken"));
}

TEST(TextSplit, refuses_others_by_what_they_are) {
    for (const auto& [json, said] : std::vector<std::pair<std::string, std::string>>{
             {R"({"type":"Whitespace"})", "'Whitespace'"},
             {R"({"type":"ByteLevel","add_prefix_space":true})", "with a space in front"},
             {R"({"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":false},
                  {"type":"ByteLevel"}]})",
              "'Digits + ByteLevel'"},
             {R"({"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"\\d"},
                  "behavior":"Isolated"},{"type":"ByteLevel","use_regex":false}]})",
              "Split /\\d/ Isolated + ByteLevel without regex"},
             {R"({"type":"Split","pattern":{"String":" "},"behavior":"Removed","invert":true})",
              "Split ' ' Removed inverted"},
             {R"([])", "'?'"}}) {
        const auto parsed = parse_json(json);
        ASSERT_TRUE(parsed);
        const auto split = text_split_of(&*parsed);
        ASSERT_FALSE(split) << json;
        EXPECT_EQ(split.error().code, ErrorCode::invalid_input);
        EXPECT_NE(split.error().message.find(said), std::string::npos) << split.error().message;
    }
    EXPECT_NE(text_split_of(nullptr).error().message.find("'none'"), std::string::npos);
}

TEST(TextSplit, has_a_character_for_each_byte) {
    EXPECT_EQ(byte_character('a'), "a");
    EXPECT_EQ(byte_character(' '), "\u0120");
    EXPECT_EQ(byte_character('\n'), "\u010A");
    EXPECT_EQ(byte_character(0xAD), "\u0143");
    EXPECT_EQ(byte_character(0xFF), "\u00FF");
}

}  // namespace
}  // namespace fabula::model::hugging_face
