// SPDX-License-Identifier: 0BSD
#include "model/cpu/pages.h"

#include "base/scratch_folder.h"
#include "model/files_below.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <random>
#include <set>
#include <utility>

namespace fabula::model::cpu {
namespace {

using Tokens = std::vector<TokenId>;

constexpr PageShape small_shape{1, 1, 4, 4};

Tokens counting(std::size_t n, TokenId first = 0) {
    Tokens tokens(n);
    for (std::size_t i = 0; i < n; ++i)
        tokens[i] = first + static_cast<TokenId>(i);
    return tokens;
}

Tokens joined(Tokens front, const Tokens& back) {
    front.insert(front.end(), back.begin(), back.end());
    return front;
}

/// Plays the decoder: computing a position leaves a mark in its page that names the whole line of
/// tokens up to there.
class Scribe {
public:
    explicit Scribe(std::size_t most_pages, PageFolder* folder = nullptr)
        : pages(small_shape, most_pages, folder) {}

    static std::uint64_t mark_of(std::span<const TokenId> prefix) {
        std::uint64_t mark = 14695981039346656037ULL;
        for (const TokenId token : prefix)
            mark = (mark ^ static_cast<std::uint64_t>(token + 1)) * 1099511628211ULL;
        return mark;
    }

    Result<Walk> walk(const Tokens& tokens) {
        auto found = pages.walk(tokens);
        if (!found) return found;
        for (std::size_t i = found->n_known; i < tokens.size(); ++i)
            promised_.push_back({found->pages[i / page_tokens], i % page_tokens,
                                 mark_of(std::span(tokens).first(i + 1))});
        return found;
    }

    /// Keeps the first `n` promises; returns how many there were.
    std::size_t compute(std::size_t n = SIZE_MAX) {
        n = std::min(n, promised_.size());
        for (std::size_t i = 0; i < n; ++i) {
            std::memcpy(pages.memory(promised_[i].page) + 8 * promised_[i].slot, &promised_[i].mark,
                        8);
            pages.computed(promised_[i].page, promised_[i].slot);
        }
        promised_.erase(promised_.begin(), promised_.begin() + static_cast<std::ptrdiff_t>(n));
        return n;
    }
    const auto& promised() const { return promised_; }
    void forget() {
        promised_.clear();
        pages.forget_promises();
    }

    /// One step over one branch.
    Walk step(const Tokens& tokens) {
        pages.begin_step();
        auto found = walk(tokens);
        EXPECT_TRUE(found);
        compute();
        return *std::move(found);
    }

    /// Whether the pages of the walk hold what was computed for these tokens.
    bool holds(const Walk& walk, const Tokens& tokens, std::size_t n) {
        for (std::size_t i = 0; i < n; ++i) {
            std::uint64_t mark = 0;
            std::memcpy(&mark, pages.memory(walk.pages[i / page_tokens]) + 8 * (i % page_tokens),
                        8);
            if (mark != mark_of(std::span(tokens).first(i + 1))) return false;
        }
        return true;
    }
    bool holds(const Walk& walk, const Tokens& tokens) {
        return holds(walk, tokens, tokens.size());
    }

