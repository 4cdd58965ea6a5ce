// SPDX-License-Identifier: 0BSD
#include "app/evaluate_command.h"
#include "app/evaluate_jobs.h"
#include "app/evaluate_report.h"
#include "app/exit_status.h"
#include "app/files.h"
#include "app/progress.h"
#include "app/signals.h"
#include "evaluate/policies.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>
#include <optional>

namespace fabula::app {
namespace {

using preference::Policy;

struct PolicyArguments : EvaluateArguments {
    std::vector<std::string> policies{"fixed", "random", "average", "portfolio", "auto"};
    std::vector<std::size_t> at{0, 10, 30, 100, 300};
    bool are_points_named = false;
    std::string collecting = "own";
    std::string plot;
};

// One reader and one policy, and what each seed came to.
struct Cell {
    evaluate::ScaledReader reader;
    Policy policy;
    std::vector<std::optional<evaluate::Trial>> trials;  // by seed; empty where it was stopped
};

Result<std::vector<std::size_t>> refits_of(const PolicyArguments& arguments) {
    std::vector<std::size_t> refits;
    for (const auto stories : arguments.at) {
        if (arguments.are_points_named && stories > arguments.stories)
            return Error{ErrorCode::invalid_input, "--at " + std::to_string(stories) +
                                                       " is beyond --stories " +
                                                       std::to_string(arguments.stories)};
        if (stories < arguments.stories) refits.push_back(stories);
    }
    refits.push_back(arguments.stories);
    std::ranges::sort(refits);
    refits.erase(std::unique(refits.begin(), refits.end()), refits.end());
    return refits;
}

Result<std::vector<Cell>> cells_of(const PolicyArguments& arguments,
                                   const std::vector<evaluate::Reader>& readers,
                                   const evaluate::TrialOptions& options) {
    std::vector<Policy> policies;
    for (const auto& name : arguments.policies) {
        const auto policy = preference::policy_named(name);
        if (!policy) return policy.error();
        if (std::ranges::find(policies, *policy) == policies.end()) policies.push_back(*policy);
    }
    std::vector<Cell> cells;
    for (const auto& reader : readers) {
        const auto scale = evaluate::scale_of(reader, options.shape.steps, options.ranges);
        if (!scale) return scale.error();
        for (const auto policy : policies)
            cells.push_back({{reader, *scale},
                             policy,
                             std::vector<std::optional<evaluate::Trial>>(arguments.seeds)});
    }
    return cells;
}

// Means over seeds of what auto saw at the end. The tables of all seeds have the same policies, and
// a seed that saw too few stories has none.
std::vector<PolicyRow::HeldOut> held_out_of(const std::vector<const evaluate::Trial*>& trials) {
    std::vector<PolicyRow::HeldOut> rows;
    double n = 0;
    for (const auto* trial : trials) {
        if (trial->selection.table.empty()) continue;
        ++n;
        if (rows.empty()) {
            for (const auto& each : trial->selection.table)
                rows.push_back({{.policy = each.policy}, 0});
        }
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const auto& each = trial->selection.table[i];
            auto& mean = rows[i].mean;
            mean.log_likelihood += (each.log_likelihood - mean.log_likelihood) / n;
            mean.behind += (each.behind - mean.behind) / n;
            mean.noise += (each.noise - mean.noise) / n;
            mean.n_offers = each.n_offers;
            if (trial->selection.policy == each.policy) ++rows[i].taken;
        }
    }
    return rows;
}

std::optional<PolicyRow> row_of(const Cell& cell, const evaluate::TrialOptions& options,
                                const std::string& collecting) {
    std::vector<const evaluate::Trial*> trials;
    for (const auto& trial : cell.trials) {
        if (trial) trials.push_back(&*trial);
    }
    if (trials.empty()) return {};
    PolicyRow row{.reader = cell.reader.reader.name,
                  .policy = name_of(cell.policy),
                  .collecting = collecting,
                  .seeds = trials.size(),
                  .scale = cell.reader.scale,
                  .curve = {},
                  .held_out = held_out_of(trials)};
    for (std::size_t i = 0; i < options.refits.size(); ++i) {
        std::vector<double> shares;
        shares.reserve(trials.size());
        for (const auto* trial : trials)
            shares.push_back(trial->shares[i]);
        row.curve.push_back({options.refits[i], evaluate::mean_interval(shares)});
    }
    return row;
}

// Seed by seed over all cells, so that what was stopped has every row, from fewer seeds.
Result<Unit> try_all(const PolicyArguments& arguments, const evaluate::TrialOptions& options,
                     std::vector<Cell>& cells, const std::stop_token& stop) {
    const std::size_t n_jobs = cells.size() * arguments.seeds;
    Progress progress("evaluating policies", static_cast<double>(n_jobs), "runs");
    const auto job = [&](std::size_t number) -> Result<Unit> {
        auto& cell = cells[number % cells.size()];
        const std::size_t seed = number / cells.size();
        auto trial = evaluate::try_policy(cell.reader, cell.policy, options,
                                          Rng(arguments.seed).child(seed), stop);
        if (!trial) return trial.error();
        cell.trials[seed] = *std::move(trial);
        return Unit{};
    };
    return run_jobs(n_jobs, threads_of(arguments), stop, job,
                    [&](std::size_t done) { progress.update(static_cast<double>(done)); });
}

Result<int> run_policies(const PolicyArguments& arguments) {
    const auto readers = readers_of(arguments);
    if (!readers) return readers.error();
    const auto refits = refits_of(arguments);
    if (!refits) return refits.error();
    evaluate::TrialOptions options;
    options.shape = {.steps = arguments.steps, .candidates = arguments.candidates, .base = {}};
    options.collecting =
        arguments.collecting == "random" ? evaluate::Collecting::random : evaluate::Collecting::own;
    options.refits = *refits;
    auto cells = cells_of(arguments, *readers, options);
    if (!cells) return cells.error();
    const auto stop = listen_for_signals();
    if (const auto tried = try_all(arguments, options, *cells, stop); !tried) return tried.error();
    std::vector<PolicyRow> rows;
    for (const auto& cell : *cells) {
        if (auto row = row_of(cell, options, arguments.collecting)) rows.push_back(*std::move(row));
    }
    if (arguments.json) {
        for (const auto& row : rows)
            std::cout << as_json(row);
    } else {
        std::cout << as_text(rows);
    }
    if (!arguments.plot.empty() && !rows.empty()) {
        if (const auto written = write_file(arguments.plot, as_svg(rows)); !written)
            return written.error();
    }
    if (!stop.stop_requested()) return exit_success;
    std::cerr << "fabula: stopped: these are the seeds that were finished\n";
    return 128 + signal_received();
}

}  // namespace

