// SPDX-License-Identifier: 0BSD
#include "evaluate/targets.h"

#include "preference/settings_box.h"

namespace fabula::evaluate {
namespace {

using preference::SeenCandidate;

StatedTarget target(const std::string& name, double width, const preference::SettingsBox& box) {
    const preference::Cloud cloud{{0.5, 0.5, 0.5}, {width, width, width}};
    const auto& unit = box.width();
    StatedTarget stated{.name = name,
                        .centre = preference::seen(box.settings(cloud.centre, {}), {}),
                        .temperature_width = width * unit[0],
                        .ln_top_k_width = width * unit[1],
                        .typical_p_width = width * unit[2],
                        .policy = {}};
    stated.policy.density = [cloud, box](std::size_t, std::size_t, const SeenCandidate& candidate) {
        return preference::density(cloud, box, candidate);
    };
    stated.policy.draw = [cloud, box](std::size_t, std::size_t, const Rng& rng) {
        return preference::seen(preference::drawn(cloud, box, {}, rng), {});
    };
    return stated;
}

}  // namespace

std::vector<StatedTarget> stated_targets(const preference::RandomRanges& ranges) {
    const preference::SettingsBox box(ranges);
    return {target("narrow", 0.15, box), target("middle", 0.3, box), target("wide", 0.6, box)};
}

}  // namespace fabula::evaluate
