// SPDX-License-Identifier: 0BSD
#include "app/bench_decode.h"

#include "app/bench.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <utility>

namespace fabula::app {
namespace {

using Branches = std::vector<std::vector<TokenId>>;

constexpr TokenId end_token = 3;
constexpr TokenId control_token = 5;

// Writes down what it is asked, and finds every token equally likely.
class RecordingModel final : public model::Model {
public:
    explicit RecordingModel(std::size_t n_vocab) {
        info_.name = "recording";
        info_.n_vocab = n_vocab;
        info_.window_tokens = 1000;
    }
    const model::ModelInfo& info() const override { return info_; }
    Result<std::vector<TokenId>> encode(std::string_view /*text*/,
                                        model::Place /*place*/) const override {
        return std::vector<TokenId>{};
    }
    std::string piece(TokenId token) const override { return token == control_token ? "" : "x"; }
    bool is_end(TokenId token) const override { return token == end_token; }
    std::size_t n_branches() const override { return 64; }
    Result<model::StepCost> step(std::span<const std::span<const TokenId>> branches,
                                 std::span<float> logits, const std::stop_token& stop) override {
        if (stop.stop_requested()) return Error{ErrorCode::unavailable, "stopped"};
        EXPECT_EQ(logits.size(), branches.size() * info_.n_vocab);
        Branches asked;
        for (const auto& branch : branches)
            asked.emplace_back(branch.begin(), branch.end());
        steps.push_back(std::move(asked));
        std::ranges::fill(logits, 0.0F);
        return model::StepCost{};
    }

    std::vector<Branches> steps;

private:
    model::ModelInfo info_;
};

DecodeOptions small_options() {
    DecodeOptions options;
    options.prefix = 20;
    options.tokens = 7;
    options.candidates = 4;
    return options;
}

model::GgufFile file_with_window(std::uint64_t n_tokens) {
    model::GgufFile file;
    file.metadata["general.architecture"] = std::string("bloom");
    file.metadata["bloom.context_length"] = n_tokens;
    return file;
}

TEST(BenchDecode, a_step_on_the_prefix_comes_first_and_then_one_a_token) {
    RecordingModel model(100);
    std::size_t n_heard = 0;
    const auto times = time_decode(model, small_options(), 0, [&] { ++n_heard; }, {});
    ASSERT_TRUE(times);
    ASSERT_EQ(model.steps.size(), 8U);
    EXPECT_EQ(n_heard, 7U);
    ASSERT_EQ(model.steps[0].size(), 1U);
    EXPECT_EQ(model.steps[0][0].size(), 20U);
    for (std::size_t i = 1; i < model.steps.size(); ++i) {
        ASSERT_EQ(model.steps[i].size(), 4U);
        for (const auto& branch : model.steps[i])
            EXPECT_EQ(branch.size(), 20 + i);
    }
    EXPECT_GT(times->prefill, 0);
    EXPECT_GT(times->steps, 0);
    EXPECT_GT(times->loop, times->steps);
}

TEST(BenchDecode, candidates_share_the_prefix_grow_and_are_all_different) {
    RecordingModel model(100);
    ASSERT_TRUE(time_decode(model, small_options(), 0, {}, {}));
    const auto& prefix = model.steps[0][0];
    for (std::size_t i = 1; i < model.steps.size(); ++i) {
        std::set<TokenId> firsts;
        for (std::size_t row = 0; row < 4; ++row) {
            const auto& branch = model.steps[i][row];
            EXPECT_TRUE(std::equal(prefix.begin(), prefix.end(), branch.begin()));
            firsts.insert(branch[20]);
            if (i == 1) continue;
            const auto& before = model.steps[i - 1][row];
            EXPECT_TRUE(std::equal(before.begin(), before.end(), branch.begin()));
        }
        EXPECT_EQ(firsts.size(), 4U);
    }
}

TEST(BenchDecode, no_text_ends_and_no_prefix_has_a_control_token) {
    RecordingModel model(12);
    ASSERT_TRUE(time_decode(model, small_options(), 0, {}, {}));
    EXPECT_EQ(std::ranges::count(model.steps[0][0], control_token), 0);
    for (const auto& branch : model.steps.back())
        EXPECT_EQ(std::ranges::count(branch, end_token), 0);
}

TEST(BenchDecode, a_run_is_named_by_seed_and_number) {
    RecordingModel model(100);
    auto options = small_options();
    ASSERT_TRUE(time_decode(model, options, 0, {}, {}));
    ASSERT_TRUE(time_decode(model, options, 0, {}, {}));
    ASSERT_TRUE(time_decode(model, options, 1, {}, {}));
    options.seed = 2;
    ASSERT_TRUE(time_decode(model, options, 0, {}, {}));
    EXPECT_EQ(model.steps[7], model.steps[15]);
    EXPECT_NE(model.steps[7], model.steps[23]);
    EXPECT_NE(model.steps[7], model.steps[31]);
    EXPECT_NE(model.steps[0], model.steps[16]);  // the prefix is another one, too
}

TEST(BenchDecode, more_candidates_than_ways_to_go_on_are_refused) {
    RecordingModel model(4);  // three words and an end
    const auto times = time_decode(model, small_options(), 0, {}, {});
    ASSERT_FALSE(times);
    EXPECT_EQ(times.error().code, ErrorCode::exhausted);
}

TEST(BenchDecode, a_stop_ends_the_run) {
    RecordingModel model(100);
    std::stop_source stop;
    stop.request_stop();
    const auto times = time_decode(model, small_options(), 0, {}, stop.get_token());
    ASSERT_FALSE(times);
    EXPECT_EQ(times.error().code, ErrorCode::unavailable);
}

TEST(BenchDecode, prefix_and_tokens_must_fit_the_window) {
    auto options = small_options();
    EXPECT_TRUE(check_decode(options, file_with_window(27), "x.gguf"));
    const auto checked = check_decode(options, file_with_window(26), "x.gguf");
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code, ErrorCode::invalid_input);
    EXPECT_EQ(checked.error().message,
              "model 'x.gguf': a prefix of 20 and 7 tokens behind it are 27, its window holds 26");
}

TEST(BenchDecode, choices_of_one_backend_are_refused_for_the_others) {
    auto options = small_options();
    const auto is_refused = [&](model::Backend backend) {
        options.backend = backend;
        return !check_decode(options, file_with_window(100), "x.gguf");
    };
    options.kernel = "avx2";
    EXPECT_FALSE(is_refused(model::Backend::cpu));
    EXPECT_TRUE(is_refused(model::Backend::llama));
    EXPECT_TRUE(is_refused(model::Backend::automatic));
    options.kernel = "";
    options.flash_attention = false;
    EXPECT_TRUE(is_refused(model::Backend::cpu));
    EXPECT_FALSE(is_refused(model::Backend::llama));
    EXPECT_TRUE(is_refused(model::Backend::automatic));
}

TEST(BenchDecode, the_median_is_the_middle_or_between_the_two) {
    EXPECT_EQ(median({}), 0);
    EXPECT_EQ(median({3, 1, 2}), 2);
    EXPECT_EQ(median({4, 1, 3, 2}), 2.5);
}

}  // namespace
}  // namespace fabula::app