void add_evaluate_policies(CLI::App& evaluate, Run& run) {
    auto arguments = std::make_shared<PolicyArguments>();
    auto* verb = evaluate.add_subcommand(
        "policies", "share of what could be gained over random settings, by number of stories");
    verb->footer(R"(Examples:
  fabula evaluate policies
  fabula evaluate policies --readers readers.json --stories 1000 --seeds 20 --json
  fabula evaluate policies --policy average --policy auto --stories 300 --plot shares.svg
  fabula evaluate policies --collect random --at 0,50,200

share: (utility of the policy's best settings at a step - random's) / (the best there is - random's);
low, high: its 95 % interval over seeds.)");
    add_evaluate_flags(*verb, *arguments);
    verb->add_option("--policy", arguments->policies,
                     "fixed, random, average, portfolio or auto; may be repeated [all]")
        ->allow_extra_args(false)
        ->type_name("NAME");
    auto* at = verb->add_option("--at", arguments->at,
                                "after how many stories to learn anew and measure, beside the end "
                                "[0,10,30,100,300]")
                   ->delimiter(',')
                   ->allow_extra_args(false)
                   ->check(CLI::Range(0, 100000))
                   ->type_name("N,N");
    verb->add_option("--collect", arguments->collecting,
                     "own: each policy learns from offers that it made; random: all from those of "
                     "the random policy [own]")
        ->check(CLI::IsMember({"own", "random"}));
    verb->add_option("--plot", arguments->plot, "where to draw it, as SVG")->type_name("FILE");
    verb->callback([arguments, at, &run] {
        arguments->are_points_named = at->count() > 0;
        run = [arguments] {
            const auto status = run_policies(*arguments);
            return status ? *status : fail(status.error());
        };
    });
}

}  // namespace fabula::app
