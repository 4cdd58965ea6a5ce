// SPDX-License-Identifier: 0BSD
#include "model/page_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>

namespace fabula::model {
namespace {

const std::vector<TokenId> some_tokens{1, 2, 3, 250879};

std::vector<std::byte> some_numbers(std::size_t n) {
    std::mt19937 random(3);
    std::vector<std::byte> bytes(n);
    for (auto& byte : bytes)
        byte = static_cast<std::byte>(random());
    return bytes;
}

class PageFile : public testing::Test {
protected:
    PageFile() {
        file = page_file_head(key, some_tokens, numbers);
        file.insert(file.end(), numbers.begin(), numbers.end());
    }
    Result<std::span<const std::byte>> read() const {
        return numbers_in_page_file(file, key, some_tokens, numbers.size());
    }
    const PageKey key = PageKey::of("a model").behind(some_tokens);
    const std::vector<std::byte> numbers = some_numbers(500);
    std::vector<std::byte> file;
};

TEST_F(PageFile, gives_back_what_was_put_in) {
    EXPECT_EQ(file.size(), page_file_bytes(some_tokens.size(), numbers.size()));
    const auto found = read();
    ASSERT_TRUE(found);
    EXPECT_TRUE(std::ranges::equal(*found, numbers));
}

TEST_F(PageFile, is_refused_with_any_bit_changed) {
    for (std::size_t byte = 0; byte < file.size(); ++byte) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            file[byte] ^= static_cast<std::byte>(1U << bit);
            const auto found = read();
            ASSERT_FALSE(found) << byte << " " << bit;
            EXPECT_EQ(found.error().code, ErrorCode::corrupt);
            file[byte] ^= static_cast<std::byte>(1U << bit);
        }
    }
    EXPECT_TRUE(read());
}

TEST_F(PageFile, is_refused_shorter_or_longer) {
    auto whole = file;
    for (std::size_t n = 0; n < whole.size(); ++n) {
        file.assign(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n));
        ASSERT_FALSE(read()) << n;
    }
    file = whole;
    file.push_back(std::byte{0});
    EXPECT_FALSE(read());
}

TEST_F(PageFile, is_refused_where_another_was_asked_for) {
    EXPECT_FALSE(numbers_in_page_file(file, PageKey::of("another"), some_tokens, numbers.size()));
    EXPECT_FALSE(numbers_in_page_file(file, key, some_tokens, numbers.size() - 1));
    EXPECT_FALSE(numbers_in_page_file(file, key, std::span(some_tokens).first(3), numbers.size()));
    auto others = some_tokens;
    others.back() = 7;  // as if two lines had the same hash
    EXPECT_FALSE(numbers_in_page_file(file, key, others, numbers.size()));
}

TEST(PageKey, tells_lines_of_tokens_apart) {
    const PageKey first = PageKey::of("a model");
    EXPECT_NE(first, PageKey::of("another model"));
    const std::vector<TokenId> a{1, 2};
    const std::vector<TokenId> b{2, 1};
    EXPECT_EQ(first.behind(a), first.behind(a));
    EXPECT_NE(first.behind(a), first.behind(b));
    EXPECT_NE(first.behind(a).behind(b), first.behind(b).behind(a));
}

// Names of files that other processes look for: as they are in docs/formats/cache.md.
TEST(PageKey, is_that_of_the_format) {
    EXPECT_EQ(PageKey::of("").hex(), "99aa06d3014798d86001c324468d497f");  // XXH3 of nothing
    EXPECT_EQ((PageKey{0x0123456789abcdef, 0xfedcba9876543210}.hex()),
              "0123456789abcdeffedcba9876543210");
}

}  // namespace
}  // namespace fabula::model
