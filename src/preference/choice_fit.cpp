// SPDX-License-Identifier: 0BSD
#include "preference/choice_fit.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace fabula::preference {
namespace {

constexpr double enough_nats = 1e-3;  // a Newton step that promises less is the last

// ln posterior of z, up to a constant, with its gradient.
double posterior(const ChoiceLikelihood& likelihood, const ChoicePrior& prior, const ChoiceFit& fit,
                 Matrix* gradient, std::vector<double>* probabilities) {
    ChoiceWeights slope;
    const ChoiceWeights at{prior.weights(fit.z), fit.places};
    const double value = likelihood.value(at, gradient ? &slope : nullptr, probabilities);
    if (gradient) {
        *gradient = prior.pulled_back(slope.weights);
        add_scaled(-1, fit.z.all(), gradient->all());
    }
    return value - 0.5 * dot(fit.z.all(), fit.z.all());
}

// Goes along `step`, halved until the posterior does not fall; false where no part of it helps.
bool advance(const ChoiceLikelihood& likelihood, const ChoicePrior& prior, const Matrix& step,
             double value, ChoiceFit& fit) {
    const Matrix from = fit.z;
    double length = 1;
    for (int halved = 0; halved < 14; ++halved, length /= 2) {
        fit.z = from;
        add_scaled(length, step.all(), fit.z.all());
        if (posterior(likelihood, prior, fit, nullptr, nullptr) >= value) return true;
    }
    fit.z = from;
    return false;
}

// The picks as a quadratic in the weights: r'w - w'Hw / 2.
struct Quadratic {
    ChoiceCurvature curvature;
    Matrix slope;  // r, [n_steps, n_features]

    Matrix most_probable(const ChoicePrior& prior, const DecoupledInverse& inverse,
                         double tolerance) const {
        const auto apply = [&](const Matrix& z) {
            Matrix applied = prior.pulled_back(curvature.times(prior.weights(z)));
            add_scaled(1, z.all(), applied.all());
            return applied;
        };
        return conjugate_gradients(apply, inverse, prior.pulled_back(slope), tolerance, 30);
    }
};

// The strengths as the numbers that are searched: logarithms, three lengths, four variances.
using Numbers = std::array<double, 7>;

Numbers numbers_of(const ChoiceStrengths& strengths) {
    const auto& [shared, alternating, near, own] = strengths.steps;
    Numbers numbers{};
    std::copy(strengths.lengths.begin(), strengths.lengths.end(), numbers.begin());
    numbers[3] = shared;
    numbers[4] = alternating;
    numbers[5] = near;
    numbers[6] = own;
    for (double& number : numbers)
        number = std::log(number);
    return numbers;
}

ChoiceStrengths strengths_of(const Numbers& numbers) {
    const auto at = [&](std::size_t i) { return std::exp(numbers[i]); };
    return {{at(0), at(1), at(2)}, {at(3), at(4), at(5), at(6)}};
}

// Weak normal priors of the logarithms: a length of a third of the range, give or take a factor of
// two; differences in utility of about 1, mostly shared by the steps, give or take a factor of ten.
double log_prior(const Numbers& numbers) {
    static const Numbers centres{-1.4, -1.4, -1.4, -0.7, -3, -3, -3};
    static const Numbers deviations{0.4, 0.4, 0.4, 1.5, 2, 2, 2};
    double sum = 0;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const double z = (numbers[i] - centres[i]) / deviations[i];
        sum -= 0.5 * z * z;
    }
    return sum;
}

class StrengthSearch {
public:
    StrengthSearch(const ChoiceLikelihood& likelihood, const CosineBasis& basis,
                   const Quadratic& quadratic)
        : likelihood_(likelihood), basis_(basis), quadratic_(quadratic) {}

    double evidence(const Numbers& numbers) const {
        const ChoicePrior prior(strengths_of(numbers), likelihood_.groups(), basis_);
        const DecoupledInverse inverse(prior, quadratic_.curvature);
        const Matrix z = quadratic_.most_probable(prior, inverse, 0.02);
        const Matrix slope = prior.pulled_back(quadratic_.slope);
        return 0.5 * dot(slope.all(), z.all()) - 0.5 * inverse.log_determinant();
    }

    // One number after the other, up or down, with steps that grow where they help and shrink where
    // they do not.
    Numbers best_from(Numbers numbers, double* evidence_there) const {
        Numbers steps{0.4, 0.4, 0.4, 1, 1, 1, 1};
        double value = evidence(numbers) + log_prior(numbers);
        for (int sweep = 0; sweep < 4; ++sweep) {
            const double before = value;
            for (std::size_t i = 0; i < numbers.size(); ++i) {
                if (try_step(numbers, i, steps[i], value)) {
                    steps[i] *= 1.3;
                } else if (try_step(numbers, i, -steps[i], value)) {
                    steps[i] *= -1.3;
                } else {
                    steps[i] *= 0.4;
                }
            }
            if (value - before < 0.1) break;
        }
        *evidence_there = value - log_prior(numbers);
        return numbers;
    }

private:
    bool try_step(Numbers& numbers, std::size_t i, double step, double& value) const {
        Numbers tried = numbers;
        // Beyond these nothing changes any more.
        tried[i] = std::clamp(tried[i] + step, std::log(i < 3 ? 0.05 : 1e-4), std::log(50.0));
        if (tried[i] == numbers[i]) return false;
        const double found = evidence(tried) + log_prior(tried);
        if (!(found > value)) return false;
        value = found;
        numbers = tried;
        return true;
    }

