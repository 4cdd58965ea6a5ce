// SPDX-License-Identifier: 0BSD
#include "preference/averages.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace fabula::preference {
namespace {

constexpr double n_prior = 10;  // picks that the spread within all steps counts for

// Count, mean and sum of squared deviations, without loss where the mean is large.
//
// Source: Welford, "Note on a Method for Calculating Corrected Sums of Squares and Products",
// Technometrics 4, 1962.
struct Moments {
    std::size_t n = 0;
    double mean = 0;
    double squares = 0;

    void add(double value) {
        ++n;
        const double change = value - mean;
        mean += change / static_cast<double>(n);
        squares += change * (value - mean);
    }
};

struct StepMoments {
    std::size_t n = 0;
    std::size_t n_all_tokens = 0;
    Moments temperature;
    Moments top_k;
    Moments typical_p;
    Moments max_new_tokens;

    void add(const SeenCandidate& picked) {
        ++n;
        temperature.add(picked.temperature);
        typical_p.add(picked.typical_p);
        if (picked.top_k > 0)
            top_k.add(picked.top_k);
        else
            ++n_all_tokens;
        if (picked.max_new_tokens > 0) max_new_tokens.add(picked.max_new_tokens);
    }
};

// One setting over all steps: what its means are shrunk towards, and how much.
class Shrinkage {
public:
    explicit Shrinkage(const std::vector<Moments>& steps) {
        double freedom = 0;
        double squares = 0;
        for (const auto& step : steps) {
            if (step.n == 0) continue;
            n_ += step.n;
            freedom += static_cast<double>(step.n - 1);
            squares += step.squares;
        }
        if (n_ == 0) return;
        within_ = freedom > 0 ? squares / freedom : 0;
        mean_ = weighted_mean(steps);
        if (freedom > 0) estimate_between(steps);
        mean_ = weighted_mean(steps);
        // Nothing tells the variances apart: the spread is that of all picks.
        if (freedom == 0 && n_ > 1) within_ = spread_of_all(steps);
    }

    Average shrunk(const Moments& step) const {
        Average average;
        const auto n = static_cast<double>(step.n);
        average.n = step.n;
        if (n_ == 0) return average;
        average.used = mean_;
        const double freedom = step.n > 0 ? n - 1 : 0;
        average.spread = std::sqrt((step.squares + n_prior * within_) / (freedom + n_prior));
        if (step.n == 0) return average;
        average.mean = step.mean;
        average.sd = step.n > 1 ? std::sqrt(step.squares / (n - 1)) : 0;
        if (between_ > 0)
            *average.used += (step.mean - mean_) * n * between_ / (n * between_ + within_);
        return average;
    }

private:
    // n_i / (n_i between + within), which is in proportion to 1 / (between + within / n_i).
    double weight_of(const Moments& step) const {
        const auto n = static_cast<double>(step.n);
        const double variance = n * between_ + within_;
        return variance > 0 ? n / variance : n;
    }

    double weighted_mean(const std::vector<Moments>& steps) const {
        double weights = 0;
        double sum = 0;
        for (const auto& step : steps) {
            weights += weight_of(step);
            sum += weight_of(step) * step.mean;
        }
        return sum / weights;
    }

    void estimate_between(const std::vector<Moments>& steps) {
        double heterogeneity = 0;  // within Q, which has no division by a variance of 0
        double squared = 0;
        double n_steps = 0;
        const auto n_all = static_cast<double>(n_);
        for (const auto& step : steps) {
            const auto n = static_cast<double>(step.n);
            if (step.n > 0) ++n_steps;
            heterogeneity += n * (step.mean - mean_) * (step.mean - mean_);
            squared += n * n;
        }
        const double scale = n_all - squared / n_all;
        if (scale > 0) between_ = std::max(0.0, (heterogeneity - (n_steps - 1) * within_) / scale);
    }

    double spread_of_all(const std::vector<Moments>& steps) const {
        Moments all;
        for (const auto& step : steps) {
            if (step.n > 0) all.add(step.mean);
        }
        return all.squares / static_cast<double>(all.n - 1);
    }

    std::size_t n_ = 0;
    double mean_ = 0;
    double within_ = 0;
    double between_ = 0;
};

}  // namespace

Averages::Averages(const History& history) {
    std::map<std::size_t, StepMoments> moments;
    for (const auto& offer : history) {
        if (!offer.picked) continue;
        moments[offer.step].add(offer.shown[*offer.picked]);
        ++n_picks_;
    }
    for (const auto& [step, of_step] : moments) {
        steps_[step].n = of_step.n;
        steps_[step].n_all_tokens = of_step.n_all_tokens;
    }
    const auto fill = [&](Moments StepMoments::*from, Average StepAverages::*to) {
        std::vector<Moments> of_setting;
        of_setting.reserve(moments.size());
        for (const auto& [step, of_step] : moments)
            of_setting.push_back(of_step.*from);
        const Shrinkage shrinkage(of_setting);
        for (const auto& [step, of_step] : moments)
            steps_[step].*to = shrinkage.shrunk(of_step.*from);
        unseen_.*to = shrinkage.shrunk({});
    };
    fill(&StepMoments::temperature, &StepAverages::temperature);
    fill(&StepMoments::top_k, &StepAverages::top_k);
    fill(&StepMoments::typical_p, &StepAverages::typical_p);
    fill(&StepMoments::max_new_tokens, &StepAverages::max_new_tokens);
}

StepAverages Averages::at(std::size_t step) const {
    const auto found = steps_.find(step);
    StepAverages averages = found == steps_.end() ? unseen_ : found->second;
    averages.step = step;
    return averages;
}

}  // namespace fabula::preference