    Pages pages;

private:
    struct Promise {
        PageId page;
        std::size_t slot;
        std::uint64_t mark;
    };
    std::vector<Promise> promised_;
};

TEST(PageShape, keys_and_values_of_all_heads_fill_a_page_and_do_not_overlap) {
    for (const std::size_t number_bytes : {2U, 4U}) {
        const PageShape shape{3, 2, 20, number_bytes};
        EXPECT_EQ(shape.padded_dim(), 32U);
        std::size_t expected = 0;
        for (std::size_t layer = 0; layer < 3; ++layer) {
            for (std::size_t head = 0; head < 2; ++head) {
                EXPECT_EQ(shape.keys_at(layer, head), expected);
                EXPECT_EQ(shape.values_at(layer, head),
                          expected + std::size_t{16} * 20 * number_bytes);
                expected += std::size_t{16} * (20 + 32) * number_bytes;
            }
        }
        EXPECT_EQ(shape.page_bytes(), expected);
    }
}

TEST(Pages, a_new_branch_has_pages_of_its_own_and_knows_nothing) {
    Scribe scribe(10);
    scribe.pages.begin_step();
    const auto walk = scribe.walk(counting(70));
    ASSERT_TRUE(walk);
    EXPECT_EQ(walk->pages.size(), 5U);
    EXPECT_EQ(walk->n_known, 0U);
    EXPECT_EQ(scribe.pages.n_pages(), 5U);
    for (const PageId page : walk->pages) {
        const std::byte* const memory = scribe.pages.memory(page);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % 64, 0U);
        EXPECT_TRUE(std::all_of(memory, memory + small_shape.page_bytes(),
                                [](std::byte b) { return b == std::byte{0}; }));
    }
}

TEST(Pages, what_was_computed_is_found_again) {
    Scribe scribe(10);
    const Walk first = scribe.step(counting(70));
    for (const std::size_t n : {1U, 15U, 16U, 17U, 64U, 70U}) {
        const Walk again = scribe.step(counting(n));
        EXPECT_EQ(again.n_known, n);
        EXPECT_TRUE(std::equal(again.pages.begin(), again.pages.end(), first.pages.begin()));
    }
    EXPECT_EQ(scribe.pages.n_pages(), 5U);
}

TEST(Pages, a_branch_that_goes_on_grows_its_last_page) {
    Scribe scribe(10);
    const Walk first = scribe.step(counting(35));
    const Walk longer = scribe.step(counting(45));
    EXPECT_EQ(longer.n_known, 35U);
    EXPECT_EQ(longer.pages, first.pages);
    EXPECT_TRUE(scribe.holds(longer, counting(45)));
}

TEST(Pages, branches_share_whole_pages_and_copy_the_one_that_they_leave_in_the_middle) {
    Scribe scribe(10);
    const Tokens trunk = counting(80);
    const Tokens other = joined(counting(70), {900, 901, 902});
    const Walk first = scribe.step(trunk);
    const Walk second = scribe.step(other);
    EXPECT_EQ(second.n_known, 70U);
    EXPECT_TRUE(std::equal(first.pages.begin(), first.pages.begin() + 4, second.pages.begin()));
    EXPECT_NE(second.pages[4], first.pages[4]);
    EXPECT_EQ(scribe.pages.n_pages(), 6U);
    EXPECT_TRUE(scribe.holds(second, other));
    EXPECT_TRUE(scribe.holds(first, trunk));  // the copy changed nothing over there
}

TEST(Pages, branches_that_part_at_the_end_of_a_page_copy_nothing) {
    Scribe scribe(10);
    scribe.step(counting(64));
    const Walk second = scribe.step(joined(counting(32), {900}));
    EXPECT_EQ(second.n_known, 32U);
    EXPECT_EQ(scribe.pages.n_pages(), 5U);
}

TEST(Pages, what_a_step_promised_counts_as_known_in_it) {
    Scribe scribe(10);
    scribe.pages.begin_step();
    ASSERT_TRUE(scribe.walk(counting(40)));
    const auto longer = scribe.walk(counting(45));
    ASSERT_TRUE(longer);
    EXPECT_EQ(longer->n_known, 40U);
    EXPECT_EQ(scribe.promised().size(), 45U);
    scribe.compute();
    EXPECT_TRUE(scribe.holds(*longer, counting(45)));
}

TEST(Pages, promises_that_a_branch_would_leave_behind_are_told) {
    Scribe scribe(10);
    const Tokens fork = joined(counting(38), {900});
    scribe.step(counting(36));
    EXPECT_FALSE(scribe.pages.leaves_promises(fork));  // nothing is promised
    scribe.pages.begin_step();
    ASSERT_TRUE(scribe.walk(counting(40)));
    EXPECT_TRUE(scribe.pages.leaves_promises(fork));
    EXPECT_FALSE(
        scribe.pages.leaves_promises(joined(counting(36), {900})));  // leaves what is computed
    EXPECT_FALSE(scribe.pages.leaves_promises(joined(counting(40), {900})));  // goes on
    EXPECT_FALSE(scribe.pages.leaves_promises(counting(38)));                 // stays inside
    EXPECT_FALSE(scribe.pages.leaves_promises(counting(5, 700)));
    EXPECT_EQ(scribe.compute(2), 2U);  // 36 and 37
    EXPECT_FALSE(scribe.pages.leaves_promises(fork));
}

TEST(Pages, what_is_only_promised_is_not_copied) {
    Scribe scribe(10);
    scribe.step(counting(5));
    scribe.pages.begin_step();
    ASSERT_TRUE(scribe.walk(counting(20)));
    const Tokens fork = joined(counting(10), {900});
    const auto walk = scribe.walk(fork);
    ASSERT_TRUE(walk);
    EXPECT_EQ(walk->n_known, 5U);
    scribe.compute();
    EXPECT_TRUE(scribe.holds(*walk, fork));
}

TEST(Pages, promises_that_were_not_kept_are_forgotten) {
    Scribe scribe(20);
    scribe.step(counting(40));
    scribe.pages.begin_step();
    ASSERT_TRUE(scribe.walk(counting(100)));
    ASSERT_TRUE(scribe.walk(counting(100, 500)));
    EXPECT_EQ(scribe.pages.n_pages(), 14U);
    EXPECT_EQ(scribe.compute(10), 10U);
    scribe.forget();
    EXPECT_EQ(scribe.pages.n_pages(), 4U);
    const Walk again = scribe.step(counting(100));
    EXPECT_EQ(again.n_known, 50U);
    EXPECT_TRUE(scribe.holds(again, counting(100)));
    EXPECT_EQ(scribe.step(counting(1, 500)).n_known, 0U);
}

TEST(Pages, the_leaf_that_was_walked_over_longest_ago_is_given_up_first) {
    Scribe scribe(3);
    for (const TokenId first : {100, 200, 300, 100})
        scribe.step(counting(10, first));
    const Walk fourth = scribe.step(counting(10, 400));  // in the place of 200
    EXPECT_EQ(scribe.pages.n_pages(), 3U);
    EXPECT_TRUE(scribe.holds(fourth, counting(10, 400)));
    scribe.pages.begin_step();
    for (const TokenId first : {100, 300, 400}) {
        const auto walk = scribe.walk(counting(10, first));
        ASSERT_TRUE(walk);
        EXPECT_EQ(walk->n_known, 10U) << first;
        EXPECT_TRUE(scribe.holds(*walk, counting(10, first)));
    }
    EXPECT_FALSE(scribe.walk(counting(10, 200)));
}

TEST(Pages, a_page_is_given_up_before_those_that_it_stands_on) {
    Scribe scribe(2);
    scribe.step(counting(32));
    scribe.step(counting(5, 700));
    EXPECT_EQ(scribe.step(counting(16)).n_known, 16U);
    EXPECT_EQ(scribe.step(counting(32)).n_known, 16U);
}

TEST(Pages, a_step_that_needs_more_than_there_is_is_told_and_the_next_one_runs) {
    Scribe scribe(3);
    scribe.step(counting(20, 900));
    scribe.pages.begin_step();
    ASSERT_TRUE(scribe.walk(counting(30)));
    const auto refused = scribe.walk(counting(30, 500));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::exhausted);
    EXPECT_NE(refused.error().message.find("48"), std::string::npos) << refused.error().message;
    scribe.forget();
    EXPECT_EQ(scribe.pages.n_pages(), 0U);
    EXPECT_EQ(scribe.step(counting(48, 500)).n_known, 0U);
    EXPECT_FALSE(scribe.pages.walk(counting(49)));
}

