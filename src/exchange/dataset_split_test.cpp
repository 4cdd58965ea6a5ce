// SPDX-License-Identifier: 0BSD
#include "exchange/dataset_split.h"

#include <gtest/gtest.h>

#include <cmath>

namespace fabula::exchange {
namespace {

store::StoryRecord record_of(std::uint64_t seed, std::int64_t created, const std::string& source) {
    store::StoryRecord record;
    record.seed = seed;
    record.created = Timestamp{created};
    record.source = source;
    return record;
}

// The numbers are Python's: hashlib.sha256(b"fabula-story\n7\n1769850300000\n").hexdigest()[:16],
// and int(hashlib.sha256(b"fabula-split\n0\n22ca145d2febd982").hexdigest()[:13], 16) / 2**52.
TEST(DatasetSplit, names_and_places_a_story_as_an_independent_program_does) {
    const auto first = identity_of(record_of(7, 1769850300000, ""));
    EXPECT_EQ(first, "22ca145d2febd982");
    EXPECT_EQ(identity_of(record_of(~std::uint64_t{0}, 0, "import:5f2c")), "df6257bfb481a466");
    // 0.69604... with seed 0, 0.46714... with seed 1
    EXPECT_EQ(split_of(first, {{0.6961, 0.1, 0.2039}, 0}), 0U);
    EXPECT_EQ(split_of(first, {{0.6960, 0.1, 0.2040}, 0}), 1U);
    EXPECT_EQ(split_of(first, {{0.5, 0.1, 0.4}, 0}), 2U);
    EXPECT_EQ(split_of(first, {{0.5, 0.1, 0.4}, 1}), 0U);
    EXPECT_EQ(split_of(first, {{0.4, 0.1, 0.5}, 1}), 1U);
}

TEST(DatasetSplit, depends_on_no_number_or_title_of_the_database) {
    auto one = record_of(3, 5, "");
    auto other = one;
    other.id = store::StoryId{77};
    other.title = "Another";
    EXPECT_EQ(identity_of(one), identity_of(other));
}

TEST(DatasetSplit, gives_each_split_its_share) {
    const SplitRule rule{{0.7, 0.2, 0.1}, 5};
    std::array<double, n_splits> found{};
    constexpr int n = 10'000;
    for (int i = 0; i < n; ++i)
        ++found[split_of(identity_of(record_of(static_cast<std::uint64_t>(i), i, "")), rule)];
    for (std::size_t i = 0; i < n_splits; ++i) {
        const double share = rule.shares[i];
        EXPECT_NEAR(found[i] / n, share, 4 * std::sqrt(share * (1 - share) / n)) << split_names[i];
    }
}

TEST(DatasetSplit, leaves_a_split_without_a_share_empty) {
    for (std::uint64_t i = 0; i < 100; ++i)
        EXPECT_EQ(split_of(identity_of(record_of(i, 0, "")), {{0, 1, 0}, i}), 1U);
}

TEST(DatasetSplit, reads_shares_that_add_up_to_one) {
    const auto shares = shares_named("0.5,0.25,0.25");
    ASSERT_TRUE(shares);
    EXPECT_EQ(*shares, (std::array<double, 3>{0.5, 0.25, 0.25}));
    EXPECT_TRUE(shares_named("0.9,0.05,0.05"));
    EXPECT_TRUE(shares_named("1,0,0"));
    for (const char* text : {"", "1", "0.5,0.5", "0.5,0.5,0.5", "1,0,0,0", "2,-1,0", "nan,0,1",
                             "a,b,c", "1,0,", "0.5,0.25,0.25x"})
        EXPECT_FALSE(shares_named(text)) << text;
}

}  // namespace
}  // namespace fabula::exchange
