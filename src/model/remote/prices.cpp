// SPDX-License-Identifier: 0BSD
#include "model/remote/prices.h"

#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <sstream>

namespace fabula::model {
namespace {

constexpr double a_million = 1e6;

Error fault(std::size_t number, const std::string& what) {
    return {ErrorCode::invalid_input, "price " + std::to_string(number) + ": " + what};
}

Result<Price> price_in(const toml::table& table, std::size_t number) {
    Price price;
    for (const auto& [key, node] : table) {
        const auto name = key.str();
        const bool is_text = name == "model" || name == "host";
        const bool is_number = name == "input" || name == "output" || name == "cached";
        if (!is_text && !is_number)
            return fault(number, "'" + std::string(name) +
                                     "' is none of model, host, input, cached, output");
        if (is_text && !node.is_string()) return fault(number, std::string(name) + " is no text");
        if (!is_number) continue;
        const auto value = node.value<double>();
        if (!value || !std::isfinite(*value) || *value < 0)
            return fault(number, std::string(name) + " is no amount of money");
    }
    price.model = table["model"].value_or(std::string());
    price.host = table["host"].value_or(std::string());
    const auto input = table["input"].value<double>();
    const auto output = table["output"].value<double>();
    if (price.model.empty() || !input || !output)
        return fault(number, "it needs model, input and output");
    price.input = *input;
    price.output = *output;
    price.cached = table["cached"].value_or(*input);
    return price;
}

}  // namespace

const Price* Prices::find(std::string_view model, std::string_view host) const {
    const auto found = std::find_if(prices.begin(), prices.end(), [&](const Price& price) {
        return (price.model == "*" || price.model == model) &&
               (price.host.empty() || price.host == host);
    });
    return found == prices.end() ? nullptr : &*found;
}

Result<Prices> parse_prices(std::string_view toml) {
    toml::table table;
    try {
        table = toml::parse(toml);
    } catch (const toml::parse_error& error) {
        std::ostringstream text;
        text << "line " << error.source().begin.line << ": " << error.description();
        return Error{ErrorCode::invalid_input, text.str()};
    }
    Prices prices;
    prices.currency = table["currency"].value_or(prices.currency);
    const auto* const list = table["price"].as_array();
    if (list == nullptr) return Error{ErrorCode::invalid_input, "there is no [[price]] in it"};
    prices.prices.reserve(list->size());
    for (const auto& node : *list) {
        const std::size_t number = prices.prices.size() + 1;
        if (!node.is_table()) return fault(number, "no table");
        auto price = price_in(*node.as_table(), number);
        if (!price) return price.error();
        prices.prices.push_back(*std::move(price));
    }
    return prices;
}

double money_for(const Price& price, const TokenCounts& counts) {
    const auto cached = static_cast<double>(std::min(counts.cached, counts.prompt));
    const auto fresh = static_cast<double>(counts.prompt) - cached;
    return (fresh * price.input + cached * price.cached +
            static_cast<double>(counts.completion) * price.output) /
           a_million;
}

}  // namespace fabula::model
