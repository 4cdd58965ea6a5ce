// SPDX-License-Identifier: 0BSD
// The cache of branches: whatever was asked before, the logits are those of a cold model, and
// nothing that is shared is computed twice.
#include "base/rng.h"
#include "reference/model_files.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <thread>

namespace fabula::reference {
namespace {

using Tokens = std::vector<TokenId>;

class Step : public testing::TestWithParam<Decoder> {
protected:
    void SetUp() override {
        if (const std::string why = absence_of(GetParam()); !why.empty()) GTEST_SKIP() << why;
    }

    /// The made model, loaded for `n_branches`.
    std::unique_ptr<model::Model> load(std::size_t n_branches = 4, std::size_t window_tokens = 0) {
        model::LoadOptions options = exact();
        options.n_branches = n_branches;
        options.window_tokens = window_tokens;
        return loaded(path, GetParam(), options);
    }

    static Result<model::StepCost> step(model::Model& model, const std::vector<Tokens>& branches,
                                        std::vector<float>& logits,
                                        const std::stop_token& stop = {}) {
        logits.resize(branches.size() * model.info().n_vocab);
        const std::vector<std::span<const TokenId>> views(branches.begin(), branches.end());
        return model.step(views, logits, stop);
    }

    /// Computed and cached tokens of a step.
    static std::pair<std::size_t, std::size_t> cost(model::Model& model,
                                                    const std::vector<Tokens>& branches) {
        std::vector<float> logits;
        const auto done = step(model, branches, logits);
        EXPECT_TRUE(done) << done.error().message;
        return {done->computed_tokens, done->cached_tokens};
    }

    static Tokens counted(TokenId first, std::size_t n) {
        Tokens tokens = {1};
        for (std::size_t i = 0; i + 1 < n; ++i)
            tokens.push_back(first + static_cast<TokenId>(i % 40));
        return tokens;
    }

    Folder folder;
    std::string path = import_made(folder, {.n_vocab = 345, .window_tokens = 256}, 11);
};

Tokens with(Tokens tokens, TokenId token) {
    tokens.push_back(token);
    return tokens;
}

using Cost = std::pair<std::size_t, std::size_t>;

TEST_P(Step, computes_a_shared_prefix_once) {
    const auto model = load();
    const Tokens prompt = counted(260, 50);
    EXPECT_EQ(cost(*model, {prompt, prompt, prompt}), Cost(50, 100));
    const std::vector<Tokens> three = {with(prompt, 261), with(prompt, 262), with(prompt, 263)};
    EXPECT_EQ(cost(*model, three), Cost(3, 150));
    EXPECT_EQ(cost(*model, {with(three[0], 270), with(three[1], 270), with(three[2], 271)}),
              Cost(3, 153));
}

TEST_P(Step, computes_a_prefix_that_new_branches_share_once) {
    const auto model = load();
    const Tokens prompt = counted(260, 30);
    // 30 shared, then two tokens of its own for each.
    EXPECT_EQ(cost(*model, {with(with(prompt, 300), 301), with(with(prompt, 302), 303)}),
              Cost(34, 30));
    EXPECT_EQ(cost(*model, {prompt}), Cost(1, 29));  // its last token again, for the logits
}

TEST_P(Step, keeps_a_finished_prefix_for_the_next_step_and_for_undo) {
    const auto model = load();
    const Tokens prompt = counted(260, 20);
    Tokens chosen = prompt;
    for (TokenId token = 300; token < 310; ++token) {
        chosen = with(chosen, token);
        cost(*model, {chosen, with(prompt, token)});
    }
    EXPECT_EQ(cost(*model, {with(chosen, 311)}), Cost(1, 30));
    EXPECT_EQ(cost(*model, {with(prompt, 312)}), Cost(1, 20));  // undo
    EXPECT_EQ(cost(*model, {with(chosen, 313)}), Cost(1, 30));  // and redo
}

TEST_P(Step, gives_the_logits_of_a_fully_cached_branch_again) {
    const auto model = load();
    const Tokens branch = counted(260, 25);
    const auto first = logits_behind(*model, branch);
    const auto again = logits_behind(*model, branch);
    EXPECT_LE(distance(first, again), allowed(*model, 1e-4F));
    EXPECT_EQ(cost(*model, {Tokens(branch.begin(), branch.begin() + 10)}), Cost(1, 9));
}

TEST_P(Step, decodes_prompts_of_several_batches) {
    path = import_made(folder, {.n_vocab = 345, .window_tokens = 1500}, 12);
    const auto model = load(2);
    const Tokens long_prompt = counted(260, 1400);
    const auto warm = logits_behind(*model, long_prompt);
    EXPECT_EQ(cost(*model, {with(long_prompt, 270), counted(261, 1200)}).first, 1U + 1199U);
    const auto cold = logits_behind(*load(2), long_prompt);
    EXPECT_LE(distance(warm, cold), allowed(*model));
}

/// Branches as people and samplers make them: from what was there before, cut back or not, one
/// token or several longer.
class Walk {
public:
    std::vector<Tokens> next() {
        ++step_;
        std::vector<Tokens> branches;
        const std::size_t n_branches = 1 + drawn(0, 4);
        for (std::uint32_t b = 0; b < n_branches; ++b)
            branches.push_back(branch(b));
        known_.insert(known_.end(), branches.begin(), branches.end());
        if (known_.size() > 12) known_.erase(known_.begin(), known_.end() - 12);
        return branches;
    }

private:
    std::size_t drawn(std::uint32_t attempt, std::size_t n) const {
        return static_cast<std::size_t>(rng_.uniform(step_, attempt) * static_cast<double>(n));
    }

