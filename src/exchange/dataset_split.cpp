// SPDX-License-Identifier: 0BSD
#include "exchange/dataset_split.h"

#include "model/sha256.h"

#include <charconv>
#include <cmath>
#include <span>
#include <string_view>

namespace fabula::exchange {
namespace {

std::string digest(const std::string& text) {
    return model::sha256_of(std::as_bytes(std::span(text.data(), text.size())));
}

}  // namespace

Result<std::array<double, n_splits>> shares_named(const std::string& text) {
    const Error refused{ErrorCode::invalid_input,
                        "split '" + text +
                            "': three shares for train, validation and test that add up to 1, "
                            "such as 0.9,0.05,0.05"};
    std::array<double, n_splits> shares{};
    double sum = 0;
    std::size_t at = 0;
    for (std::size_t i = 0; i < n_splits; ++i) {
        const std::size_t comma = text.find(',', at);
        if ((comma == std::string::npos) != (i + 1 == n_splits)) return refused;
        const std::string_view word =
            std::string_view(text).substr(at, comma == std::string::npos ? comma : comma - at);
        const auto read = std::from_chars(word.data(), word.data() + word.size(), shares[i]);
        const bool is_whole = read.ec == std::errc{} && read.ptr == word.data() + word.size();
        if (word.empty() || !is_whole || !(shares[i] >= 0 && shares[i] <= 1)) return refused;
        sum += shares[i];
        at = comma + 1;
    }
    if (std::abs(sum - 1) > 1e-9) return refused;
    return shares;
}

std::string identity_of(const store::StoryRecord& record) {
    return digest("fabula-story\n" + std::to_string(record.seed) + "\n" +
                  std::to_string(static_cast<std::int64_t>(record.created)) + "\n" + record.source)
        .substr(0, 16);
}

std::size_t split_of(const std::string& identity, const SplitRule& rule) {
    const std::string hash =
        digest("fabula-split\n" + std::to_string(rule.seed) + "\n" + identity).substr(0, 13);
    std::uint64_t number = 0;  // 52 bits, which a double holds
    std::from_chars(hash.data(), hash.data() + hash.size(), number, 16);
    const double place = static_cast<double>(number) / static_cast<double>(std::uint64_t{1} << 52U);
    double border = 0;
    std::size_t last = 0;
    for (std::size_t i = 0; i < n_splits; ++i) {
        border += rule.shares[i];
        if (rule.shares[i] > 0) last = i;
        if (place < border) return i;
    }
    return last;  // the shares add up to a hair less than 1
}

}  // namespace fabula::exchange
