// SPDX-License-Identifier: 0BSD
#include "app/evaluate_command.h"
#include "app/evaluate_jobs.h"
#include "app/evaluate_report.h"
#include "app/exit_status.h"
#include "app/progress.h"
#include "app/signals.h"
#include "evaluate/off_policy_check.h"
#include "evaluate/targets.h"

#include <CLI/CLI.hpp>

#include <iostream>
#include <optional>

namespace fabula::app {
namespace {

using preference::OffPolicyValue;

constexpr std::size_t truth_draws = 2'000'000;

// Which stream below the seed draws what.
enum Stream : std::uint64_t { for_truth = 0, for_seeds = 1 };

// What each reader and target comes to, and each seed of them.
struct Board {
    const EvaluateArguments* arguments;
    std::vector<evaluate::Reader> readers;
    std::vector<evaluate::StatedTarget> targets;
    evaluate::StoryShape shape;
    std::vector<evaluate::TruePickRate> truths;        // [n_readers, n_targets]
    std::vector<std::vector<OffPolicyValue>> of_seed;  // [n_seeds, n_readers], n_targets each

    std::size_t n_cells() const { return readers.size() * targets.size(); }
};

void find_truth(Board& board, std::size_t cell) {
    const auto rng = Rng(board.arguments->seed).child(for_truth).child(cell);
    board.truths[cell] = evaluate::true_pick_rate(board.readers[cell / board.targets.size()],
                                                  board.targets[cell % board.targets.size()].policy,
                                                  board.shape, truth_draws, rng);
}

// One log of the random policy, and the estimates of all targets from it.
Result<Unit> estimate(Board& board, std::size_t number, const std::stop_token& stop) {
    const auto random = preference::learn(preference::Policy::random, {}, {});
    if (!random) return random.error();
    const std::size_t reader = number % board.readers.size();
    const auto rng =
        Rng(board.arguments->seed).child(for_seeds).child(number / board.readers.size());
    const auto history = evaluate::simulate(board.readers[reader], **random, board.shape,
                                            {0, board.arguments->stories}, rng.child(0));
    std::vector<OffPolicyValue> values;
    for (std::size_t i = 0; i < board.targets.size(); ++i) {
        if (stop.stop_requested()) return Unit{};
        auto value =
            preference::off_policy_value(history, board.targets[i].policy, rng.child(1).child(i));
        if (!value) return value.error();
        values.push_back(*std::move(value));
    }
    board.of_seed[number] = std::move(values);
    return Unit{};
}

std::optional<OffPolicyRow> row_of(const Board& board, std::size_t reader, std::size_t target) {
    std::vector<OffPolicyValue> values;
    for (std::size_t i = reader; i < board.of_seed.size(); i += board.readers.size()) {
        if (!board.of_seed[i].empty()) values.push_back(board.of_seed[i][target]);
    }
    if (values.empty()) return {};
    const auto& stated = board.targets[target];
    return OffPolicyRow{
        .reader = board.readers[reader].name,
        .target = stated.name,
        .centre = stated.centre,
        .widths = {stated.temperature_width, stated.ln_top_k_width, stated.typical_p_width},
        .stories = board.arguments->stories,
        .record =
            evaluate::record_of(board.truths[reader * board.targets.size() + target], values)};
}

void print(const Board& board) {
    std::vector<OffPolicyRow> rows;
    for (std::size_t reader = 0; reader < board.readers.size(); ++reader) {
        for (std::size_t target = 0; target < board.targets.size(); ++target) {
            if (auto row = row_of(board, reader, target)) rows.push_back(*std::move(row));
        }
    }
    if (!board.arguments->json) {
        std::cout << as_text(rows);
        return;
    }
    for (const auto& row : rows)
        std::cout << as_json(row);
}

Result<int> run_off_policy(const EvaluateArguments& arguments) {
    auto readers = readers_of(arguments);
    if (!readers) return readers.error();
    Board board{.arguments = &arguments,
                .readers = *std::move(readers),
                .targets = evaluate::stated_targets({}),
                .shape = {.steps = arguments.steps, .candidates = arguments.candidates, .base = {}},
                .truths = {},
                .of_seed = {}};
    board.truths.resize(board.n_cells());
    board.of_seed.resize(arguments.seeds * board.readers.size());
    const auto stop = listen_for_signals();
    const std::size_t n_jobs = board.n_cells() + board.of_seed.size();
    Progress progress("evaluating estimates", static_cast<double>(n_jobs), "runs");
    const auto job = [&](std::size_t number) -> Result<Unit> {
        if (number >= board.n_cells()) return estimate(board, number - board.n_cells(), stop);
        find_truth(board, number);
        return Unit{};
    };
    const auto ran = run_jobs(n_jobs, threads_of(arguments), stop, job, [&](std::size_t done) {
        progress.update(static_cast<double>(done));
    });
    progress.clear();
    if (!ran) return ran.error();
    print(board);
    if (!stop.stop_requested()) return exit_success;
    std::cerr << "fabula: stopped: these are the seeds that were finished\n";
    return 128 + signal_received();
}

}  // namespace

void add_evaluate_off_policy(CLI::App& evaluate, Run& run) {
    auto arguments = std::make_shared<EvaluateArguments>();
    auto* verb = evaluate.add_subcommand(
        "off-policy", "estimates of policies that nobody followed, beside the truth");
    verb->footer(R"(Examples:
  fabula evaluate off-policy
  fabula evaluate off-policy --readers readers.json --stories 1000 --seeds 20 --json

The log is that of the random policy. The targets are normal clouds of three widths about the middle
of what it draws; the output states them.)");
    add_evaluate_flags(*verb, *arguments);
    verb->callback([arguments, &run] {
        run = [arguments] {
            const auto status = run_off_policy(*arguments);
            return status ? *status : fail(status.error());
        };
    });
}

}  // namespace fabula::app
