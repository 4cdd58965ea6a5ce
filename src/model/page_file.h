// SPDX-License-Identifier: 0BSD
// A page of a model's cache as the bytes of a file (docs/formats/cache.md): what it is the page of,
// the numbers, and a hash over both. Foreign bytes: a file that is not exactly what was asked for
// is refused, whatever is in it.
//
// Hash: Collet, "xxHash", XXH3 with 128 bits; it tells damage, it does not resist forgery.
#pragma once

#include "base/result.h"
#include "base/token.h"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fabula::model {

/// Names a line of tokens under one model: hash of the key of what stands before and of the tokens
/// of one page.
struct PageKey {
    std::uint64_t high = 0;
    std::uint64_t low = 0;

    /// Before the first page: what else the numbers depend on, as text.
    static PageKey of(std::string_view identity);
    /// Of the page with `tokens` behind that of this key.
    PageKey behind(std::span<const TokenId> tokens) const;

    /// 32 hexadecimal digits, lower case.
    std::string hex() const;

    auto operator<=>(const PageKey&) const = default;
};

/// All that a file holds before the numbers.
std::vector<std::byte> page_file_head(const PageKey& key, std::span<const TokenId> tokens,
                                      std::span<const std::byte> numbers);

/// The numbers in the bytes of a whole file, a part of `file`. Errors: corrupt, saying what is
/// wrong, unless it is the file of that key, those tokens and so many bytes of numbers, and its
/// hash holds.
Result<std::span<const std::byte>> numbers_in_page_file(std::span<const std::byte> file,
                                                        const PageKey& key,
                                                        std::span<const TokenId> tokens,
                                                        std::size_t n_bytes);

/// The size of a whole file.
std::size_t page_file_bytes(std::size_t n_tokens, std::size_t n_bytes);

}  // namespace fabula::model
