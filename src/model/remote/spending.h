// SPDX-License-Identifier: 0BSD
// What remote models have cost, this run and this month, and whether more may be spent. Each
// request is a line of JSON in a file of its month, `usage-2026-11.jsonl` (UTC): when, where, which
// model, how many tokens, how much money, how long; no text and no key.
//
// Several processes may write one file. Each looks at what all have spent before it asks, so that
// together they overrun a budget by at most what is under way.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace fabula::model {

/// 0: no limit.
struct Budget {
    std::uint64_t run_tokens = 0;  // prompt and completion together
    double run_money = 0;
    std::uint64_t month_tokens = 0;
    double month_money = 0;

    bool has_money() const { return run_money > 0 || month_money > 0; }
    bool has_month() const { return month_tokens > 0 || month_money > 0; }
};

struct UsageLine {
    double time = 0;  // seconds since 1970
    std::string host;
    std::string model;
    std::size_t prompt_tokens = 0;
    std::size_t completion_tokens = 0;
    bool is_counted_here = false;  // the server told no counts: they are ours
    double money = 0;
    std::string currency;
    double first_text_seconds = 0;
    double seconds = 0;
};

struct Spent {
    std::uint64_t tokens = 0;
    double money = 0;
};

std::string usage_as_json(const UsageLine& line);
/// The sum of the lines of a file; what is no such line is passed over.
Spent spent_in(std::string_view lines);

/// "2026-11" of seconds since 1970.
std::string month_of(double time);

class Spending {
public:
    /// `folder`: where the files are; "" keeps none, which goes with a budget for the run alone.
    Spending(std::string folder, Budget budget);

    /// Whether so much more may be spent. Errors: exhausted, naming the budget; unavailable (the
    /// month's file cannot be read).
    Result<Unit> allow(const Spent& more, double now) const;

    /// Errors: unavailable (the file cannot be written); the run's sum is kept anyhow.
    Result<Unit> add(const UsageLine& line);

    const Spent& run() const { return run_; }

private:
    std::string file_of(double time) const;

    std::string folder_;
    Budget budget_;
    Spent run_;
};

}  // namespace fabula::model
