// SPDX-License-Identifier: 0BSD
#include "model/hugging_face/safetensors.h"

#include "model/hugging_face/written_folder.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>

namespace fabula::model::hugging_face {
namespace {

Result<SafetensorsHeader> read(const std::string& bytes) {
    return read_safetensors(std::as_bytes(std::span(bytes)), bytes.size(), "file 'x'");
}

std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& offsets) {
    return "\"" + name + R"(":{"dtype":")" + dtype + R"(","shape":)" + shape +
           R"(,"data_offsets":)" + offsets + "}";
}

TEST(Safetensors, finds_each_tensor_where_it_lies) {
    const std::string bytes = safetensors_of({{"b", {2, 3}, 5}, {"a", {4}, 7}});
    const auto header = read(bytes);
    ASSERT_TRUE(header) << header.error().message;
    ASSERT_EQ(header->tensors.size(), 2U);
    EXPECT_EQ(header->metadata.at("format"), "pt");
    const SafetensorsTensor& a = header->tensors[1];
    EXPECT_EQ(a.name, "a");
    EXPECT_EQ(a.dtype, "F32");
    EXPECT_EQ(a.size_bytes, 16U);
    float first = 0;
    std::memcpy(&first, bytes.data() + a.offset, sizeof(first));
    EXPECT_EQ(first, 7.0F);
    EXPECT_EQ(header->tensors[0].shape, (std::vector<std::uint64_t>{2, 3}));
}

TEST(Safetensors, reads_a_tensor_without_numbers_and_one_without_axes) {
    const auto header = read(safetensors_with("{" + entry("none", "F32", "[0,3]", "[0,0]") + "," +
                                                  entry("one", "I64", "[]", "[0,8]") + "}",
                                              8));
    ASSERT_TRUE(header) << header.error().message;
    EXPECT_EQ(header->tensors[0].name, "none");
}

struct Lie {
    const char* name;
    std::string header;
    std::size_t n_bytes;
    const char* said;
};

TEST(Safetensors, does_not_believe_a_header_that_lies) {
    const std::vector<Lie> lies = {
        {"overlap", entry("a", "F32", "[2]", "[0,8]") + "," + entry("b", "F32", "[2]", "[4,12]"),
         12, "overlap"},
        {"hole", entry("a", "F32", "[1]", "[0,4]") + "," + entry("b", "F32", "[1]", "[8,12]"), 12,
         "hole"},
        {"behind the end", entry("a", "F32", "[4]", "[0,16]"), 12, "bytes 0 to 16 of 12"},
        {"backwards", entry("a", "F32", "[1]", "[8,4]"), 12, "bytes 8 to 4"},
        {"2^63", entry("a", "F32", "[1]", "[9223372036854775808,9223372036854775812]"), 4,
         "9223372036854775808"},
        {"2^64 - 1", entry("a", "F32", "[1]", "[0,18446744073709551615]"), 4,
         "18446744073709551615"},
        {"shape of 2^63", entry("a", "F32", "[9223372036854775808]", "[0,4]"), 4, "counted"},
        {"shape that wraps", entry("a", "F32", "[4294967296,4294967296,4]", "[0,4]"), 4, "counted"},
        {"size", entry("a", "F32", "[3]", "[0,8]"), 8, "12 bytes and offsets of 8"},
        {"left over", entry("a", "F32", "[1]", "[0,4]"), 8, "behind the header are 8"},
        {"dtype", entry("a", "F12", "[1]", "[0,4]"), 4, "'F12'"},
        {"negative", entry("a", "F32", "[-1]", "[0,4]"), 4, "no shape"},
        {"fraction", entry("a", "F32", "[1.0]", "[0,4]"), 4, "no shape"},
        {"no offsets", R"("a":{"dtype":"F32","shape":[1]})", 4, "no data_offsets"},
        {"three offsets", entry("a", "F32", "[1]", "[0,2,4]"), 4, "no data_offsets"},
        {"twice", entry("a", "F32", "[1]", "[0,4]") + "," + entry("a", "F32", "[1]", "[0,4]"), 4,
         "comes twice"},
        {"axes", entry("a", "F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]"), 4, "no shape"},
        {"metadata", R"("__metadata__":{"a":1})", 0, "__metadata__"},
        {"number", R"("a":1)", 0, "dtype ''"}};
    for (const Lie& lie : lies) {
        const auto header = read(safetensors_with("{" + lie.header + "}", lie.n_bytes));
        ASSERT_FALSE(header) << lie.name;
        EXPECT_EQ(header.error().code, ErrorCode::corrupt) << lie.name;
        EXPECT_NE(header.error().message.find(lie.said), std::string::npos)
            << lie.name << ": " << header.error().message;
        EXPECT_TRUE(header.error().message.starts_with("file 'x': ")) << lie.name;
    }
}

TEST(Safetensors, does_not_believe_a_length_that_lies) {
    const std::string whole = safetensors_of({{"a", {4}}});
    for (const std::uint64_t length :
         {std::uint64_t{1} << 63U, ~std::uint64_t{0}, std::uint64_t{100'000'001},
          std::uint64_t{whole.size()}, std::uint64_t{0}, std::uint64_t{3}}) {
        std::string bytes = whole;
        std::memcpy(bytes.data(), &length, sizeof(length));
        EXPECT_FALSE(read(bytes)) << length;
    }
    for (std::size_t n = 0; n < whole.size(); ++n)
        EXPECT_FALSE(read(whole.substr(0, n))) << n;
}

TEST(Safetensors, turns_numbers_of_each_type_into_floats) {
    const std::array<double, 2> doubles = {1.5, -2.25};
    std::array<float, 2> floats{};
    to_floats("F64", std::as_bytes(std::span(doubles)), floats);
    EXPECT_EQ(floats, (std::array<float, 2>{1.5F, -2.25F}));
    const std::array<std::uint16_t, 2> brains = {0x3FC0, 0xC010};
    to_floats("BF16", std::as_bytes(std::span(brains)), floats);
    EXPECT_EQ(floats, (std::array<float, 2>{1.5F, -2.25F}));
    const std::array<std::uint16_t, 6> halves = {0x3E00, 0xC080, 0x0001, 0x8001, 0x7C00, 0x7BFF};
    std::array<float, 6> found{};
    to_floats("F16", std::as_bytes(std::span(halves)), found);
    EXPECT_EQ(found[0], 1.5F);
    EXPECT_EQ(found[1], -2.25F);
    EXPECT_EQ(found[2], 0x1p-24F);
    EXPECT_EQ(found[3], -0x1p-24F);
    EXPECT_TRUE(std::isinf(found[4]));
    EXPECT_EQ(found[5], 65504.0F);
}

}  // namespace
}  // namespace fabula::model::hugging_face
