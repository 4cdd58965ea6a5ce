// SPDX-License-Identifier: 0BSD
#include "preference/modes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace fabula::preference {
namespace {

constexpr int n_grid = 15;            // points a direction
constexpr std::size_t n_climbs = 16;  // from the best maxima of the grid
constexpr double lowest_step = 1e-3;

using Cell = std::array<int, 3>;

// Every direction to a neighbour of a cell, itself not.
std::vector<Cell> neighbours() {
    std::vector<Cell> directions;
    for (int a = -1; a <= 1; ++a) {
        for (int b = -1; b <= 1; ++b) {
            for (int c = -1; c <= 1; ++c) {
                if (a != 0 || b != 0 || c != 0) directions.push_back({a, b, c});
            }
        }
    }
    return directions;
}

class Grid {
public:
    explicit Grid(const ChoiceModel& model) {
        for (std::size_t d = 0; d < 3; ++d)
            size_[d] = model.box().is_open(d) ? n_grid : 1;
        values_.assign(n_cells(0) * n_cells(1) * n_cells(2), {});
        Cell cell{};
        for (cell[0] = 0; cell[0] < size_[0]; ++cell[0]) {
            for (cell[1] = 0; cell[1] < size_[1]; ++cell[1]) {
                for (cell[2] = 0; cell[2] < size_[2]; ++cell[2]) {
                    const Point point = point_at(cell);
                    // What the ceiling of temperature forbids is not looked at.
                    if (model.box().within_ceiling(point)[0] < point[0]) continue;
                    cells_.push_back(cell);
                    values_[index_of(cell)] = model.utilities(point);
                }
            }
        }
    }

    Point point_at(const Cell& cell) const {
        Point point{};
        for (std::size_t d = 0; d < 3; ++d)
            point[d] = size_[d] > 1 ? cell[d] / (size_[d] - 1.0) : 0;
        return point;
    }

    double mean(std::size_t s) const {
        double sum = 0;
        for (const auto& cell : cells_)
            sum += values_[index_of(cell)][s];
        return sum / static_cast<double>(cells_.size());
    }

    // Best first.
    std::vector<Mode> maxima(std::size_t s) const {
        static const auto directions = neighbours();
        std::vector<Mode> found;
        for (const auto& cell : cells_) {
            const double value = values_[index_of(cell)][s];
            const bool is_highest = std::none_of(
                directions.begin(), directions.end(),
                [&](const Cell& direction) { return value_at(cell, direction, s) > value; });
            if (is_highest) found.push_back({point_at(cell), value});
        }
        std::stable_sort(found.begin(), found.end(),
                         [](const Mode& a, const Mode& b) { return a.utility > b.utility; });
        return found;
    }

private:
    std::size_t n_cells(std::size_t d) const { return static_cast<std::size_t>(size_[d]); }

    std::size_t index_of(const Cell& cell) const {
        std::size_t index = 0;
        for (std::size_t d = 0; d < 3; ++d)
            index = index * n_cells(d) + static_cast<std::size_t>(cell[d]);
        return index;
    }

    double value_at(Cell cell, const Cell& direction, std::size_t s) const {
        const double nothing = -std::numeric_limits<double>::infinity();
        for (std::size_t d = 0; d < 3; ++d) {
            cell[d] += direction[d];
            if (cell[d] < 0 || cell[d] >= size_[d]) return nothing;
        }
        const auto& values = values_[index_of(cell)];
        return values.empty() ? nothing : values[s];
    }

    Cell size_{};
    std::vector<Cell> cells_;                  // that may be drawn
    std::vector<std::vector<double>> values_;  // by cell and step
};

// Tries all neighbours at a distance that halves where none is higher.
Mode climbed(const ChoiceModel& model, std::size_t step, Mode mode) {
    static const auto directions = neighbours();
    for (double length = 0.5 / n_grid; length > lowest_step;) {
        Mode best = mode;
        for (const auto& direction : directions) {
            Mode tried = mode;
            for (std::size_t d = 0; d < 3; ++d) {
                if (model.box().is_open(d)) tried.point[d] += direction[d] * length;
            }
            tried.point = model.box().within_ceiling(tried.point);
            tried.utility = model.utility(step, tried.point);
            if (tried.utility > best.utility) best = tried;
        }
        if (best.utility > mode.utility)
            mode = best;
        else
            length /= 2;
    }
    return mode;
}

double distance(const Point& a, const Point& b, const Point& lengths) {
    double sum = 0;
    for (std::size_t d = 0; d < 3; ++d)
        sum += (a[d] - b[d]) * (a[d] - b[d]) / (lengths[d] * lengths[d]);
    return std::sqrt(sum);
}

std::vector<Mode> distinct(std::vector<Mode> modes, const Point& lengths, double lowest) {
    std::stable_sort(modes.begin(), modes.end(),
                     [](const Mode& a, const Mode& b) { return a.utility > b.utility; });
    std::vector<Mode> kept;
    for (const auto& mode : modes) {
        const bool is_near = std::any_of(kept.begin(), kept.end(), [&](const Mode& other) {
            return distance(mode.point, other.point, lengths) < 1;
        });
        if (kept.empty() || (!is_near && mode.utility >= lowest)) kept.push_back(mode);
    }
    return kept;
}

}  // namespace

std::vector<std::vector<Mode>> modes_of(const ChoiceModel& model, std::size_t most) {
    const Grid grid(model);
    std::vector<std::vector<Mode>> by_step;
    for (std::size_t s = 0; s < n_steps_apart; ++s) {
        auto modes = grid.maxima(s);
        modes.resize(std::min(modes.size(), n_climbs));
        double highest = -std::numeric_limits<double>::infinity();
        for (auto& mode : modes) {
            mode = climbed(model, s + 1, mode);
            highest = std::max(highest, mode.utility);
        }
        auto kept =
            distinct(std::move(modes), model.strengths().lengths, (grid.mean(s) + highest) / 2);
        kept.resize(std::min(kept.size(), most));
        by_step.push_back(std::move(kept));
    }
    return by_step;
}

}  // namespace fabula::preference
