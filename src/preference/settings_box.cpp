// SPDX-License-Identifier: 0BSD
#include "preference/settings_box.h"

#include "preference/truncated_normal.h"

#include <algorithm>
#include <cmath>

namespace fabula::preference {
namespace {

// Which number of the stream draws which setting, as the random policy has it. Part of the record:
// never renumbered.
enum Position : std::uint64_t { for_top_k = 0, for_temperature = 1, for_typical_p = 2 };

double place(double value, double low, double width) {
    return width > 0 ? std::clamp((value - low) / width, 0.0, 1.0) : 0;
}

double unscaled(const SettingsBox& box, double low, const Point& point, std::size_t direction) {
    return low + box.width()[direction] * point[direction];
}

TruncatedNormal top_k_draw(const Cloud& cloud, const SettingsBox& box) {
    const auto& ranges = box.ranges();
    const double centre = std::exp(unscaled(box, std::log(ranges.top_k_low), cloud.centre, 1));
    const double low = std::log(ranges.top_k_low);
    const double high = std::log(ranges.top_k_high + 1.0);
    return {std::log(centre + 0.5), cloud.widths[1] * box.width()[1], low, high};
}

TruncatedNormal temperature_draw(const Cloud& cloud, const SettingsBox& box, int top_k) {
    const double ceiling = temperature_ceiling(box.ranges(), top_k);
    const double low = box.ranges().temperature_low;
    return {std::min(ceiling, unscaled(box, low, cloud.centre, 0)),
            cloud.widths[0] * box.width()[0], low, ceiling};
}

TruncatedNormal typical_p_draw(const Cloud& cloud, const SettingsBox& box) {
    const auto& ranges = box.ranges();
    return {unscaled(box, ranges.typical_p_low, cloud.centre, 2), cloud.widths[2] * box.width()[2],
            ranges.typical_p_low, ranges.typical_p_high};
}

}  // namespace

SettingsBox::SettingsBox(const RandomRanges& ranges)
    : ranges_(ranges),
      low_{ranges.temperature_low, std::log(ranges.top_k_low), ranges.typical_p_low},
      width_{std::max(ranges.temperature_high_at_low_top_k, ranges.temperature_high_at_high_top_k) -
                 ranges.temperature_low,
             std::log(ranges.top_k_high) - std::log(ranges.top_k_low),
             ranges.typical_p_high - ranges.typical_p_low} {}

Point SettingsBox::at(const SeenCandidate& settings) const {
    const int top_k = settings.top_k > 0 ? settings.top_k : ranges_.top_k_high;
    return {place(settings.temperature, low_[0], width_[0]),
            place(std::log(top_k), low_[1], width_[1]),
            place(settings.typical_p, low_[2], width_[2])};
}

sample::Settings SettingsBox::settings(const Point& point, const sample::Settings& base) const {
    auto settings = base;
    const double top_k = std::round(std::exp(low_[1] + width_[1] * point[1]));
    settings.top_k = std::clamp(static_cast<int>(top_k), ranges_.top_k_low, ranges_.top_k_high);
    settings.temperature = std::clamp(low_[0] + width_[0] * point[0], ranges_.temperature_low,
                                      temperature_ceiling(ranges_, settings.top_k));
    settings.typical_p =
        std::clamp(low_[2] + width_[2] * point[2], ranges_.typical_p_low, ranges_.typical_p_high);
    return settings;
}

Point SettingsBox::within_ceiling(Point point) const {
    for (double& value : point)
        value = std::clamp(value, 0.0, 1.0);
    if (width_[0] <= 0) return point;
    // Linear in top_k, as `temperature_ceiling` is, but between whole numbers too.
    const double top_k = std::exp(low_[1] + width_[1] * point[1]);
    const double share =
        ranges_.top_k_high > ranges_.top_k_low
            ? std::clamp((top_k - ranges_.top_k_low) / (ranges_.top_k_high - ranges_.top_k_low),
                         0.0, 1.0)
            : 0;
    const double ceiling = std::lerp(ranges_.temperature_high_at_low_top_k,
                                     ranges_.temperature_high_at_high_top_k, share);
    point[0] = std::min(point[0], place(ceiling, low_[0], width_[0]));
    return point;
}

double random_density(const RandomRanges& ranges, const SeenCandidate& settings) {
    sample::Settings drawn;
    drawn.temperature = settings.temperature;
    drawn.top_k = settings.top_k;
    drawn.typical_p = settings.typical_p;
    return random_density(ranges, drawn);
}

sample::Settings drawn(const Cloud& cloud, const SettingsBox& box, const sample::Settings& base,
                       const Rng& rng) {
    const auto& ranges = box.ranges();
    auto settings = base;
    const double top_k = std::floor(std::exp(top_k_draw(cloud, box).at(rng.uniform(for_top_k))));
    settings.top_k = std::clamp(static_cast<int>(top_k), ranges.top_k_low, ranges.top_k_high);
    settings.temperature =
        temperature_draw(cloud, box, settings.top_k).at(rng.uniform(for_temperature));
    settings.typical_p = typical_p_draw(cloud, box).at(rng.uniform(for_typical_p));
    return settings;
}

double density(const Cloud& cloud, const SettingsBox& box, const SeenCandidate& settings) {
    const auto& ranges = box.ranges();
    const int k = settings.top_k;
    if (k < ranges.top_k_low || k > ranges.top_k_high) return 0;
    const double of_top_k = ranges.top_k_low == ranges.top_k_high
                                ? 1
                                : top_k_draw(cloud, box).mass(std::log(k), std::log(k + 1.0));
    return of_top_k * temperature_draw(cloud, box, k).density(settings.temperature) *
           typical_p_draw(cloud, box).density(settings.typical_p);
}

}  // namespace fabula::preference
