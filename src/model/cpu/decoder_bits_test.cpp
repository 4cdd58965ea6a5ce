// SPDX-License-Identifier: 0BSD
// The same bits: logits are a function of the model, the kernels, the cache's type and the tokens
// alone. What each test calls the truth was computed one token at a time, alone, on one thread.
#include "base/scratch_folder.h"
#include "model/cpu/decoder.h"
#include "model/cpu/plain_model.h"
#include "model/cpu/plain_rows.h"
#include "model/cpu/tested_kernels.h"
#include "model/files_below.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

namespace fabula::model::cpu {
namespace {

using Tokens = std::vector<TokenId>;
using Branches = std::vector<std::span<const TokenId>>;
using Logits = std::vector<std::vector<float>>;

constexpr std::size_t window = 220;
constexpr std::size_t ample = 8000;

/// A story and others that leave it, and one another, at random places.
std::vector<Tokens> some_stories(std::size_t n, std::size_t length, std::size_t n_vocab,
                                 unsigned seed) {
    std::mt19937 random(seed);
    std::vector<Tokens> stories;
    for (std::size_t i = 0; i < n; ++i) {
        Tokens story;
        if (i > 0) {
            story = stories[random() % i];
            story.resize(random() % length);
        }
        while (story.size() < length)
            story.push_back(static_cast<TokenId>(random() % n_vocab));
        stories.push_back(story);
    }
    return stories;
}

struct Setting {
    MadeShape made;
    const Kernels* kernels = &best_kernels();
    std::size_t number_bytes = 2;
    std::size_t n_stories = 4;
    std::size_t length = 100;
};

class Bits {
public:
    /// A branch: the first `length` tokens of a story.
    struct Branch {
        std::size_t story = 0;
        std::size_t length = 0;
    };
    explicit Bits(const Setting& setting)
        : setting_(setting),
          n_vocab_(setting.made.shape.n_vocab),
          stories_(some_stories(setting.n_stories, setting.length, n_vocab_, 3)) {
        for (const Tokens& story : stories_) {
            Pool pool(1);
            Decoder decoder(make_weights(setting.made, 5), options(ample), pool);
            Logits& logits = truth_.emplace_back();
            for (std::size_t n = 1; n <= story.size(); ++n) {
                std::vector<float>& row = logits.emplace_back(n_vocab_);
                EXPECT_TRUE(decoder.step(Branches{std::span(story).first(n)}, {row, {}}, {}));
            }
        }
    }

    DecoderOptions options(std::size_t cache_tokens, PageFolder* folder = nullptr) const {
        return {setting_.kernels, window, cache_tokens, setting_.number_bytes, folder};
    }
    std::unique_ptr<Decoder> decoder(std::size_t cache_tokens, Pool& pool,
                                     PageFolder* folder = nullptr) const {
        return std::make_unique<Decoder>(make_weights(setting_.made, 5),
                                         options(cache_tokens, folder), pool);
    }
    std::span<const TokenId> tokens(const Branch& branch) const {
        return std::span(stories_[branch.story]).first(branch.length);
    }

    std::size_t n_stories() const { return stories_.size(); }
    std::size_t length() const { return setting_.length; }

