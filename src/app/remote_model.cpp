// SPDX-License-Identifier: 0BSD
#include "app/remote_model.h"

#include "app/files.h"
#include "app/paths.h"
#include "app/terminal.h"
#include "model/remote/remote.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cmath>
#include <iostream>
#include <sstream>

namespace fabula::app {
namespace {

Result<double> money_of(const Configuration& configuration, const char* key) {
    const auto& text = configuration.text(key);
    double money = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), money);
    const bool is_number = failure == std::errc() && end == text.data() + text.size();
    if (!is_number || !std::isfinite(money) || money < 0)
        return Error{ErrorCode::invalid_input, std::string(key) + " '" + text + "' (" +
                                                   configuration.source(key) +
                                                   ") is no amount of money"};
    return money;
}

Result<model::Budget> budget_of(const Configuration& configuration) {
    constexpr std::uint64_t most_tokens = std::uint64_t{1} << 50;
    const auto run_tokens = configuration.number("budget_tokens", 0, most_tokens);
    if (!run_tokens) return run_tokens.error();
    const auto month_tokens = configuration.number("month_tokens", 0, most_tokens);
    if (!month_tokens) return month_tokens.error();
    const auto run_money = money_of(configuration, "budget_money");
    if (!run_money) return run_money.error();
    const auto month_money = money_of(configuration, "month_money");
    if (!month_money) return month_money.error();
    return model::Budget{*run_tokens, *run_money, *month_tokens, *month_money};
}

Result<model::Prices> prices_of(const Configuration& configuration) {
    const auto& file = configuration.text("prices");
    if (file.empty()) return model::Prices{};
    const auto text = read_file(file);
    if (!text) return text.error();
    auto prices = model::parse_prices(*text);
    if (!prices)
        return Error{prices.error().code, "prices '" + file + "': " + prices.error().message};
    return prices;
}

Result<bool> stream_of(const Configuration& configuration) {
    const auto& stream = configuration.text("stream");
    if (stream == "on" || stream == "off") return stream == "on";
    return Error{ErrorCode::invalid_input, "stream '" + stream + "' is neither on nor off"};
}

Result<std::vector<model::Endpoint>> endpoints_of(const Configuration& configuration,
                                                  model::RemoteApi api) {
    std::vector<model::Endpoint> endpoints;
    std::istringstream words(configuration.text("endpoint"));
    for (std::string word; words >> word;) {
        auto endpoint = model::endpoint_named(word, api);
        if (!endpoint) return endpoint.error();
        endpoints.push_back(*std::move(endpoint));
    }
    return endpoints;
}

double seconds_now() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

// What has limits and may be wrong.
Result<Unit> set_limits(const Configuration& configuration, model::RemoteOptions& options) {
    const auto timeout = configuration.number("timeout", 1, 86400);
    if (!timeout) return timeout.error();
    options.timeout = std::chrono::seconds(*timeout);
    const auto window = configuration.number("window", 0, 100'000'000);
    if (!window) return window.error();
    options.window_tokens = *window;
    auto budget = budget_of(configuration);
    if (!budget) return budget.error();
    options.budget = *budget;
    auto prices = prices_of(configuration);
    if (!prices) return prices.error();
    options.prices = *std::move(prices);
    const auto stream = stream_of(configuration);
    if (!stream) return stream.error();
    options.is_stream = *stream;
    return Unit{};
}

}  // namespace

bool is_remote(const Configuration& configuration) {
    return configuration.text("endpoint").find_first_not_of(' ') != std::string::npos;
}

Result<std::unique_ptr<model::Generator>> open_remote(const Configuration& configuration,
                                                      const std::string& model,
                                                      const std::stop_token& stop) {
    model::RemoteOptions options;
    const auto api = model::remote_api_named(configuration.text("api"));
    if (!api) return api.error();
    options.api = *api;
    options.model = model;
    auto endpoints = endpoints_of(configuration, *api);
    if (!endpoints) return endpoints.error();
    options.endpoints = *std::move(endpoints);
    if (const auto set = set_limits(configuration, options); !set) return set.error();
    options.keys = {process_environment, hub_token_files()};
    options.usage_folder = usage_folder();
    options.now = seconds_now;
    options.on_notice = [](const std::string& text) {
        std::cerr << "fabula: " << printable_line(text) << std::endl;
    };
    return model::make_remote(std::move(options), stop);
}

std::string cost_line(const model::Generator& generator) {
    const auto figures = generator.remote_figures();
    if (figures.n_requests == 0) return "";
    auto line = fmt::format("{} requests to a remote model: {} tokens read, {} written{}",
                            figures.n_requests, figures.prompt_tokens, figures.completion_tokens,
                            figures.is_estimated ? " (some by estimate)" : "");
    if (figures.n_failed > 0) line += fmt::format(", {} attempts failed", figures.n_failed);
    if (!figures.currency.empty())
        line += fmt::format(", {:.4f} {}", figures.money, figures.currency);
    return line;
}

}  // namespace fabula::app
