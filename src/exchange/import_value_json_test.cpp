// SPDX-License-Identifier: 0BSD
#include "exchange/import_value.h"

#include <gtest/gtest.h>

#include <cmath>

namespace fabula::exchange {
namespace {

Value read(const std::string& json) {
    auto value = value_from_json(json);
    EXPECT_TRUE(value) << json << ": " << (value ? "" : value.error().message);
    return value ? *std::move(value) : Value{};
}

TEST(ImportValue, extended_json_becomes_what_it_means) {
    EXPECT_EQ(text_of(read(R"({"$oid":"65b8f0a1c2d3e4f506172801"})")), "65b8f0a1c2d3e4f506172801");
    EXPECT_EQ(whole_of(read(R"({"$numberInt":"-42"})")), -42);
    EXPECT_EQ(whole_of(read(R"({"$numberLong":"9007199254740993"})")), 9007199254740993);
    EXPECT_EQ(whole_of(read(R"({"$numberLong":7})")), 7);
    EXPECT_EQ(number_of(read(R"({"$numberDouble":"0.25"})")), 0.25);
    EXPECT_EQ(number_of(read(R"({"$numberDecimal":"1.5E-3"})")), 0.0015);
    // date -u -d 2024-01-30T12:40:00Z +%s is 1706618400
    const Timestamp time{1706618400000};
    EXPECT_EQ(time_of(read(R"({"$date":{"$numberLong":"1706618400000"}})")), time);
    EXPECT_EQ(time_of(read(R"({"$date":"2024-01-30T12:40:00Z"})")), time);
    EXPECT_EQ(time_of(read(R"({"$date":1706618400000})")), time);
    EXPECT_EQ(time_of(read(R"({"$timestamp":{"t":1706618400,"i":1}})")), time);
    EXPECT_TRUE(read(R"({"$undefined":true})").is_null());
}

TEST(ImportValue, infinities_and_what_is_malformed_are_no_numbers) {
    for (const char* json :
         {R"({"$numberDouble":"Infinity"})", R"({"$numberDouble":"-Infinity"})",
          R"({"$numberDouble":"NaN"})", R"({"$numberInt":"seven"})", R"({"$numberInt":"1.5"})",
          R"({"$numberLong":"9223372036854775808"})", R"({"$numberDouble":""})", R"("0x10")",
          R"("1 2")", "true", "null", "[1]"}) {
        EXPECT_FALSE(number_of(read(json))) << json;
    }
    EXPECT_NE(read(R"({"$numberInt":"seven"})").object(), nullptr);
    EXPECT_FALSE(whole_of(read("1.5")));
    EXPECT_FALSE(whole_of(read("1e300")));
}

TEST(ImportValue, whole_numbers_of_64_bits_lose_nothing) {
    EXPECT_EQ(seed_of(read("18446744073709551615")), 18446744073709551615U);
    EXPECT_EQ(seed_of(read("\"18446744073709551615\"")), 18446744073709551615U);
    EXPECT_FALSE(seed_of(read("-1")));
    EXPECT_EQ(whole_of(read("-9223372036854775808")), std::numeric_limits<std::int64_t>::min());
}

TEST(ImportValue, what_is_damaged_deep_or_doubled_is_refused) {
    for (const char* json : {"", "{", R"({"a":1)", R"({"a":1}})", "{a:1}", "\"\xff\"", "1e999"})
        EXPECT_FALSE(value_from_json(json)) << json;
    EXPECT_TRUE(value_from_json(std::string(64, '[') + std::string(64, ']')));
    EXPECT_FALSE(value_from_json(std::string(65, '[') + std::string(65, ']')));
    const auto doubled = value_from_json(R"({"a":1,"b":2,"a":3})");
    ASSERT_FALSE(doubled);
    EXPECT_NE(doubled.error().message.find("'a' comes twice"), std::string::npos);
}

TEST(ImportValue, a_path_leads_through_members_and_items_and_names_with_dots) {
    const auto value = read(R"({"a":{"b":[{"c":1},{"c":2}]},"a.b":3,"x.y":{"z":4},"n":null})");
    EXPECT_EQ(whole_of(*find(value, "a.b")), 3);
    EXPECT_EQ(whole_of(*find(value, "a.b.1.c")), 2);
    EXPECT_EQ(whole_of(*find(value, "x.y.z")), 4);
    for (const char* path : {"n", "a.b.2.c", "a.b.-1.c", "a.c", "", ".", "a.b.x"})
        EXPECT_EQ(find(value, path), nullptr) << path;
}

TEST(ImportValue, times_are_iso_8601_with_or_without_a_zone) {
    const auto ms = [](const char* text) -> std::optional<std::int64_t> {
        const auto time = time_from_iso8601(text);
        if (!time) return {};
        return static_cast<std::int64_t>(*time);
    };
    // python3: datetime.fromisoformat("2025-03-02T20:15:00+01:00").timestamp() is 1740942900
    EXPECT_EQ(ms("2025-03-02T20:15:00+01:00"), 1740942900000);
    EXPECT_EQ(ms("2025-03-02 19:15"), 1740942900000);
    EXPECT_EQ(ms("2025-03-02T14:45:00.25-0430"), 1740942900250);
    EXPECT_EQ(ms("1970-01-01"), 0);
    EXPECT_EQ(ms("1969-12-31T23:59:59.999Z"), -1);
    EXPECT_EQ(ms("2024-02-29"), 1709164800000);
    for (const char* text : {"2023-02-29", "2024-13-01", "2024-01-01T24:00", "2024-01-01T10:00:61Z",
                             "yesterday", "", "2024-01-01T10:00Zx", "2024-1-1"})
        EXPECT_FALSE(ms(text)) << text;
    EXPECT_EQ(to_iso8601(*time_from_iso8601("2026-01-31T09:05:07.123Z")),
              "2026-01-31T09:05:07.123Z");
}

TEST(ImportValue, yes_and_no_have_many_words) {
    for (const char* json : {"true", "1", "1.0", "\"True\"", "\"YES\"", "\"x\"", "\"1\""})
        EXPECT_EQ(truth_of(read(json)), true) << json;
    for (const char* json : {"false", "0", "\"no\"", "\"\"", "\"False\"", "\" 0 \""})
        EXPECT_EQ(truth_of(read(json)), false) << json;
    for (const char* json : {"2", "\"perhaps\"", "null", "[]"})
        EXPECT_FALSE(truth_of(read(json)).has_value()) << json;
}

}  // namespace
}  // namespace fabula::exchange