    Tokens branch(std::uint32_t b) const {
        Tokens branch = known_[drawn(10 + b, known_.size())];
        if (drawn(20 + b, 3) == 0) branch.resize(1 + drawn(30 + b, branch.size()));
        const std::size_t n_more = drawn(40 + b, 3) == 0 ? drawn(50 + b, 12) : 1;
        for (std::uint32_t t = 0; t < n_more && branch.size() < 200; ++t) {
            branch.push_back(static_cast<TokenId>(259 + drawn(60 + 16 * b + t, 60)));
        }
        return branch;
    }

    Rng rng_{99};
    std::uint64_t step_ = 0;
    std::vector<Tokens> known_ = {{1, 260, 261, 262, 263}};
};

/// How many different prefixes the branches have: what a cold cache computes when it shares all.
std::size_t n_prefixes(const std::vector<Tokens>& branches) {
    std::set<Tokens> prefixes;
    for (const Tokens& branch : branches) {
        for (std::size_t n = 1; n <= branch.size(); ++n) {
            prefixes.emplace(branch.begin(), branch.begin() + static_cast<std::ptrdiff_t>(n));
        }
    }
    return prefixes.size();
}

TEST_P(Step, walks_at_random_as_a_cold_model_would) {
    const auto model = load(4);
    const std::size_t n_vocab = model->info().n_vocab;
    Walk walk;
    float off = 0;
    for (int i = 0; i < 200; ++i) {
        const std::vector<Tokens> branches = walk.next();
        std::vector<float> logits;
        const auto done = step(*model, branches, logits);
        ASSERT_TRUE(done) << done.error().message;
        // Each distinct branch computes its last token, and nothing is computed twice.
        EXPECT_GE(done->computed_tokens, std::set<Tokens>(branches.begin(), branches.end()).size());
        EXPECT_LE(done->computed_tokens, n_prefixes(branches));
        std::size_t n_tokens = 0;
        for (std::size_t b = 0; b < branches.size(); ++b) {
            n_tokens += branches[b].size();
            const auto cold = logits_behind(*load(1), branches[b]);
            const auto row = logits.begin() + static_cast<std::ptrdiff_t>(b * n_vocab);
            const std::vector<float> warm(row, row + static_cast<std::ptrdiff_t>(n_vocab));
            EXPECT_EQ(likeliest(warm), likeliest(cold)) << "step " << i;
            off = std::max(off, distance(warm, cold));
        }
        EXPECT_EQ(done->computed_tokens + done->cached_tokens, n_tokens);
    }
    RecordProperty("largest_difference", std::to_string(off));
    EXPECT_LE(off, allowed(*model));
}

/// Of those that promise them.
class StepBits : public Step {};

TEST_P(StepBits, are_the_same_in_company_and_on_more_threads) {
    const auto model = load(8);
    EXPECT_NE(model->info().arithmetic, "");
    const Tokens sequence = counted(260, 200);
    model::LoadOptions two_threads = exact();
    two_threads.n_threads = 2;
    two_threads.n_branches = sequence.size();
    const auto other = loaded(path, GetParam(), two_threads);
    std::vector<Tokens> beginnings;
    for (std::size_t n = 1; n <= sequence.size(); ++n)
        beginnings.emplace_back(sequence.begin(),
                                sequence.begin() + static_cast<std::ptrdiff_t>(n));
    std::vector<float> together;
    ASSERT_TRUE(step(*other, beginnings, together));
    const std::size_t n_vocab = model->info().n_vocab;
    for (std::size_t row = 0; row < beginnings.size(); ++row) {
        const auto alone = logits_behind(*model, beginnings[row]);
        EXPECT_EQ(
            std::memcmp(alone.data(), together.data() + row * n_vocab, n_vocab * sizeof(float)), 0)
            << "position " << row;
    }
}

TEST_P(Step, forgets_idle_branches_where_the_cache_is_full_and_asked_ones_never) {
    const auto model = load(2, 256);  // 768 cells
    for (TokenId first = 259; first < 275; ++first) {
        const auto [computed, cached] =
            cost(*model, {counted(first, 250), counted(first + 30, 250)});
        EXPECT_EQ(computed + cached, 500U);
    }
    const auto warm = logits_behind(*model, counted(274, 250));
    EXPECT_LE(distance(warm, logits_behind(*load(2), counted(274, 250))), allowed(*model));
}

TEST_P(Step, refuses_branches_that_it_cannot_hold) {
    const auto model = load(2, 64);
    std::vector<float> logits;
    const auto code = [&](const std::vector<Tokens>& branches) {
        const auto done = step(*model, branches, logits);
        return done ? "" : std::string(name_of(done.error().code));
    };
    EXPECT_EQ(model->info().window_tokens, 64U);
    EXPECT_GE(model->n_branches(), 2U);
    EXPECT_EQ(code({counted(260, 64)}), "");
    EXPECT_EQ(code({counted(260, 65)}), "exhausted");
    if (model->n_branches() == 2U) {  // ours takes more than it was loaded for
        EXPECT_EQ(code({{1}, {1, 2}, {1, 3}}), "invalid_input");
    }
    EXPECT_EQ(code({{1, 345}}), "invalid_input");
    EXPECT_EQ(code({{1, -1}}), "invalid_input");
    EXPECT_EQ(code({}), "");
    EXPECT_EQ(cost(*model, {counted(260, 64)}), Cost(1, 63));  // refusals cost nothing
}

TEST_P(Step, stops_when_asked_and_goes_on_as_if_nothing_had_been) {
    path = import_made(
        folder,
        {.n_embd = 64, .n_hidden = 256, .n_layer = 6, .n_vocab = 345, .window_tokens = 2048}, 13);
    const auto model = load(2);
    const Tokens prompt = counted(260, 40);
    const auto before = logits_behind(*model, prompt);

    std::stop_source at_once;
    at_once.request_stop();
    std::vector<float> logits;
    const auto refused = step(*model, {counted(261, 1900)}, logits, at_once.get_token());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);

