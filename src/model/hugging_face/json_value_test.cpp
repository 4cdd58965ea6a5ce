// SPDX-License-Identifier: 0BSD
#include "model/hugging_face/json_value.h"

#include <gtest/gtest.h>

namespace fabula::model::hugging_face {
namespace {

TEST(JsonValue, keeps_values_as_they_are_written) {
    const auto json = parse_json(R"({"b": 1, "a": [-2, 2.5, true, null, "\u2581x"], "n": null})");
    ASSERT_TRUE(json) << json.error().message;
    ASSERT_EQ(json->object()->size(), 3U);
    EXPECT_EQ(json->object()->front().first, "b");
    EXPECT_EQ(json->find("b")->count(), 1U);
    const JsonArray& array = *json->find("a")->array();
    EXPECT_FALSE(array[0].count());
    EXPECT_EQ(array[0].real(), -2.0);
    EXPECT_EQ(array[1].real(), 2.5);
    EXPECT_EQ(array[2].boolean(), true);
    EXPECT_TRUE(array[3].is_null());
    EXPECT_EQ(*array[4].text(), "\u2581x");
    EXPECT_EQ(json->find("n"), nullptr);
    EXPECT_EQ(json->find("missing"), nullptr);
}

TEST(JsonValue, reads_what_it_writes) {
    const std::string text = R"({"z":{"k":[1,-1,0.5,"a\"b",false,null]},"a":18446744073709551615})";
    const auto json = parse_json(text);
    ASSERT_TRUE(json);
    EXPECT_EQ(to_json_line(*json), text);
    const auto again = parse_json(to_json_text(*json));
    ASSERT_TRUE(again);
    EXPECT_EQ(to_json_line(*again), text);
}

TEST(JsonValue, refuses_what_is_damaged_deep_or_ambiguous) {
    const std::string deep = std::string(65, '[') + std::string(65, ']');
    for (const std::string& text :
         {std::string(), std::string("{"), std::string("[1,]"), std::string("\"\xff\""),
          std::string(R"("\ud800")"), std::string(R"({"a": 1, "a": 2})"), deep, std::string("1 2"),
          std::string("nul")}) {
        const auto json = parse_json(text);
        ASSERT_FALSE(json) << text;
        EXPECT_EQ(json.error().code, ErrorCode::invalid_input);
        EXPECT_EQ(json.error().message.find('\n'), std::string::npos);
    }
    EXPECT_TRUE(parse_json(std::string(64, '[') + std::string(64, ']')));
}

TEST(JsonValue, names_the_key_that_comes_twice) {
    const auto json = parse_json(R"({"x": {"twin": 1, "other": 2, "twin": 3}})");
    ASSERT_FALSE(json);
    EXPECT_NE(json.error().message.find("'twin' comes twice"), std::string::npos);
}

}  // namespace
}  // namespace fabula::model::hugging_face
