// SPDX-License-Identifier: 0BSD
#include "model/page_file.h"

#include <xxhash.h>

#include <array>
#include <bit>
#include <cstring>
#include <memory>

namespace fabula::model {
namespace {

static_assert(std::endian::native == std::endian::little, "page files are little-endian");

constexpr std::array<char, 8> magic{'F', 'A', 'B', 'P', 'A', 'G', 'E', '\n'};
constexpr std::uint32_t version = 1;

// What stands at the front of a file.
struct Front {
    std::array<char, 8> magic{};
    std::uint32_t version = 0;
    std::uint32_t n_tokens = 0;
    PageKey key;
    std::uint64_t n_bytes = 0;
    std::uint64_t hash_high = 0;  // of the fields above, the tokens and the numbers
    std::uint64_t hash_low = 0;
};
static_assert(sizeof(Front) == 56 && std::has_unique_object_representations_v<Front>);
constexpr std::size_t hashed_bytes = offsetof(Front, hash_high);

XXH128_hash_t hash_of(const Front& front, std::span<const std::byte> tokens,
                      std::span<const std::byte> numbers) {
    const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(),
                                                                         &XXH3_freeState);
    XXH3_128bits_reset(state.get());
    XXH3_128bits_update(state.get(), &front, hashed_bytes);
    XXH3_128bits_update(state.get(), tokens.data(), tokens.size());
    XXH3_128bits_update(state.get(), numbers.data(), numbers.size());
    return XXH3_128bits_digest(state.get());
}

Error damaged(const char* what) {
    return {ErrorCode::corrupt, std::string("a page of the cache ") + what};
}

}  // namespace

PageKey PageKey::of(std::string_view identity) {
    const auto hash = XXH3_128bits(identity.data(), identity.size());
    return {hash.high64, hash.low64};
}

PageKey PageKey::behind(std::span<const TokenId> tokens) const {
    const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(),
                                                                         &XXH3_freeState);
    XXH3_128bits_reset(state.get());
    XXH3_128bits_update(state.get(), this, sizeof(*this));
    XXH3_128bits_update(state.get(), tokens.data(), tokens.size_bytes());
    const auto hash = XXH3_128bits_digest(state.get());
    return {hash.high64, hash.low64};
}

std::string PageKey::hex() const {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const std::uint64_t half : {high, low}) {
        for (unsigned shift = 64; shift > 0; shift -= 4)
            text += digits[(half >> (shift - 4)) & 15U];
    }
    return text;
}

std::size_t page_file_bytes(std::size_t n_tokens, std::size_t n_bytes) {
    return sizeof(Front) + n_tokens * sizeof(TokenId) + n_bytes;
}

std::vector<std::byte> page_file_head(const PageKey& key, std::span<const TokenId> tokens,
                                      std::span<const std::byte> numbers) {
    Front front{magic, version, static_cast<std::uint32_t>(tokens.size()), key, numbers.size()};
    const auto hash = hash_of(front, std::as_bytes(tokens), numbers);
    front.hash_high = hash.high64;
    front.hash_low = hash.low64;
    std::vector<std::byte> head(sizeof(front) + tokens.size_bytes());
    std::memcpy(head.data(), &front, sizeof(front));
    if (!tokens.empty())
        std::memcpy(head.data() + sizeof(front), tokens.data(), tokens.size_bytes());
    return head;
}

Result<std::span<const std::byte>> numbers_in_page_file(std::span<const std::byte> file,
                                                        const PageKey& key,
                                                        std::span<const TokenId> tokens,
                                                        std::size_t n_bytes) {
    Front front;
    if (file.size() < sizeof(front)) return damaged("ends within its front");
    std::memcpy(&front, file.data(), sizeof(front));
    if (front.magic != magic) return damaged("does not begin as one");
    if (front.version != version) return damaged("is of another version");
    if (front.key != key || front.n_tokens != tokens.size()) return damaged("is another one");
    if (front.n_bytes != n_bytes || file.size() != page_file_bytes(tokens.size(), n_bytes))
        return damaged("has another size");
    const auto its_tokens = file.subspan(sizeof(front), tokens.size_bytes());
    const auto numbers = file.subspan(sizeof(front) + tokens.size_bytes());
    const auto hash = hash_of(front, its_tokens, numbers);
    if (hash.high64 != front.hash_high || hash.low64 != front.hash_low)
        return damaged("does not have its hash");
    if (!tokens.empty() && std::memcmp(its_tokens.data(), tokens.data(), tokens.size_bytes()) != 0)
        return damaged("is that of other tokens");
    return numbers;
}

}  // namespace fabula::model
