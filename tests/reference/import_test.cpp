// SPDX-License-Identifier: 0BSD
// Import and decoding against llama2.c, by llama.cpp and by our own kernels: the same greedy
// tokens, the same logits.
#include "reference/model_files.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace fabula::reference {
namespace {

using model::WeightType;

/// How many greedy tokens are the reference's before the first that is not.
std::size_t n_greedy_agreed(model::Model& model, const Reference& reference) {
    std::vector<TokenId> branch = reference.prompt_tokens;
    for (std::size_t i = 0; i < reference.greedy_tokens.size(); ++i) {
        const TokenId next = likeliest(logits_behind(model, branch));
        if (next != reference.greedy_tokens[i]) return i;
        branch.push_back(next);
    }
    return reference.greedy_tokens.size();
}

/// The largest difference to the reference's logits, behind each of the first positions.
float logits_off(model::Model& model, const Reference& reference) {
    std::vector<TokenId> all = reference.prompt_tokens;
    all.insert(all.end(), reference.greedy_tokens.begin(), reference.greedy_tokens.end());
    float off = 0;
    for (std::size_t row = 0; row < reference.n_rows; ++row) {
        const std::vector<TokenId> branch(all.begin(),
                                          all.begin() + static_cast<std::ptrdiff_t>(row) + 1);
        const auto first =
            reference.logits.begin() + static_cast<std::ptrdiff_t>(row * reference.n_columns);
        const std::vector<float> said(first,
                                      first + static_cast<std::ptrdiff_t>(reference.n_columns));
        off = std::max(off, distance(logits_behind(model, branch), said));
    }
    return off;
}

class Import : public testing::TestWithParam<std::tuple<std::string, Decoder>> {
protected:
    void SetUp() override {
        if (const std::string why = absence_of(decoder); !why.empty()) GTEST_SKIP() << why;
        reference = reference_of(data);
        if (!reference) GTEST_SKIP() << "the data of " << data << " is not there";
    }

    std::unique_ptr<model::Model> imported_as(WeightType type,
                                              const model::LoadOptions& options = exact()) {
        return imported(*reference, decoder, folder / "m.gguf", type, options);
    }

    const std::string data = std::get<0>(GetParam());
    const Decoder decoder = std::get<1>(GetParam());

