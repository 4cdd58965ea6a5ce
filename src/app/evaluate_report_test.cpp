// SPDX-License-Identifier: 0BSD
#include "app/evaluate_report.h"

#include <gtest/gtest.h>

namespace fabula::app {
namespace {

PolicyRow row(const std::string& reader, const std::string& policy, double share) {
    return {.reader = reader,
            .policy = policy,
            .collecting = "own",
            .seeds = 2,
            .scale = {0.1, 1.0},
            .curve = {{0, {-0.1, {}, {}}}, {10, {share, share - 0.05, share + 0.05}}},
            .held_out = {}};
}

std::size_t count(const std::string& text, const std::string& what) {
    std::size_t n = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
        ++n;
    return n;
}

TEST(EvaluateTable, has_a_head_a_reader_and_a_line_a_policy) {
    auto automatic = row("b", "auto", 0.9);
    automatic.held_out = {{{preference::Policy::random, -1.0986, 0.2, 0.01, 80}, 0},
                          {{preference::Policy::portfolio, -0.9, 0, 0, 80}, 2}};
    EXPECT_EQ(as_text({row("a", "fixed", 0.5), row("a", "average", 0.75), automatic}),
              R"(reader a: utility 0.100 by chance, 1.000 at best; share of what lies between
  stories          0      10  95 % of the last  seeds
  fixed       -0.100   0.500  0.450 to 0.550        2
  average     -0.100   0.750  0.700 to 0.800        2

reader b: utility 0.100 by chance, 1.000 at best; share of what lies between
  stories          0      10  95 % of the last  seeds
  auto        -0.100   0.900  0.850 to 0.950        2
    held out, random     ln P(pick) -1.0986, behind the best 0.2000 +- 0.0100, taken in 0 of 2 seeds
    held out, portfolio  ln P(pick) -0.9000, behind the best 0.0000 +- 0.0000, taken in 2 of 2 seeds
)");
}

TEST(EvaluatePlot, has_a_panel_a_reader_and_a_named_line_a_policy) {
    const auto svg =
        as_svg({row("a", "fixed", 0.5), row("a", "average", 0.75), row("b", "auto", 0.9)});
    EXPECT_EQ(count(svg, "<polyline"), 3U);
    EXPECT_EQ(count(svg, ">reader a<"), 1U);
    EXPECT_EQ(count(svg, ">reader b<"), 1U);
    EXPECT_EQ(count(svg, ">average<"), 1U);
    EXPECT_EQ(count(svg, "<circle"), 6U);
    EXPECT_EQ(count(svg, "<polygon"), 0U);  // no interval at the first point, hence no band
    EXPECT_EQ(svg.find("nan"), std::string::npos);
    EXPECT_EQ(svg.find("inf"), std::string::npos);
}

TEST(EvaluatePlot, draws_a_band_where_there_are_intervals) {
    auto sure = row("a", "auto", 0.9);
    sure.curve.erase(sure.curve.begin());
    const auto svg = as_svg({sure});
    EXPECT_EQ(count(svg, "<polygon"), 1U);
    EXPECT_EQ(svg.find("nan"), std::string::npos);
}

TEST(OffPolicyTable, says_why_there_is_no_figure) {
    OffPolicyRow none{.reader = "a",
                      .target = "narrow",
                      .centre = {0.9, 45, 0.8, 64, {}},
                      .widths = {0.12, 0.45, 0.06},
                      .stories = 5,
                      .record = {}};
    none.record.truth = {0.4, 0.001};
    none.record.effective = 20;
    none.record.why_none = "the log is worth 20 candidates of this policy, fewer than 100";
    EXPECT_EQ(
        as_text({none}),
        R"(reader a, target narrow: normal about temperature 0.90, top_k 45, typical_p 0.80, deviations 0.12, 0.45 of ln top_k, 0.06
    truth            0.4000 +- 0.0010; the log of 5 stories is worth 20 candidates, 0 stories of it
    self-normalised  no figure
    doubly robust    no figure
    the log is worth 20 candidates of this policy, fewer than 100
)");
}

}  // namespace
}  // namespace fabula::app