TEST(Pages, a_cleared_cache_knows_nothing) {
    Scribe scribe(7);
    scribe.step(counting(100));
    scribe.pages.clear();
    EXPECT_EQ(scribe.pages.n_pages(), 0U);
    EXPECT_EQ(scribe.step(counting(100)).n_known, 0U);
    EXPECT_EQ(scribe.step(counting(100)).n_known, 100U);
    EXPECT_EQ(scribe.pages.n_pages(), 7U);
}

TEST(Pages, many_branches_of_a_long_story_cost_little_more_than_what_is_different_in_them) {
    std::mt19937 random(5);
    Scribe scribe(100000);
    const Tokens trunk = counting(2000);
    scribe.step(trunk);
    std::size_t n_distinct = trunk.size();
    for (int branch = 0; branch < 100; ++branch) {
        const std::size_t n = 30 + random() % 60;
        scribe.step(
            joined(counting(1 + random() % trunk.size()), counting(n, 10000 * (branch + 1))));
        n_distinct += n;
    }
    EXPECT_LE(static_cast<double>(scribe.pages.n_pages() * page_tokens),
              1.3 * static_cast<double>(n_distinct));
}

/// Sequences of few different tokens, so that they meet by chance, grown from one another.
class Sequences {
public:
    explicit Sequences(unsigned seed) : random(seed) {}

    Tokens next(std::size_t longest) {
        Tokens tokens = known_.empty() ? Tokens{} : known_[random() % known_.size()];
        if (!tokens.empty() && random() % 3 != 0) tokens.resize(random() % (tokens.size() + 1));
        const std::size_t more = random() % 40;
        for (std::size_t i = 0; i < more; ++i)
            tokens.push_back(static_cast<TokenId>(random() % 12 == 0 ? 1 : 0));
        if (tokens.empty()) tokens.push_back(1);
        tokens.resize(std::min(tokens.size(), longest));
        if (known_.size() < 30) {
            known_.push_back(tokens);
        } else {
            known_[random() % known_.size()] = tokens;
        }
        return tokens;
    }

    std::mt19937 random;

private:
    std::vector<Tokens> known_;
};

