// SPDX-License-Identifier: 0BSD
#include "model/remote/spending.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace fabula::model {
namespace {

Result<Unit> check_tokens(std::uint64_t budget, std::uint64_t spent, std::uint64_t more,
                          const char* what) {
    if (budget == 0 || spent + more <= budget) return Unit{};
    return Error{ErrorCode::exhausted,
                 std::string("the budget of ") + what + " is " + std::to_string(budget) +
                     " tokens: " + std::to_string(spent) + " are spent, and this may take " +
                     std::to_string(more) + " more"};
}

std::string readable(double money) {
    char text[32];
    std::snprintf(text, sizeof text, "%.4f", money);
    return text;
}

Result<Unit> check_money(double budget, double spent, double more, const char* what) {
    if (budget <= 0 || spent + more <= budget) return Unit{};
    return Error{ErrorCode::exhausted,
                 std::string("the budget of ") + what + " is " + readable(budget) + ": " +
                     readable(spent) + " are spent, and this may take " + readable(more) + " more"};
}

}  // namespace

std::string month_of(double time) {
    const auto days = std::chrono::floor<std::chrono::days>(
        std::chrono::sys_seconds(std::chrono::seconds(static_cast<std::int64_t>(time))));
    const std::chrono::year_month_day date(days);
    char text[32];
    std::snprintf(text, sizeof text, "%04d-%02u", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()));
    return text;
}

Spending::Spending(std::string folder, Budget budget)
    : folder_(std::move(folder)), budget_(budget) {}

std::string Spending::file_of(double time) const {
    return folder_ + "/usage-" + month_of(time) + ".jsonl";
}

Result<Unit> Spending::allow(const Spent& more, double now) const {
    if (auto run = check_tokens(budget_.run_tokens, run_.tokens, more.tokens, "this run"); !run)
        return run;
    if (auto run = check_money(budget_.run_money, run_.money, more.money, "this run"); !run)
        return run;
    if (!budget_.has_month()) return Unit{};
    Spent month = run_;
    if (!folder_.empty()) {
        const std::string path = file_of(now);
        std::error_code failure;
        if (std::filesystem::exists(path, failure)) {
            std::ifstream file(path, std::ios::binary);
            const std::string lines{std::istreambuf_iterator<char>(file), {}};
            if (!file.is_open() || file.bad())
                return Error{ErrorCode::unavailable, "file '" + path + "' cannot be read"};
            month = spent_in(lines);
        }
    }
    if (auto all = check_tokens(budget_.month_tokens, month.tokens, more.tokens, "this month");
        !all)
        return all;
    return check_money(budget_.month_money, month.money, more.money, "this month");
}

Result<Unit> Spending::add(const UsageLine& line) {
    run_.tokens += line.prompt_tokens + line.completion_tokens;
    run_.money += line.money;
    if (folder_.empty()) return Unit{};
    const std::string path = file_of(line.time);
    const Error cannot{ErrorCode::unavailable, "file '" + path + "' cannot be written"};
    std::error_code failure;
    std::filesystem::create_directories(folder_, failure);
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0) return cannot;
    // One write, so that lines of several processes do not mix.
    const std::string text = usage_as_json(line) + "\n";
    ssize_t n = -1;
    do {
        n = ::write(file, text.data(), text.size());
    } while (n < 0 && errno == EINTR);
    ::close(file);
    if (n != static_cast<ssize_t>(text.size())) return cannot;
    return Unit{};
}

}  // namespace fabula::model
