// SPDX-License-Identifier: 0BSD
#include "store/packing.h"

#include <array>
#include <bit>
#include <charconv>
#include <cstdint>

namespace fabula::store {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t token_bytes = 20;

std::uint32_t byte_at(std::string_view bytes, std::size_t i) {
    return static_cast<unsigned char>(bytes[i]);
}

std::string to_base64(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t n = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = byte_at(bytes, i) << 16;
        if (n > 1) group |= byte_at(bytes, i + 1) << 8;
        if (n > 2) group |= byte_at(bytes, i + 2);
        text += alphabet[group >> 18];
        text += alphabet[(group >> 12) & 63U];
        text += n > 1 ? alphabet[(group >> 6) & 63U] : '=';
        text += n > 2 ? alphabet[group & 63U] : '=';
    }
    return text;
}

constexpr std::array<std::int8_t, 256> values = [] {
    std::array<std::int8_t, 256> table{};
    table.fill(-1);
    for (std::size_t i = 0; i < alphabet.size(); ++i) {
        table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
    }
    return table;
}();

/// The 24 bits that four digits spell, of which the first `n_digits` count.
std::optional<std::uint32_t> group_of(std::string_view four, std::size_t n_digits) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        const int value = i < n_digits ? values[byte_at(four, i)] : 0;
        if (value < 0) return std::nullopt;
        group = group << 6 | static_cast<std::uint32_t>(value);
    }
    // One spelling for one value: bits that the padding cuts off must be zero.
    const std::uint32_t cut = n_digits == 4 ? 0 : (n_digits == 3 ? 0xFFU : 0xFFFFU);
    if ((group & cut) != 0) return std::nullopt;
    return group;
}

std::optional<std::string> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3);
    for (std::size_t i = 0; i < text.size(); i += 4) {
        const std::string_view four = text.substr(i, 4);
        std::size_t n_digits = 4;
        const bool is_last = i + 4 == text.size();
        while (is_last && n_digits > 2 && four[n_digits - 1] == '=')
            --n_digits;
        const auto group = group_of(four, n_digits);
        if (!group) return std::nullopt;
        for (std::size_t k = 0; k + 1 < n_digits; ++k) {
            bytes += static_cast<char>(*group >> (16 - 8 * k) & 0xFFU);
        }
    }
    return bytes;
}

void put(std::string& bytes, std::uint32_t word) {
    for (unsigned shift = 0; shift < 32; shift += 8) {
        bytes += static_cast<char>(word >> shift & 0xFFU);
    }
}

std::uint32_t take(std::string_view bytes, std::size_t at) {
    return byte_at(bytes, at) | byte_at(bytes, at + 1) << 8 | byte_at(bytes, at + 2) << 16 |
           byte_at(bytes, at + 3) << 24;
}

}  // namespace

std::string pack_ids(std::span<const TokenId> ids) {
    std::string bytes;
    bytes.reserve(ids.size() * 4);
    for (const TokenId id : ids)
        put(bytes, std::bit_cast<std::uint32_t>(id));
    return to_base64(bytes);
}

std::optional<std::vector<TokenId>> unpack_ids(std::string_view packed) {
    const auto bytes = from_base64(packed);
    if (!bytes || bytes->size() % 4 != 0) return std::nullopt;
    std::vector<TokenId> ids;
    ids.reserve(bytes->size() / 4);
    for (std::size_t at = 0; at < bytes->size(); at += 4) {
        ids.push_back(std::bit_cast<TokenId>(take(*bytes, at)));
    }
    return ids;
}

std::string pack_tokens(std::span<const TokenRecord> tokens) {
    std::string bytes;
    bytes.reserve(tokens.size() * token_bytes);
    for (const TokenRecord& token : tokens) {
        put(bytes, std::bit_cast<std::uint32_t>(token.id));
        put(bytes, std::bit_cast<std::uint32_t>(token.logprob_model));
        put(bytes, std::bit_cast<std::uint32_t>(token.logprob));
        put(bytes, std::bit_cast<std::uint32_t>(token.entropy));
        put(bytes, std::bit_cast<std::uint32_t>(token.rank));
    }
    return to_base64(bytes);
}

std::optional<std::vector<TokenRecord>> unpack_tokens(std::string_view packed) {
    const auto bytes = from_base64(packed);
    if (!bytes || bytes->size() % token_bytes != 0) return std::nullopt;
    std::vector<TokenRecord> tokens;
    tokens.reserve(bytes->size() / token_bytes);
    for (std::size_t at = 0; at < bytes->size(); at += token_bytes) {
        tokens.push_back({.id = std::bit_cast<TokenId>(take(*bytes, at)),
                          .logprob_model = std::bit_cast<float>(take(*bytes, at + 4)),
                          .logprob = std::bit_cast<float>(take(*bytes, at + 8)),
                          .entropy = std::bit_cast<float>(take(*bytes, at + 12)),
                          .rank = std::bit_cast<std::int32_t>(take(*bytes, at + 16))});
    }
    return tokens;
}

std::string pack_bans(std::span<const BanRecord> bans) {
    std::vector<TokenId> pairs;
    pairs.reserve(2 * bans.size());
    for (const BanRecord& ban : bans) {
        pairs.push_back(ban.position);
        pairs.push_back(ban.id);
    }
    return pack_ids(pairs);
}

std::optional<std::vector<BanRecord>> unpack_bans(std::string_view packed) {
    const auto pairs = unpack_ids(packed);
    if (!pairs || pairs->size() % 2 != 0) return std::nullopt;
    std::vector<BanRecord> bans;
    bans.reserve(pairs->size() / 2);
    for (std::size_t i = 0; i < pairs->size(); i += 2)
        bans.push_back({(*pairs)[i], (*pairs)[i + 1]});
    return bans;
}

std::string pack_indices(std::span<const std::size_t> indices) {
    std::string text;
    for (const std::size_t index : indices) {
        if (!text.empty()) text += ',';
        text += std::to_string(index);
    }
    return text;
}

std::optional<std::vector<std::size_t>> unpack_indices(std::string_view packed) {
    std::vector<std::size_t> indices;
    while (!packed.empty()) {
        const std::size_t comma = std::min(packed.find(','), packed.size());
        const auto index = unsigned_from(packed.substr(0, comma));
        if (!index || comma + 1 == packed.size()) return std::nullopt;
        indices.push_back(*index);
        packed.remove_prefix(std::min(comma + 1, packed.size()));
    }
    return indices;
}

std::optional<std::uint64_t> unsigned_from(std::string_view digits) {
    std::uint64_t value = 0;
    const char* const end = digits.data() + digits.size();
    const auto [stop, fault] = std::from_chars(digits.data(), end, value);
    if (fault != std::errc{} || stop != end || std::to_string(value) != digits) return std::nullopt;
    return value;
}

}  // namespace fabula::store
