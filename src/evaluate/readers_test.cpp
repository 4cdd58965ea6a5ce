// SPDX-License-Identifier: 0BSD
#include "evaluate/readers.h"

#include <gtest/gtest.h>

#include <cmath>

namespace fabula::evaluate {
namespace {

const std::string peak_json =
    R"({"temperature": {"centre": 0.8, "width": 0.2}, "ln_top_k": {"centre": 3, "width": 0.5},)"
    R"( "typical_p": {"centre": 0.9, "width": 0.1}})";

std::string with_peak(const std::string& peak) {
    return R"({"readers": [{"name": "a", "noise": 0.1, "peaks": [)" + peak + "]}]}";
}

std::string fault_of(const std::string& json) {
    const auto readers = readers_from_json(json);
    return readers ? "" : readers.error().message;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    return text.replace(text.find(from), from.size(), to);
}

std::vector<Reader> shipped() {
    return readers_from_json(shipped_readers()).value();
}

TEST(Readers, that_are_shipped_are_one_peak_and_two_peak) {
    const auto readers = shipped();
    ASSERT_EQ(readers.size(), 2U);
    EXPECT_EQ(readers[0].name, "one_peak");
    EXPECT_EQ(readers[1].name, "two_peak");
    EXPECT_EQ(readers[0].peaks.size(), 1U);
    EXPECT_EQ(readers[1].peaks.size(), 4U);
    EXPECT_EQ(readers[1].peaks[2].parity, Parity::even);
    EXPECT_EQ(readers[1].position_bias, (std::vector<double>{0.1, 0, 0}));
}

TEST(Readers, take_the_defaults_of_what_is_not_said) {
    const auto readers = readers_from_json(with_peak(peak_json)).value();
    const Reader expected{.name = "a",
                          .noise = 0.1,
                          .position_bias = {},
                          .combining = Combining::highest,
                          .peaks = {{1, {0.8, 0.2}, {3, 0.5}, {0.9, 0.1}, Parity::both}}};
    EXPECT_EQ(readers, std::vector<Reader>{expected});
}

TEST(Readers, name_the_place_of_a_fault_and_what_may_stand_there) {
    const auto good = with_peak(peak_json);
    EXPECT_EQ(fault_of(replaced(good, "\"width\": 0.2", "\"width\": 0")),
              "readers[0].peaks[0].temperature.width is 0, not a number from 0.01 to 100");
    EXPECT_EQ(fault_of(replaced(good, "\"centre\": 3", "\"centre\": \"3\"")),
              "readers[0].peaks[0].ln_top_k.centre is \"3\", not a number from 0 to 14");
    EXPECT_EQ(
        fault_of(replaced(good, "typical_p", "typical")),
        "readers[0].peaks[0]: unknown key 'typical': known are height, temperature, ln_top_k, "
        "typical_p, parity");
    EXPECT_EQ(fault_of(replaced(good, "\"noise\": 0.1, ", "")), "readers[0].noise is missing");
    EXPECT_EQ(fault_of(replaced(good, "0.1, \"peaks\"", "-0.1, \"peaks\"")),
              "readers[0].noise is -0.1, not a number from 0 to 1000");
    EXPECT_EQ(fault_of(replaced(good, "\"temperature\"", "\"parity\": \"third\", \"temperature\"")),
              "readers[0].peaks[0].parity is \"third\", not one of both, odd, even");
    EXPECT_EQ(fault_of(with_peak("")), "readers[0].peaks is not a list of 1 to 100");
    EXPECT_EQ(fault_of(replaced(good, "\"a\"", "\"a b\"")),
              "readers[0].name is not 1 to 64 of the characters A-Z a-z 0-9 _ - .");
    EXPECT_EQ(fault_of("{}"), "readers is missing");
    EXPECT_EQ(fault_of("[]"), "the whole is not an object");
    EXPECT_EQ(fault_of("{\"readers\": ["), "not JSON at byte 14");
    EXPECT_EQ(fault_of(replaced(good, "\"noise\": 0.1", "\"noise\": 0.1, \"noise\": 0.2")),
              "key 'noise' comes twice in one object");
}

TEST(Readers, of_one_name_are_refused) {
    const std::string one = R"({"name": "a", "noise": 0, "peaks": [)" + peak_json + "]}";
    EXPECT_EQ(fault_of("{\"readers\": [" + one + "," + one + "]}"),
              "readers[1].name 'a' comes twice");
}

TEST(Utility, is_the_product_of_three_bells) {
    // By Python: exp(-(1 + ((ln 20 - 3.7) / 0.6)^2 + 1.25^2) / 2), and so on.
    const auto reader = shipped()[0];
    EXPECT_NEAR(utility(reader, 1, {0.9, 20, 0.8, 64, {}}), 0.1394388382917054, 1e-12);
    EXPECT_NEAR(utility(reader, 2, {0.6, 100, 0.95, 64, {}}), 0.15988905810218665, 1e-12);
}

TEST(Utility, goes_by_the_parity_of_the_step) {
    const auto reader = shipped()[1];
    const preference::SeenCandidate careful{0.6, 18, 0.92, 64, {}};
    EXPECT_NEAR(utility(reader, 2, careful) / utility(reader, 1, careful), 0.8, 1e-12);
    EXPECT_EQ(utility(reader, 3, careful), utility(reader, 1, careful));
}

TEST(Utility, of_peaks_is_the_highest_or_the_sum_of_them) {
    Reader reader{.name = "a", .noise = 0, .position_bias = {}, .peaks = {}};
    reader.peaks = {{1, {0.8, 0.2}, {3, 0.5}, {0.9, 0.1}, Parity::both},
                    {0.5, {0.8, 0.2}, {3, 0.5}, {0.9, 0.1}, Parity::both}};
    const preference::SeenCandidate near{0.9, 20, 0.9, 64, {}};
    const double highest = utility(reader, 1, near);
    reader.combining = Combining::sum;
    EXPECT_NEAR(utility(reader, 1, near), 1.5 * highest, 1e-12);
}

TEST(Utility, takes_all_tokens_for_a_large_top_k) {
    const auto reader = shipped()[0];
    EXPECT_LT(utility(reader, 1, {0.75, 0, 0.9, 64, {}}), 1e-12);
}

TEST(PickProbabilities, are_those_of_the_logit_with_the_bias_of_the_place) {
    const auto reader = shipped()[0];
    const preference::SeenOffer offer{
        1, 1, {{0.9, 20, 0.8, 64, {}}, {0.6, 100, 0.95, 64, {}}, {0.75, 40, 0.9, 64, {}}}, {}};
    const auto probabilities = pick_probabilities(reader, offer);  // held against Python
    EXPECT_NEAR(probabilities[0], 0.06954654343952708, 1e-12);
    EXPECT_NEAR(probabilities[1], 0.053347669002334945, 1e-12);
    EXPECT_NEAR(probabilities[2], 0.8771057875581381, 1e-12);
}

TEST(PickProbabilities, without_noise_are_sure_of_the_best) {
    auto reader = shipped()[0];
    reader.noise = 0;
    const preference::SeenOffer offer{
        1, 1, {{0.9, 20, 0.8, 64, {}}, {0.75, 40, 0.9, 64, {}}, {0.75, 40, 0.9, 64, {}}}, {}};
    EXPECT_EQ(pick_probabilities(reader, offer), (std::vector<double>{0, 1, 0}));
}

}  // namespace
}  // namespace fabula::evaluate
