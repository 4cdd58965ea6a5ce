// SPDX-License-Identifier: 0BSD
#include "app/bench_sample.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace fabula::app {
namespace {

TEST(BenchSample, has_a_chain_for_every_method_with_settings_that_hold) {
    std::set<std::string> names;
    for (const auto& chain : sample_chains()) {
        EXPECT_TRUE(names.insert(chain.name).second) << chain.name;
        EXPECT_TRUE(sample::validate(chain.settings)) << chain.name;
    }
    for (const auto stage : sample::Settings{}.order) {
        if (stage == sample::Stage::penalties) continue;
        EXPECT_TRUE(names.contains(sample::name_of(stage))) << sample::name_of(stage);
    }
}

TEST(BenchSample, times_every_chain_over_every_row_and_checks_what_is_kept) {
    auto rows = made_rows(700);
    rows.push_back(stretched_row(std::vector<float>{1, 5, -2}, 700));
    ASSERT_EQ(rows.size(), 4U);
    for (const auto& row : rows) {
        ASSERT_EQ(row.logits.size(), 700U);
        for (const auto& chain : sample_chains()) {
            const auto figures = time_chain(chain, row, 3);
            ASSERT_TRUE(figures) << row.name << chain.name << figures.error().message;
            EXPECT_GT(figures->median_ms, 0);
            EXPECT_GE(figures->p95_ms, figures->median_ms);
            EXPECT_GE(figures->kept, 1U);
            EXPECT_NE(as_json(*figures).find("\"chain\":\"" + chain.name + "\""),
                      std::string::npos);
        }
    }
}

TEST(BenchSample, stretches_a_row_without_changing_its_shape) {
    const auto row = stretched_row(std::vector<float>{1, 5, -2}, 3000);
    double mean[3] = {};
    for (std::size_t i = 0; i < 3000; ++i)
        mean[i / 1000] += static_cast<double>(row.logits[i]) / 1000;
    EXPECT_NEAR(mean[0], 1, 0.02);
    EXPECT_NEAR(mean[1], 5, 0.02);
    EXPECT_NEAR(mean[2], -2, 0.02);
}

TEST(BenchSample, reads_rows_and_names_what_is_wrong_with_one) {
    const std::string two("\0\0\x80\x3F\0\0\0\x40", 8);
    EXPECT_EQ(row_from(two, "r").value(), (std::vector<float>{1, 2}));
    EXPECT_EQ(row_from(two.substr(1), "r").error().message,
              "logits 'r': 7 bytes are no row of float32 numbers, four bytes each");
    EXPECT_EQ(row_from("", "r").error().code, ErrorCode::invalid_input);
}

TEST(BenchSample, writes_the_ids_that_stay_one_a_line) {
    sample::Settings settings;
    settings.temperature = 1;
    settings.top_k = 2;
    const std::vector<float> row{1, 4, 2, 3};
    EXPECT_EQ(kept_ids(row, settings, {}).value(), "1\n3\n");
    settings.no_repeat_ngram_size = 1;
    const std::vector<TokenId> history{1, 9};
    EXPECT_EQ(kept_ids(row, settings, {.history = history}).value(), "2\n3\n");
    const std::vector<float> broken{1, NAN};
    EXPECT_EQ(kept_ids(broken, settings, {}).error().code, ErrorCode::corrupt);
}

TEST(BenchSample, refuses_a_row_whose_draw_is_broken) {
    auto rows = made_rows(50);
    rows[0].logits[7] = INFINITY;
    const auto figures = time_chain(sample_chains()[1], rows[0], 2);
    ASSERT_FALSE(figures);
    EXPECT_EQ(figures.error().code, ErrorCode::corrupt);
}

TEST(BenchSample, says_what_there_is_to_say_of_a_token) {
    sample::Drawn drawn;
    drawn.token = 17;
    drawn.logprob = -0.5F;
    drawn.logprob_model = -1.25F;
    drawn.entropy = 2;
    drawn.rank = 3;
    EXPECT_EQ(as_text(drawn),
              "token 17  log-probability -0.5000 (model -1.2500)  entropy 2.0000 nats  rank 3\n");
    EXPECT_EQ(as_json(drawn),
              "{\"token\":17,\"logprob\":-0.5,\"logprob_model\":-1.25,\"entropy\":2.0,"
              "\"rank\":3,\"mirostat_mu\":0.0}\n");
}

}  // namespace
}  // namespace fabula::app
