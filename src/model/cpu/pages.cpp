// SPDX-License-Identifier: 0BSD
#include "model/cpu/pages.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

namespace fabula::model::cpu {
namespace {

constexpr std::size_t slab_bytes = std::size_t{16} << 20U;  // taken from the system at a time
constexpr std::size_t alignment = 64;

std::size_t common_prefix(std::span<const TokenId> a, std::span<const TokenId> b) {
    return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

}  // namespace

Pages::Pages(const PageShape& shape, std::size_t most_pages, PageFolder* folder)
    : shape_(shape), folder_(folder), most_pages_(most_pages), nodes_(1) {
    nodes_[root].is_used = true;
    if (folder_ != nullptr) nodes_[root].key = folder_->first_key();
}

// The child that has most of `tokens`; among equals one that holds nothing else.
Pages::Fit Pages::best_child(PageId parent, std::span<const TokenId> tokens) const {
    Fit best;
    for (const PageId child : nodes_[parent].children) {
        const Node& node = nodes_[child];
        const std::size_t n = common_prefix(std::span(node.tokens).first(node.n_tokens), tokens);
        const bool can_grow = n == node.n_tokens;
        if (n > best.n_common || (n == best.n_common && n > 0 && can_grow)) best = {child, n};
    }
    return best;
}

Result<PageId> Pages::add_child(PageId parent) {
    if (n_used_ >= most_pages_ && !evict_one()) {
        return Error{ErrorCode::exhausted, "the cache holds " +
                                               std::to_string(most_pages_ * page_tokens) +
                                               " tokens, the branches of this step need more"};
    }
    PageId page = 0;
    if (free_.empty()) {
        page = static_cast<PageId>(nodes_.size());
        nodes_.emplace_back();
    } else {
        page = free_.back();
        free_.pop_back();
    }
    Node& node = nodes_[page];
    if (node.memory == nullptr) {
        const auto memory = take_memory();
        if (!memory) {
            free_.push_back(page);
            return memory.error();
        }
        node.memory = *memory;
    }
    node.parent = parent;
    node.is_used = true;
    node.n_tokens = 0;
    node.n_computed = 0;
    node.last_step = step_;
    node.is_wanted = node.is_written = false;
    ++node.generation;
    nodes_[parent].children.push_back(page);
    ++n_used_;
    return page;
}

// Zeroed: what lies behind head_dim in a page is read, and must count for nothing.
Result<std::byte*> Pages::take_memory() {
    const std::size_t size = (shape_.page_bytes() + alignment - 1) / alignment * alignment;
    if (left_in_slab_ < size) {
        const std::size_t wanted = std::max(size, std::min(slab_bytes, most_pages_ * size));
        auto slab = Arena::make(wanted);
        if (!slab) return slab.error();
        slabs_.push_back(*std::move(slab));
        left_in_slab_ = slabs_.back().size_bytes();
    }
    left_in_slab_ -= size;
    return slabs_.back().data() + left_in_slab_;
}

// The page behind `parent` for `tokens` (at most 16), found, read, grown or made. `n_known`: the
// tokens that stand before are known, and then how many of these are.
Result<PageId> Pages::page_for(PageId parent, std::span<const TokenId> tokens,
                               std::optional<std::size_t>& n_known) {
    Fit fit = best_child(parent, tokens);
    const bool is_known_before = n_known.has_value();
    n_known = fit.n_common;
    if (fit.n_common > 0) nodes_[fit.page].last_step = step_;
    if (fit.n_common == tokens.size()) return fit.page;
    if (fit.n_common == 0 || fit.n_common < nodes_[fit.page].n_tokens) {
        const auto made = add_child(parent);
        if (!made) return made.error();
        if (is_known_before && read_back(*made, tokens)) {
            n_known = tokens.size();
            return *made;
        }
        Node& node = nodes_[*made];
        const Node& like = nodes_[fit.page];
        // What is only promised over there cannot be copied: it is promised here as well.
        const std::size_t n_copied = std::min<std::size_t>(fit.n_common, like.n_computed);
        if (n_copied > 0) {
            std::memcpy(node.memory, like.memory, shape_.page_bytes());
            std::copy_n(tokens.begin(), n_copied, node.tokens.begin());
            node.n_tokens = node.n_computed = static_cast<std::uint32_t>(n_copied);
        }
        fit = {*made, n_copied};
        n_known = n_copied;
    } else if (is_known_before && read_back(fit.page, tokens)) {
        n_known = tokens.size();
        return fit.page;
    }
    Node& node = nodes_[fit.page];
    std::copy(tokens.begin(), tokens.end(), node.tokens.begin());
    node.n_tokens = static_cast<std::uint32_t>(tokens.size());
    return fit.page;
}

// Of the line that stands before a page.
const PageKey& Pages::key_before(PageId page) const {
    return nodes_[nodes_[page].parent].key;
}

std::span<std::byte> Pages::numbers(PageId page) {
    return {nodes_[page].memory, shape_.page_bytes()};
}

// Whether the whole page is on disk; then it is in memory, too. What it had of these tokens has the
// same bits there.
bool Pages::read_back(PageId page, std::span<const TokenId> tokens) {
    if (folder_ == nullptr || tokens.size() < page_tokens) return false;
    const PageKey key = key_before(page).behind(tokens);
    if (!folder_->read(key, tokens, numbers(page))) return false;
    Node& node = nodes_[page];
    std::copy(tokens.begin(), tokens.end(), node.tokens.begin());
    node.n_tokens = node.n_computed = page_tokens;
    node.key = key;
    node.is_wanted = node.is_written = true;
    return true;
}

void Pages::write(PageId page) {
    Node& node = nodes_[page];
    if (folder_ == nullptr || !node.is_wanted || node.is_written) return;
    node.is_written = folder_->write(node.key, node.tokens, numbers(page));
}

void Pages::keep(std::span<const TokenId> tokens) {
    if (folder_ == nullptr) return;
    PageId page = root;
    while (tokens.size() >= page_tokens) {
        const auto here = tokens.first(page_tokens);
        const Fit fit = best_child(page, here);
        if (fit.n_common < page_tokens || !is_whole(fit.page)) return;
        page = fit.page;
        nodes_[page].is_wanted = true;
        tokens = tokens.subspan(page_tokens);
    }
}

// From the front on, so that whoever is stopped in between leaves what can be used.
void Pages::flush() {
    if (folder_ == nullptr) return;
    std::vector<PageId> open{root};
    while (!open.empty()) {
        const PageId page = open.back();
        open.pop_back();
        for (const PageId child : nodes_[page].children) {
            if (!nodes_[child].is_wanted) continue;  // nor is anything behind it
            write(child);
            open.push_back(child);
        }
    }
}

Result<Walk> Pages::walk(std::span<const TokenId> tokens) {
    Walk walk;
    walk.pages.reserve(tokens.size() / page_tokens + 1);
    PageId parent = root;
    std::optional<std::size_t> n_known = 0;  // of the last page; nothing behind what is not known
    while (!tokens.empty()) {
        const auto here = tokens.first(std::min(tokens.size(), page_tokens));
        const bool is_known = n_known.has_value();
        const auto page = page_for(parent, here, n_known);
        if (!page) return page.error();
        walk.pages.push_back(*page);
        if (is_known) walk.n_known += *n_known;
        assert(is_known || *n_known == 0);
        if (!is_known || *n_known < here.size()) n_known.reset();
        parent = *page;
        tokens = tokens.subspan(here.size());
    }
    return walk;
}

bool Pages::leaves_promises(std::span<const TokenId> tokens) const {
    PageId parent = root;
    while (!tokens.empty()) {
        const auto here = tokens.first(std::min(tokens.size(), page_tokens));
        const Fit fit = best_child(parent, here);
        if (fit.n_common < here.size()) {
            const Node& node = nodes_[fit.page];
            return fit.n_common < node.n_tokens && fit.n_common > node.n_computed;
        }
        parent = fit.page;
        tokens = tokens.subspan(here.size());
    }
    return false;
}

void Pages::computed(PageId page, std::size_t slot) {
    Node& node = nodes_[page];
    assert(slot < node.n_tokens && slot <= node.n_computed);
    node.n_computed = std::max(node.n_computed, static_cast<std::uint32_t>(slot + 1));
    if (folder_ != nullptr && slot + 1 == page_tokens)
        node.key = key_before(page).behind(node.tokens);
}

void Pages::forget_promises() {
    for (PageId page = 1; page < nodes_.size(); ++page) {
        Node& node = nodes_[page];
        if (node.is_used) node.n_tokens = node.n_computed;
    }
    // A page without tokens has no children that have some.
    for (bool has_changed = true; has_changed;) {
        has_changed = false;
        for (PageId page = 1; page < nodes_.size(); ++page) {
            const Node& node = nodes_[page];
            if (!node.is_used || node.n_tokens > 0 || !node.children.empty()) continue;
            remove(page);
            has_changed = true;
        }
    }
}

void Pages::remove(PageId page) {
    Node& node = nodes_[page];
    std::erase(nodes_[node.parent].children, page);
    node.is_used = false;
    node.children.clear();
    node.n_tokens = node.n_computed = 0;
    free_.push_back(page);
    --n_used_;
}

// Gives up the leaf that was walked over longest ago, before this step.
bool Pages::evict_one() {
    PageId oldest = root;
    for (PageId page = 1; page < nodes_.size(); ++page) {
        const Node& node = nodes_[page];
        if (!node.is_used || !node.children.empty() || node.last_step == step_) continue;
        if (oldest == root || node.last_step < nodes_[oldest].last_step) oldest = page;
    }
    if (oldest == root) return false;
    write(oldest);
    remove(oldest);
    return true;
}

void Pages::clear() {
    for (PageId page = 1; page < nodes_.size(); ++page) {
        if (nodes_[page].is_used) {
            nodes_[page].children.clear();
            remove(page);
        }
    }
    nodes_[root].children.clear();
}

}  // namespace fabula::model::cpu
