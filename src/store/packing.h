// SPDX-License-Identifier: 0BSD
// Arrays as text columns: base64 (RFC 4648, padded) of packed little-endian numbers, the same in
// every database (docs/formats/store.md). Floats keep every bit. Pure functions.
#pragma once

#include "store/store.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fabula::store {

/// [n] int32.
std::string pack_ids(std::span<const TokenId> ids);
/// Empty when `packed` is no such text.
std::optional<std::vector<TokenId>> unpack_ids(std::string_view packed);

/// [n] records of 20 bytes: id int32, logprob_model, logprob, entropy float32, rank int32.
std::string pack_tokens(std::span<const TokenRecord> tokens);
/// Empty when `packed` is no such text.
std::optional<std::vector<TokenRecord>> unpack_tokens(std::string_view packed);

/// [n] records of 8 bytes: position int32, id int32.
std::string pack_bans(std::span<const BanRecord> bans);
/// Empty when `packed` is no such text.
std::optional<std::vector<BanRecord>> unpack_bans(std::string_view packed);

/// Indices in decimal digits, separated by commas: "0,3,2".
std::string pack_indices(std::span<const std::size_t> indices);
/// Empty when `packed` is no such text.
std::optional<std::vector<std::size_t>> unpack_indices(std::string_view packed);

/// A whole number in [0, 2^64) in decimal digits, without sign, space or leading zeros; empty when
/// `digits` is something else.
std::optional<std::uint64_t> unsigned_from(std::string_view digits);

}  // namespace fabula::store
