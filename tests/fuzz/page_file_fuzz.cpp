// SPDX-License-Identifier: 0BSD
// Page files: bytes as they come, and whole files of which some bytes are turned. What is accepted
// must be what would be written for that page, byte by byte.
#include "model/page_file.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace {

using fabula::TokenId;
using fabula::model::PageKey;

constexpr std::size_t n_numbers = 96;

std::vector<std::byte> file_of(const PageKey& key, std::span<const TokenId> tokens,
                               std::span<const std::byte> numbers) {
    auto file = fabula::model::page_file_head(key, tokens, numbers);
    file.insert(file.end(), numbers.begin(), numbers.end());
    return file;
}

void read(const std::vector<std::byte>& file, const PageKey& key, std::span<const TokenId> tokens) {
    const auto numbers = fabula::model::numbers_in_page_file(file, key, tokens, n_numbers);
    if (!numbers) return;
    if (file_of(key, tokens, *numbers) != file) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::uint8_t> input(data, size);
    std::vector<TokenId> tokens(16);
    for (std::size_t i = 0; i < tokens.size(); ++i)
        tokens[i] = static_cast<TokenId>(i < size ? input[i] : i);
    const PageKey key = PageKey::of("fuzz").behind(tokens);
    const auto bytes = std::as_bytes(input);
    read({bytes.begin(), bytes.end()}, key, tokens);

    // A sound file, then turned: pairs of a place (two bytes) and a mask.
    std::vector<std::byte> numbers(n_numbers);
    std::copy_n(bytes.begin(), std::min(size, n_numbers), numbers.begin());
    auto file = file_of(key, tokens, numbers);
    const auto sound = file;
    for (std::size_t i = n_numbers; i + 2 < size; i += 3) {
        const std::size_t at = (input[i] | std::size_t{input[i + 1]} << 8U) % (file.size() + 8);
        if (at < file.size())
            file[at] ^= static_cast<std::byte>(input[i + 2]);
        else
            file.resize(file.size() - std::min<std::size_t>(file.size(), input[i + 2]));
        if (file.empty()) break;
    }
    const auto found = fabula::model::numbers_in_page_file(file, key, tokens, n_numbers);
    if (found.has_value() != (file == sound)) std::abort();
    return 0;
}
