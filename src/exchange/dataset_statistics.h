// SPDX-License-Identifier: 0BSD
// What there is to say of a data set in numbers, gathered line by line. A plain value.
#pragma once

#include "exchange/dataset_line.h"

#include <array>
#include <cstddef>
#include <map>
#include <string>

namespace fabula::exchange {

struct StepCounts {
    std::size_t offers = 0;
    std::size_t decided = 0;  // picked or edited
};

struct PolicyCounts {
    std::size_t candidates = 0;
    std::size_t shown = 0;   // in offers that were picked from
    std::size_t picked = 0;  // edited ones, too
    double expected = 0;     // how many would be picked if each offer's pick were drawn evenly
};

struct Range {
    double low = 0;
    double high = 0;
};

struct ModelCounts {
    std::string hash;
    std::string backend;
    std::size_t offers = 0;
};

struct Statistics {
    std::size_t candidates = 0;
    std::size_t tokens = 0;
    std::size_t redacted = 0;                // candidates
    std::array<std::size_t, 4> decisions{};  // by DecisionKind
    std::size_t undecided = 0;
    std::map<std::string, std::size_t> choosers;  // decisions
    std::map<std::string, std::size_t> by_user;   // decisions; "" where it is not known
    std::size_t ratings = 0;
    std::size_t pairs = 0;
    std::size_t equal_pairs = 0;  // the same words on both sides
    std::map<std::size_t, StepCounts> steps;
    std::map<std::string, PolicyCounts> policies;
    std::map<std::string, ModelCounts> models;  // by name, with the hash of the last
    std::map<std::string, Range> settings;      // every numeric setting, over all candidates
    std::string first;                          // times of offers
    std::string last;

    void add(const OfferLine& offer);
    void add(const PairLine& pair);
};

}  // namespace fabula::exchange