    std::optional<Reference> reference;
    Folder folder;
};

TEST_P(Import, encodes_the_prompt_as_llama2c_does) {
    const auto model = imported_as(WeightType::q8_0);
    EXPECT_EQ(*model->encode(reference->prompt, model::Place::start), reference->prompt_tokens);
}

TEST_P(Import, gives_logits_within_a_thousandth_of_llama2cs) {
    const auto model = imported_as(WeightType::f32);
    const float off = logits_off(*model, *reference);
    RecordProperty("largest_difference", std::to_string(off));
    EXPECT_LE(off, 1e-3F);
}

TEST_P(Import, writes_the_same_greedy_tokens_as_llama2c) {
    const std::size_t n = reference->greedy_tokens.size();
    for (const WeightType type : {WeightType::f32, WeightType::f16}) {
        const auto model = imported_as(type);
        EXPECT_EQ(n_greedy_agreed(*model, *reference), n) << name_of(type);
    }
}

/// Fewer bits move the logits: stories260K's fourteenth position is decided by 0.012, and eight
/// bits decide it otherwise. So each position is asked for itself, behind the reference's words.
TEST_P(Import, keeps_the_likeliest_token_of_most_positions_in_fewer_bits) {
    const auto same_of_100 = [&](WeightType type) {
        const auto model = imported_as(type);
        std::vector<TokenId> branch = reference->prompt_tokens;
        std::size_t n_same = 0;
        for (const TokenId token : reference->greedy_tokens) {
            if (likeliest(logits_behind(*model, branch)) == token) ++n_same;
            branch.push_back(token);
        }
        const std::size_t share = 100 * n_same / reference->greedy_tokens.size();
        RecordProperty(std::string("same_of_100_") + name_of(type), std::to_string(share));
        return share;
    };
    EXPECT_GE(same_of_100(WeightType::q8_0), 95U);
    EXPECT_GE(same_of_100(WeightType::q4_0), 70U);
}

TEST_P(Import, runs_as_people_run_it) {
    model::LoadOptions options = exact();
    options.cache = model::CacheType::f16;
    options.flash_attention = true;
    options.n_threads = 0;
    const auto model = imported_as(WeightType::f32, options);
    EXPECT_LE(logits_off(*model, *reference), 2e-2F);  // the cache holds eleven bits
    EXPECT_GT(n_greedy_agreed(*model, *reference), 20U);
}

INSTANTIATE_TEST_SUITE_P(Data, Import,
                         testing::Combine(testing::Values("stories260K", "stories15M"),
                                          testing::ValuesIn(decoders())),
                         [](const auto& tested) {
                             return std::get<0>(tested.param) + "_" +
                                    name_of(std::get<1>(tested.param));
                         });

/// Of llama.cpp alone: the ninth token is decided by 0.125, and activations in eight bits move
/// logits by up to 0.45. That llama.cpp with an F32 cache writes it is luck that changes tell of;
/// with an F16 cache it does not, nor do our kernels, whose errors are of the same size.
TEST(ImportDefault, writes_its_greedy_tokens_in_eight_bits_too) {
    const auto reference = reference_of("stories15M");
    if (!reference) GTEST_SKIP() << "the data of stories15M is not there";
    const Folder folder;
    const auto model = imported(*reference, {}, folder / "m.gguf", WeightType::q8_0);
    EXPECT_EQ(n_greedy_agreed(*model, *reference), reference->greedy_tokens.size());
}

class ImportMade : public testing::TestWithParam<Decoder> {
protected:
    void SetUp() override {
        if (const std::string why = absence_of(GetParam()); !why.empty()) GTEST_SKIP() << why;
    }
};

TEST_P(ImportMade, gives_finite_logits_for_every_shape_and_type) {
    const Folder folder;
    std::uint64_t seed = 0;
    for (const bool tied : {true, false}) {
        for (const WeightType type :
             {WeightType::f32, WeightType::f16, WeightType::q8_0, WeightType::q4_0}) {
            for (const std::int32_t n_head_kv : {1, 4}) {
                const std::string path =
                    import_made(folder, {.n_head_kv = n_head_kv, .tied_head = tied}, ++seed, type);
                const auto model = loaded(path, GetParam());
                ASSERT_NE(model, nullptr);
                const auto logits = logits_behind(*model, {1, 259, 270, 280});
                EXPECT_TRUE(std::ranges::all_of(logits, [](float x) { return std::isfinite(x); }));
                EXPECT_EQ(model->info().n_vocab, 300U);
                EXPECT_EQ(model->info().architecture, "llama");
                EXPECT_EQ(model->info().hash.size(), 64U);
            }
        }
    }
}

TEST_P(ImportMade, says_the_same_in_four_bytes_and_nearly_the_same_in_two) {
    const Folder folder;
    const std::vector<TokenId> branch = {1, 259, 270, 280, 290};
    const auto with = [&](WeightType type) {
        return logits_behind(*loaded(import_made(folder, {}, 5, type), GetParam()), branch);
    };
    const auto reference = with(WeightType::f32);
    EXPECT_EQ(distance(reference, with(WeightType::f32)), 0.0F);
    EXPECT_LE(distance(reference, with(WeightType::f16)), 5e-2F);
    EXPECT_GT(distance(reference, with(WeightType::q4_0)), 0.0F);
}

INSTANTIATE_TEST_SUITE_P(Decoders, ImportMade, testing::ValuesIn(decoders()),
                         [](const auto& tested) { return name_of(tested.param); });

}  // namespace
}  // namespace fabula::reference