    /// Whether the step succeeded; where it did, its logits are those of the truth.
    bool step(Decoder& decoder, const std::vector<Branch>& branches) const {
        Branches spans;
        for (const Branch& branch : branches)
            spans.push_back(std::span(stories_[branch.story]).first(branch.length));
        std::vector<float> logits(branches.size() * n_vocab_, -7e30F);
        const auto cost = decoder.step(spans, {logits, {}}, {});
        if (!cost) {
            EXPECT_EQ(cost.error().code, ErrorCode::exhausted);
            return false;
        }
        for (std::size_t i = 0; i < branches.size(); ++i) {
            const auto found = std::span(logits).subspan(i * n_vocab_, n_vocab_);
            EXPECT_TRUE(same_bits(found, truth_[branches[i].story][branches[i].length - 1]))
                << "branch " << i << " of " << branches.size() << ": story " << branches[i].story
                << ", " << branches[i].length << " tokens";
        }
        return true;
    }

private:
    Setting setting_;
    std::size_t n_vocab_;
    std::vector<Tokens> stories_;
    std::vector<Logits> truth_;
};

void expect_same_in_any_split(const Bits& bits, std::size_t n_threads, unsigned seed) {
    Pool pool(n_threads);
    std::mt19937 random(seed);
    for (std::size_t story = 0; story < bits.n_stories(); ++story) {
        const auto decoder = bits.decoder(ample, pool);
        for (std::size_t n = 0; n < bits.length();) {
            const std::size_t most = std::vector<std::size_t>{1, 4, 40, 150}[random() % 4];
            n = std::min(bits.length(), n + 1 + random() % most);
            ASSERT_TRUE(bits.step(*decoder, {{story, n}}));
        }
    }
}

void expect_same_in_any_company(const Bits& bits, std::size_t n_threads, std::size_t cache_tokens,
                                int n_steps) {
    Pool pool(n_threads);
    const auto decoder = bits.decoder(cache_tokens, pool);
    std::mt19937 random(static_cast<unsigned>(n_threads + cache_tokens));
    int n_done = 0;
    for (int step = 0; step < n_steps; ++step) {
        std::vector<Bits::Branch> branches(1 + random() % (random() % 4 == 0 ? 20 : 4));
        for (Bits::Branch& branch : branches)
            branch = {random() % bits.n_stories(), 1 + random() % bits.length()};
        if (random() % 3 == 0) branches.push_back(branches.front());
        n_done += bits.step(*decoder, branches) ? 1 : 0;
        if (random() % 3 == 0) decoder->hold_ends();
        if (testing::Test::HasFailure()) return;
    }
    EXPECT_GT(n_done, n_steps / 4);
}

void expect_same_for_all_positions_at_once(const Bits& bits, std::size_t n_threads) {
    Pool pool(n_threads);
    for (const bool is_backwards : {false, true}) {
        const auto decoder = bits.decoder(ample, pool);
        std::vector<Bits::Branch> branches;
        for (std::size_t story = 0; story < bits.n_stories(); ++story) {
            for (std::size_t n = 1; n <= bits.length(); ++n)
                branches.push_back({story, n});
        }
        if (is_backwards) std::ranges::reverse(branches);
        ASSERT_TRUE(bits.step(*decoder, branches));
    }
}

std::string title_of(const Setting& setting) {
    return std::string(setting.kernels->name) + " family " +
           std::to_string(static_cast<int>(setting.made.shape.family)) + " cache " +
           std::to_string(setting.number_bytes) + " " +
           plain_type_of(setting.made.formats.front()).name;
}

void expect_same_bits(const Setting& setting) {
    SCOPED_TRACE(title_of(setting));
    const Bits bits(setting);
    for (std::size_t n_threads = 1; n_threads <= 3; ++n_threads) {
        SCOPED_TRACE(std::to_string(n_threads) + " threads");
        expect_same_in_any_split(bits, n_threads, static_cast<unsigned>(n_threads));
        expect_same_in_any_company(bits, n_threads, ample, 12);
        expect_same_in_any_company(bits, n_threads, window + 100, 25);  // evicts all the time
        expect_same_for_all_positions_at_once(bits, n_threads);
    }
}

MadeShape shared_heads() {
    MadeShape made = small_shape(Family::llama);
    made.shape.n_head = 6;
    made.shape.n_head_kv = 2;
    made.shape.head_dim = 32;
    made.shape.rope_dims = 32;
    made.is_tied = true;
    return made;
}

TEST(DecoderBits, do_not_depend_on_company_for_every_family) {
    for (const Family family : {Family::bloom, Family::gpt2, Family::llama}) {
        MadeShape made = small_shape(family);
        made.formats = {Format::q8_0};
        expect_same_bits({.made = made});
    }
}

TEST(DecoderBits, do_not_depend_on_company_with_shared_heads_and_mixed_formats) {
    MadeShape made = shared_heads();
    made.formats = {Format::q8_0, Format::f16,  Format::q5_1, Format::q4_0,
                    Format::bf16, Format::q5_0, Format::f32};
    for (const std::size_t number_bytes : {2U, 4U})
        expect_same_bits({.made = made, .number_bytes = number_bytes});
}

TEST(DecoderBits, do_not_depend_on_company_in_any_kernel) {
    for (const Kernels* const kernels : tested_kernels()) {
        MadeShape made = shared_heads();
        made.formats = {Format::q4_0, Format::f16};
        expect_same_bits({.made = made, .kernels = kernels, .n_stories = 3, .length = 60});
    }
}

TEST(DecoderBits, do_not_depend_on_company_in_any_format) {
    for (const Format format : all_formats) {
        MadeShape made = small_shape(Family::bloom);
        made.shape.n_layer = 1;
        if (plain_type_of(format).columns == 256) {
            made.shape.n_embd = made.shape.n_ff = 256;
            made.shape.n_head = made.shape.n_head_kv = 8;
            made.shape.head_dim = 32;
        }
        made.formats = {format};
        expect_same_bits({.made = made, .number_bytes = 4, .n_stories = 2, .length = 40});
    }
}

TEST(DecoderBits, do_not_depend_on_the_blocks_that_a_long_prefix_is_computed_in) {
    MadeShape made = shared_heads();
    made.formats = {Format::q8_0};
    const Bits bits({.made = made, .n_stories = 2, .length = window});
    for (std::size_t n_threads = 1; n_threads <= 3; ++n_threads) {
        expect_same_in_any_split(bits, n_threads, 9);
        expect_same_in_any_company(bits, n_threads, 2 * window, 12);
    }
}

TEST(DecoderBits, do_not_depend_on_the_number_of_branches) {
    MadeShape made = small_shape(Family::llama);
    made.formats = {Format::q8_0};
    const Bits bits({.made = made, .n_stories = 40, .length = 34});
    Pool pool(2);
    for (std::size_t n = 1; n <= bits.n_stories(); n += n < 12 ? 1 : 7) {
        const auto decoder = bits.decoder(ample, pool);
        for (std::size_t length = 28; length <= bits.length(); ++length) {
            std::vector<Bits::Branch> branches;
            for (std::size_t i = 0; i < n; ++i)
                branches.push_back({i, length});
            ASSERT_TRUE(bits.step(*decoder, branches));
        }
    }
}

// Turns one byte of a file, or cuts it off.
void damage(const std::string& file, std::mt19937& random) {
    const auto size = std::filesystem::file_size(file);
    if (random() % 2 == 0) {
        std::filesystem::resize_file(file, random() % size);
        return;
    }
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekg(static_cast<std::streamoff>(random() % size));
    const auto at = bytes.tellg();
    const char byte = static_cast<char>(bytes.get() ^ 0x10);
    bytes.seekp(at);
    bytes.put(byte);
}

// Steps that read and write pages on disk, now and then with another decoder, some files damaged.
void expect_same_from_disk(const Bits& bits, unsigned seed) {
    std::mt19937 random(seed);
    const ScratchFolder scratch;
    Pool pool(2);
    std::unique_ptr<PageFolder> folder;
    std::unique_ptr<Decoder> decoder;
    PageFigures total;
    for (int step = 0; step < 60; ++step) {
        if (!decoder || random() % 10 == 0) {
            if (folder) {
                total.n_read += folder->figures().n_read;
                total.n_damaged += folder->figures().n_damaged;
            }
            decoder.reset();
            const auto files = files_below(scratch.path(), ".page");
            for (std::size_t i = 0; i < files.size() / 8; ++i)
                damage(files[random() % files.size()], random);
            folder = std::make_unique<PageFolder>(
                PageFolder::Options{scratch.path(), std::uint64_t{1} << 30U, "made", "made"});
            decoder = bits.decoder(random() % 2 == 0 ? window + 60 : ample, pool, folder.get());
        }
        const Bits::Branch branch{random() % bits.n_stories(), 1 + random() % bits.length()};
        ASSERT_TRUE(bits.step(*decoder, {branch}));
        if (random() % 2 == 0) decoder->keep(bits.tokens(branch));
        if (random() % 2 == 0) decoder->flush();
        if (random() % 4 == 0) decoder->hold_ends();
    }
    EXPECT_GT(total.n_read, 5U);
    EXPECT_GT(total.n_damaged, 0U);
}

TEST(DecoderBits, do_not_depend_on_what_was_on_disk) {
    for (const std::size_t number_bytes : {2U, 4U}) {
        MadeShape made = shared_heads();
        made.formats = {Format::q8_0};
        const Bits bits({.made = made, .number_bytes = number_bytes, .length = 200});
        for (unsigned seed = 0; seed < 5; ++seed) {
            SCOPED_TRACE(seed);
            expect_same_from_disk(bits, seed);
        }
    }
}

// The numbers of a page as they have been since `cache_version` is what it is. Where this fails,
// pages on people's disks are no longer what would be computed: count `cache_version` up and put
// the new hash here. On portable kernels, and without the cosines of rotary positions, they are
// the same everywhere.
TEST(DecoderBits, are_those_of_the_version_of_the_cache) {
    MadeShape made = small_shape(Family::bloom);
    made.formats = {Format::q8_0};
    const ScratchFolder scratch;
    PageFolder folder({scratch.path(), std::uint64_t{1} << 30U, "made", "made"});
    Pool pool(1);
    Decoder decoder(make_weights(made, 5), {&portable_kernels(), window, ample, 2, &folder}, pool);
    const Tokens tokens = some_stories(1, 16, made.shape.n_vocab, 3).front();
    std::vector<float> logits(made.shape.n_vocab);
    ASSERT_TRUE(decoder.step(Branches{tokens}, {logits, {}}, {}));
    decoder.keep(tokens);
    decoder.flush();
    const auto files = files_below(scratch.path(), ".page");
    ASSERT_EQ(files.size(), 1U);
    std::ifstream file(files.front(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(cache_version, 1);
    EXPECT_EQ(PageKey::of(bytes).hex(), "c6135488c5b84bb6f4045fac940ba2e4");
}

}  // namespace
}  // namespace fabula::model::cpu