/// The simple model: the marks of all prefixes that are there.
using Known = std::set<std::uint64_t>;

std::size_t longest_known(const Known& known, const Tokens& tokens) {
    std::size_t n = 0;
    while (n < tokens.size() && known.contains(Scribe::mark_of(std::span(tokens).first(n + 1))))
        ++n;
    return n;
}

void add_prefixes(Known& known, const Tokens& tokens) {
    for (std::size_t n = 1; n <= tokens.size(); ++n)
        known.insert(Scribe::mark_of(std::span(tokens).first(n)));
}

TEST(Pages, a_cache_that_is_large_enough_knows_exactly_what_was_computed) {
    Scribe scribe(100000);
    Sequences sequences(1);
    auto& random = sequences.random;
    Known known;
    for (int step = 0; step < 3000; ++step) {
        scribe.pages.begin_step();
        std::vector<std::pair<Tokens, Walk>> walks;
        const std::size_t n_branches = 1 + random() % 4;
        for (std::size_t i = 0; i < n_branches; ++i) {
            const Tokens tokens = sequences.next(150);
            if (scribe.pages.leaves_promises(tokens)) scribe.compute();
            const auto walk = scribe.walk(tokens);
            ASSERT_TRUE(walk);
            ASSERT_EQ(walk->n_known, longest_known(known, tokens)) << "step " << step;
            add_prefixes(known, tokens);
            walks.emplace_back(tokens, *walk);
        }
        if (random() % 5 != 0) {
            scribe.compute();
            for (const auto& [tokens, walk] : walks)
                ASSERT_TRUE(scribe.holds(walk, tokens)) << "step " << step;
        } else {  // stopped
            scribe.compute(random() % (scribe.promised().size() + 1));
            for (const auto& promise : scribe.promised())
                known.erase(promise.mark);
            scribe.forget();
        }
        if (random() % 500 == 0) {
            scribe.pages.clear();
            known.clear();
        }
    }
}

TEST(Pages, a_small_cache_forgets_but_never_errs) {
    constexpr std::size_t most_pages = 20;
    Scribe scribe(most_pages);
    Sequences sequences(2);
    auto& random = sequences.random;
    Known known;  // what was ever computed
    int n_refused = 0;
    std::size_t n_found = 0;
    for (int step = 0; step < 4000; ++step) {
        scribe.pages.begin_step();
        std::vector<std::pair<Tokens, Walk>> walks;
        std::set<PageId> used;
        bool is_refused = false;
        const std::size_t n_branches = 1 + random() % 5;
        for (std::size_t i = 0; i < n_branches && !is_refused; ++i) {
            const Tokens tokens = sequences.next(130);
            if (scribe.pages.leaves_promises(tokens)) scribe.compute();
            const auto walk = scribe.walk(tokens);
            is_refused = !walk;
            ASSERT_LE(scribe.pages.n_pages(), most_pages);
            if (is_refused) {
                ASSERT_EQ(walk.error().code, ErrorCode::exhausted);
                // A page that a branch left in the middle has been walked over, too.
                const std::size_t n_needed = used.size() + tokens.size() / page_tokens + 1;
                ASSERT_GT(n_needed + i + 1, most_pages) << "step " << step;
                ++n_refused;
                continue;
            }
            ASSERT_LE(walk->n_known, longest_known(known, tokens)) << "step " << step;
            n_found += walk->n_known;
            used.insert(walk->pages.begin(), walk->pages.end());
            add_prefixes(known, tokens);
            walks.emplace_back(tokens, *walk);
        }
        scribe.compute();
        for (const auto& [tokens, walk] : walks)
            ASSERT_TRUE(scribe.holds(walk, tokens)) << "step " << step;
        if (is_refused) scribe.forget();
    }
    EXPECT_GT(n_refused, 10);
    EXPECT_LT(n_refused, 3000);
    EXPECT_GT(n_found, 100000U);
}

/// What a process would find that comes after another one.
class PagesOnDisk : public testing::Test {
protected:
    PageFolder folder() const {
        return PageFolder({scratch.path(), std::uint64_t{1} << 30U, "some model", identity});
    }
    ScratchFolder scratch;
    std::string identity = "pages of a test";
};

