// SPDX-License-Identifier: 0BSD
// What tokens of a remote model cost, by a file that a person keeps: servers do not say.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fabula::model {

/// Money for a million tokens.
struct Price {
    std::string model;  // "*": every model
    std::string host;   // "": every host
    double input = 0;
    double cached = 0;  // of a prompt that the server had in its cache
    double output = 0;
};

struct Prices {
    std::string currency = "USD";
    std::vector<Price> prices;

    /// The first that is for this model at this host.
    const Price* find(std::string_view model, std::string_view host) const;
};

/// Reads TOML: currency = "USD", and tables [[price]] with model, input, output and, where wanted,
/// host and cached (else as input). Errors: invalid_input, with the line or the number of the
/// table.
Result<Prices> parse_prices(std::string_view toml);

struct TokenCounts {
    std::size_t prompt = 0;
    std::size_t cached = 0;  // of `prompt`
    std::size_t completion = 0;
};

double money_for(const Price& price, const TokenCounts& counts);

}  // namespace fabula::model
