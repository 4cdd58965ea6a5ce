// SPDX-License-Identifier: 0BSD
#include "store/packing.h"

#include <gtest/gtest.h>

#include <bit>
#include <limits>

namespace fabula::store {
namespace {

TEST(Packing, writes_ids_as_little_endian_words_in_base64) {
    // 01 00 00 00, 3E 23 00 00
    EXPECT_EQ(pack_ids(std::vector<TokenId>{1, 9022}), "AQAAAD4jAAA=");
    EXPECT_EQ(pack_ids({}), "");
}

TEST(Packing, writes_a_token_as_twenty_bytes) {
    // 07000000 000080BF 000000BF 0000C03F 02000000
    const std::vector<TokenRecord> tokens{{7, -1.0F, -0.5F, 1.5F, 2}};
    EXPECT_EQ(pack_tokens(tokens), "BwAAAAAAgL8AAAC/AADAPwIAAAA=");
}

TEST(Packing, writes_a_ban_as_eight_bytes) {
    // 02000000 07000000
    const std::vector<BanRecord> bans{{2, 7}};
    EXPECT_EQ(pack_bans(bans), "AgAAAAcAAAA=");
    EXPECT_EQ(unpack_bans("AgAAAAcAAAA="), bans);
    EXPECT_EQ(unpack_bans(""), std::vector<BanRecord>{});
    EXPECT_FALSE(unpack_bans("AgAAAA=="));
}

TEST(Packing, gives_back_what_it_packed_for_every_length) {
    std::vector<TokenId> ids;
    for (int i = 0; i < 50; ++i) {
        EXPECT_EQ(unpack_ids(pack_ids(ids)), ids);
        ids.push_back(i * 40'000'003 - 7);
    }
    ids = {std::numeric_limits<TokenId>::min(), std::numeric_limits<TokenId>::max(), -1, 0};
    EXPECT_EQ(unpack_ids(pack_ids(ids)), ids);
}

TEST(Packing, keeps_every_bit_of_a_float) {
    for (const std::uint32_t bits : {0x00000000U, 0x80000000U, 0x00000001U, 0x7F7FFFFFU,
                                     0xFF800000U, 0x7FC00001U, 0x3DCCCCCDU}) {
        const std::vector<TokenRecord> tokens{
            {1, std::bit_cast<float>(bits), std::bit_cast<float>(bits ^ 0x80000000U), 0.1F, 3}};
        const auto back = unpack_tokens(pack_tokens(tokens));
        ASSERT_TRUE(back && back->size() == 1);
        EXPECT_EQ(std::bit_cast<std::uint32_t>(back->front().logprob_model), bits);
        EXPECT_EQ(std::bit_cast<std::uint32_t>(back->front().logprob), bits ^ 0x80000000U);
        EXPECT_EQ(back->front().entropy, 0.1F);
        EXPECT_EQ(back->front().rank, 3);
    }
}

TEST(Packing, refuses_what_is_not_whole) {
    for (const char* wrong : {"AQAAAD4jAAA", "AQAA", "AQAAAD4jAA==", "AQAAAD4j AA=", "AQ=AAD4jAAA=",
                              "====", "AQAAAD4jAAB=", "AQAAAD4jA===", "AQAAAA=="}) {
        const bool is_whole_word = std::string_view(wrong) == "AQAAAA==";
        EXPECT_EQ(unpack_ids(wrong).has_value(), is_whole_word) << wrong;
    }
    EXPECT_FALSE(unpack_tokens("AQAAAA=="));
}

TEST(Packing, reads_the_full_range_of_unsigned_numbers_and_nothing_else) {
    EXPECT_EQ(unsigned_from("18446744073709551615"), ~std::uint64_t{0});
    EXPECT_EQ(unsigned_from("0"), 0U);
    for (const char* wrong :
         {"", "-1", "+1", " 1", "1 ", "01", "1.0", "18446744073709551616", "x"}) {
        EXPECT_FALSE(unsigned_from(wrong)) << wrong;
    }
}

TEST(Packing, indices_are_read_back_and_anything_else_is_refused) {
    for (const std::vector<std::size_t>& indices :
         std::vector<std::vector<std::size_t>>{{}, {0}, {2, 0, 17}})
        EXPECT_EQ(unpack_indices(pack_indices(indices)), indices);
    EXPECT_EQ(pack_indices(std::vector<std::size_t>{0, 3, 2}), "0,3,2");
    for (const char* bad : {",", "0,", ",0", "0,,1", "-1", "1 ", "01", "x", "18446744073709551616"})
        EXPECT_FALSE(unpack_indices(bad)) << bad;
}

}  // namespace
}  // namespace fabula::store