TEST_F(PagesOnDisk, what_was_kept_is_known_to_the_next_process_whole_pages_only) {
    PageFolder first_folder = folder();
    Scribe first(10, &first_folder);
    first.step(counting(70));
    first.pages.keep(counting(70));
    EXPECT_EQ(first_folder.figures().n_written, 0U);
    first.pages.flush();
    EXPECT_EQ(first_folder.figures().n_written, 4U);

    PageFolder second_folder = folder();
    Scribe second(10, &second_folder);
    const Walk walk = second.step(counting(75));
    EXPECT_EQ(walk.n_known, 64U);
    EXPECT_EQ(second_folder.figures().n_read, 4U);
    EXPECT_TRUE(second.holds(walk, counting(75)));
    second.pages.keep(counting(75));
    second.pages.flush();
    EXPECT_EQ(second_folder.figures().n_written, 0U);  // it is there already
}

TEST_F(PagesOnDisk, what_nobody_keeps_is_not_there) {
    PageFolder first_folder = folder();
    Scribe first(6, &first_folder);
    first.step(counting(70));
    first.step(counting(70, 500));  // takes the place of the others
    first.pages.flush();
    EXPECT_EQ(first_folder.figures().n_written, 0U);
    PageFolder second_folder = folder();
    Scribe second(10, &second_folder);
    EXPECT_EQ(second.step(counting(70)).n_known, 0U);
}

TEST_F(PagesOnDisk, another_model_has_other_pages) {
    PageFolder first_folder = folder();
    Scribe first(10, &first_folder);
    first.step(counting(64));
    first.pages.keep(counting(64));
    first.pages.flush();
    identity = "pages of another model";
    PageFolder second_folder = folder();
    Scribe second(10, &second_folder);
    EXPECT_EQ(second.step(counting(64)).n_known, 0U);
}

TEST_F(PagesOnDisk, a_page_that_memory_has_no_room_for_comes_back_from_disk) {
    PageFolder disk = folder();
    Scribe scribe(4, &disk);
    scribe.step(counting(64));
    scribe.pages.keep(counting(64));
    scribe.step(counting(64, 500));
    EXPECT_EQ(disk.figures().n_written, 4U);
    const Walk again = scribe.step(counting(64));
    EXPECT_EQ(again.n_known, 64U);
    EXPECT_EQ(disk.figures().n_read, 4U);
    EXPECT_TRUE(scribe.holds(again, counting(64)));
}

TEST_F(PagesOnDisk, a_page_that_began_to_grow_is_read_into_its_place) {
    PageFolder disk = folder();
    Scribe first(10, &disk);
    first.step(counting(32));
    first.pages.keep(counting(32));
    first.pages.flush();
    Scribe second(10, &disk);
    second.step(counting(5));
    const Walk walk = second.step(counting(32));
    EXPECT_EQ(walk.n_known, 32U);
    EXPECT_EQ(second.pages.n_pages(), 2U);
    EXPECT_TRUE(second.holds(walk, counting(32)));
}

TEST_F(PagesOnDisk, a_damaged_page_is_removed_and_computed_again) {
    {
        PageFolder disk = folder();
        Scribe scribe(10, &disk);
        scribe.step(counting(64));
        scribe.pages.keep(counting(64));
        scribe.pages.flush();
    }
    const auto files = files_below(scratch.path(), ".page");
    ASSERT_EQ(files.size(), 4U);
    for (const auto& file : files) {
        std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
        bytes.seekp(300);
        bytes.put('!');
    }
    PageFolder disk = folder();
    Scribe scribe(10, &disk);
    const Walk walk = scribe.step(counting(64));
    EXPECT_EQ(walk.n_known, 0U);
    EXPECT_EQ(disk.figures().n_damaged, 1U);  // behind it nothing is looked for
    EXPECT_TRUE(scribe.holds(walk, counting(64)));
    scribe.pages.keep(counting(64));
    scribe.pages.flush();
    EXPECT_EQ(disk.figures().n_written, 1U);  // the others are thought to be there
}

TEST_F(PagesOnDisk, a_small_cache_with_a_folder_never_errs_and_finds_more_than_one_without) {
    std::size_t n_found[2] = {0, 0};
    for (const bool has_folder : {false, true}) {
        PageFolder disk = folder();
        Scribe scribe(20, has_folder ? &disk : nullptr);
        Sequences sequences(4);
        for (int step = 0; step < 2000; ++step) {
            const Tokens tokens = sequences.next(200);
            const Walk walk = scribe.step(tokens);
            ASSERT_TRUE(scribe.holds(walk, tokens)) << "step " << step;
            n_found[has_folder ? 1 : 0] += walk.n_known;
            if (sequences.random() % 2 == 0) scribe.pages.keep(tokens);
            if (sequences.random() % 10 == 0) scribe.pages.flush();
            if (sequences.random() % 200 == 0) scribe.pages.clear();
        }
    }
    EXPECT_GT(n_found[1], n_found[0]);
}

}  // namespace
}  // namespace fabula::model::cpu
