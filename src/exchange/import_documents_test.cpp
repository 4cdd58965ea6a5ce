// SPDX-License-Identifier: 0BSD
#include "exchange/import_documents.h"

#include <gtest/gtest.h>

#include <utility>

namespace fabula::exchange {
namespace {

/// Every document as "LINE:JSON", or "LINE!" where it is damaged.
std::vector<std::string> all_of(Documents& documents) {
    std::vector<std::string> found;
    while (auto document = documents.next()) {
        const std::string line = std::to_string(document->line);
        found.push_back(document->value ? line + ":" + to_json(*document->value) : line + "!");
    }
    return found;
}

using Lines = std::vector<std::string>;

Lines json(const std::string& text) {
    return all_of(*json_documents(text));
}

Lines csv(const std::string& text) {
    auto documents = csv_documents(text);
    EXPECT_TRUE(documents) << (documents ? "" : documents.error().message);
    return documents ? all_of(**documents) : Lines{};
}

TEST(JsonDocuments, lines_lists_and_pretty_print_are_the_same_documents) {
    EXPECT_EQ(json("{\"a\":1}\n{\"a\":2}"), (Lines{"1:{\"a\":1}", "2:{\"a\":2}"}));
    EXPECT_EQ(json("{\"a\":1}\r\n\r\n{\"a\":2}\r\n"), (Lines{"1:{\"a\":1}", "3:{\"a\":2}"}));
    EXPECT_EQ(json("[{\"a\":1},{\"a\":2}]"), (Lines{"1:{\"a\":1}", "1:{\"a\":2}"}));
    EXPECT_EQ(json("[\n  {\n    \"a\": [\n      {}\n    ]\n  },\n  {\n    \"a\": 2\n  }\n]\n"),
              (Lines{"2:{\"a\":[{}]}", "7:{\"a\":2}"}));
    EXPECT_EQ(json("[\n{\n\"a\": [\n{},\n{}\n]\n},\n{\n\"a\": 2\n}\n]"),
              (Lines{"2:{\"a\":[{},{}]}", "8:{\"a\":2}"}));
    EXPECT_EQ(json(""), Lines{});
    EXPECT_EQ(json("[]"), Lines{});
    EXPECT_EQ(json(R"({"a":"} \" {"})"), Lines{R"(1:{"a":"} \" {"})"});
}

TEST(JsonDocuments, what_is_damaged_costs_its_own_document_alone) {
    EXPECT_EQ(json("{\"a\":1}\n{\"a\":\n{\"a\":3}"), (Lines{"1:{\"a\":1}", "2!", "3:{\"a\":3}"}));
    EXPECT_EQ(json("{\"a\":\"x}\n{\"a\":2}"), (Lines{"1!", "2:{\"a\":2}"}));
    EXPECT_EQ(json("{\"a\":[1}\n{\"a\":2}"), (Lines{"1!", "2:{\"a\":2}"}));
    EXPECT_EQ(json("{\"a\":1}}\n{\"a\":2}"), (Lines{"1:{\"a\":1}", "1!", "2:{\"a\":2}"}));
    EXPECT_EQ(json("{\"a\":,}\nnoise\n{\"a\":2}"), (Lines{"1!", "3:{\"a\":2}"}));
    EXPECT_EQ(json("[{\"a\":1},\n{\"a\":2\n{\"a\":3}]"),
              (Lines{"1:{\"a\":1}", "2!", "3:{\"a\":3}"}));
}

TEST(JsonDocuments, a_file_that_breaks_off_keeps_what_stands_before) {
    EXPECT_EQ(json("{\"a\":1}\n{\"a\":2,\"b"), (Lines{"1:{\"a\":1}", "2!"}));
    EXPECT_EQ(json("[{\"a\":1},{\"a\":2},{\"a\""), (Lines{"1:{\"a\":1}", "1:{\"a\":2}", "1!"}));
    EXPECT_EQ(json("[{\"a\":1},\n{\"a\":2},\n"), (Lines{"1:{\"a\":1}", "2:{\"a\":2}", "3!"}));
}

TEST(CsvDocuments, quotes_line_breaks_and_empty_cells_are_as_in_rfc_4180) {
    EXPECT_EQ(csv("a,b\r\n1,\"x, \"\"y\"\"\r\nz\"\r\n,\"\"\r\n"),
              (Lines{"2:{\"a\":\"1\",\"b\":\"x, \\\"y\\\"\\r\\nz\"}", "4:{\"b\":\"\"}"}));
    EXPECT_EQ(csv("a,b\n1,2"), Lines{"2:{\"a\":\"1\",\"b\":\"2\"}"});
    EXPECT_EQ(csv("a;b,c\n\n1;2\n"), Lines{"3!"});  // as many commas: a comma separates
    EXPECT_EQ(csv("a;b;c\n1;2,5;3\n"), Lines{"2:{\"a\":\"1\",\"b\":\"2,5\",\"c\":\"3\"}"});
    EXPECT_EQ(csv("\"a,b\"\tc\n1\t2\n"), Lines{"2:{\"a,b\":\"1\",\"c\":\"2\"}"});
}

TEST(CsvDocuments, a_damaged_row_is_told_and_the_rows_behind_it_are_read) {
    EXPECT_EQ(csv("a,b\n1\n1,2\n"), (Lines{"2!", "3:{\"a\":\"1\",\"b\":\"2\"}"}));
    EXPECT_EQ(csv("a,b\n1,\"x\"y\n1,2\n"), (Lines{"2!", "3:{\"a\":\"1\",\"b\":\"2\"}"}));
    EXPECT_EQ(csv("a,b\n1,\"x\n1,2\n3,4\n"),
              (Lines{"2!", "3:{\"a\":\"1\",\"b\":\"2\"}", "4:{\"a\":\"3\",\"b\":\"4\"}"}));
    EXPECT_EQ(csv("a,b\n1,\xff\n1,2\n"), (Lines{"2!", "3:{\"a\":\"1\",\"b\":\"2\"}"}));
}

TEST(CsvDocuments, a_first_row_that_names_nothing_is_refused) {
    for (const char* text : {"", ",\n1,2\n", "a,a\n1,2\n", "\"a\n", "\xff,b\n"})
        EXPECT_FALSE(csv_documents(text)) << text;
}

TEST(CsvDocuments, many_quotes_that_are_never_closed_cost_no_more_than_a_few_readings) {
    std::string text = "a,b\n";
    for (int i = 0; i < 20000; ++i)
        text += "1,\"x\"y\"\n";
    EXPECT_EQ(csv(text).size(), 20000U);
}

TEST(Formats, a_file_is_known_by_its_first_bytes) {
    EXPECT_EQ(format_of(" [{\"_id\":1}]"), Format::json);
    EXPECT_EQ(format_of("story,text\n"), Format::csv);
    EXPECT_EQ(
        format_of(R"({"story":1,"prompt_token_ids":[],"settings":{},"stream":"1","picked":true})"),
        Format::candidates);
    EXPECT_EQ(*without_mark("\xEF\xBB\xBF{}"), "{}");
    EXPECT_FALSE(without_mark(std::string("\xFF\xFE{\0", 4)));
    for (const auto format : {Format::json, Format::csv, Format::candidates})
        EXPECT_EQ(*format_named(name_of(format)), format);
    EXPECT_FALSE(format_named("xml"));
}

}  // namespace
}  // namespace fabula::exchange