    const ChoiceLikelihood& likelihood_;
    const CosineBasis& basis_;
    const Quadratic& quadratic_;
};

ChoiceLikelihood likelihood_of(const History& history, const SettingsBox& box,
                               const CosineBasis& basis) {
    return {history, basis.size(),
            [&](const SeenOffer& offer, std::size_t i, std::span<double> features) {
                basis.evaluate(box.at(offer.shown[i]), features);
            },
            [](const SeenOffer& offer) { return apart(offer.step); }};
}

// Few picks cannot tell fine structure from chance, and the fit takes the cube of the features.
std::size_t most_features(const History& history) {
    return history.size() < 100 ? 60 : history.size() < 1000 ? 120 : 180;
}

// z of the same weights in another basis, as far as it has their cosines.
Matrix moved(const ChoiceFit& fit, const CosineBasis& basis) {
    const Matrix from = ChoicePrior(fit.strengths, fit.steps, fit.basis).weights(fit.z);
    std::map<CosineBasis::Frequencies, std::size_t> column;
    for (std::size_t m = 0; m < basis.size(); ++m)
        column[basis.frequencies()[m]] = m;
    Matrix weights(from.rows(), basis.size());
    for (std::size_t m = 0; m < fit.basis.size(); ++m) {
        const auto found = column.find(fit.basis.frequencies()[m]);
        if (found == column.end()) continue;
        for (std::size_t s = 0; s < from.rows(); ++s)
            weights(s, found->second) = from(s, m);
    }
    return ChoicePrior(fit.strengths, fit.steps, basis).z_of(weights);
}

// Strengths by the evidence about the weights that `fit` has, then its weights under them.
void search_strengths(const ChoiceLikelihood& likelihood, ChoiceFit& fit) {
    const ChoicePrior before(fit.strengths, fit.steps, fit.basis);
    const ChoiceWeights at{before.weights(fit.z), fit.places};
    ChoiceWeights gradient;
    std::vector<double> probabilities;
    likelihood.value(at, &gradient, &probabilities);
    Quadratic quadratic{ChoiceCurvature(likelihood.curvature(probabilities)), {}};
    quadratic.slope = quadratic.curvature.times(at.weights);
    add_scaled(1, gradient.weights.all(), quadratic.slope.all());

    const StrengthSearch search(likelihood, fit.basis, quadratic);
    fit.strengths = strengths_of(search.best_from(numbers_of(fit.strengths), &fit.evidence));
    const ChoicePrior prior(fit.strengths, fit.steps, fit.basis);
    fit.z = quadratic.most_probable(prior, DecoupledInverse(prior, quadratic.curvature), 0.02);
    climb(likelihood, prior, quadratic.curvature, fit);
}

}  // namespace

void climb(const ChoiceLikelihood& likelihood, const ChoicePrior& prior,
           const ChoiceCurvature& curvature, ChoiceFit& fit) {
    const DecoupledInverse inverse(prior, curvature);
    for (int i = 0; i < 30; ++i) {
        ChoiceWeights at{prior.weights(fit.z), std::move(fit.places)};
        const double moved = improve_places(likelihood, at, &fit.place_variance);
        fit.places = std::move(at.places);

        Matrix gradient;
        std::vector<double> probabilities;
        const double value = posterior(likelihood, prior, fit, &gradient, &probabilities);
        const auto apply = [&](const Matrix& z) {
            Matrix applied =
                prior.pulled_back(likelihood.curvature_times(probabilities, prior.weights(z)));
            add_scaled(1, z.all(), applied.all());
            return applied;
        };
        const Matrix step = conjugate_gradients(apply, inverse, gradient, 0.05, 40);
        if (!advance(likelihood, prior, step, value, fit)) return;
        if (dot(gradient.all(), step.all()) < enough_nats && moved < enough_nats) return;
    }
}

ChoiceFit fit_choices(const History& history, const SettingsBox& box) {
    const std::size_t most = most_features(history);
    ChoiceFit fit{CosineBasis(box, ChoiceStrengths{}.lengths, most), {}, 0.25, {}, {}, {}, 0};
    for (int round = 0; round < 2; ++round) {
        const CosineBasis basis(box, fit.strengths.lengths, most);
        const ChoiceLikelihood likelihood = likelihood_of(history, box, basis);
        if (round == 0) {
            fit.steps = likelihood.groups();
            fit.z = Matrix(fit.steps.size(), basis.size());
            fit.places = fit_places(history);
        } else {
            fit.z = moved(fit, basis);
        }
        fit.basis = basis;
        search_strengths(likelihood, fit);
    }
    return fit;
}

}  // namespace fabula::preference