    std::size_t n_stopped = 0;
    for (int i = 0; i < 12; ++i) {  // in the middle, wherever that is
        std::stop_source soon;
        std::jthread stopper([&soon, i] {
            std::this_thread::sleep_for(std::chrono::milliseconds(2 + 3 * i));
            soon.request_stop();
        });
        const std::vector<Tokens> two = {counted(static_cast<TokenId>(262 + i), 1900),
                                         with(prompt, 270)};
        if (!step(*model, two, logits, soon.get_token())) ++n_stopped;
    }
    RecordProperty("stopped", std::to_string(n_stopped));
    EXPECT_GT(n_stopped, 0U);
    EXPECT_LE(distance(before, logits_behind(*model, prompt)), allowed(*model));
    const Tokens other = counted(262, 300);
    EXPECT_LE(distance(logits_behind(*model, other), logits_behind(*load(2), other)),
              allowed(*model));
}

INSTANTIATE_TEST_SUITE_P(Decoders, Step, testing::ValuesIn(decoders()),
                         [](const auto& tested) { return name_of(tested.param); });

INSTANTIATE_TEST_SUITE_P(Decoders, StepBits, testing::ValuesIn(our_decoders()),
                         [](const auto& tested) { return name_of(tested.param); });

}  // namespace
}  // namespace fabula::reference
