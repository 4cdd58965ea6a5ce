// SPDX-License-Identifier: 0BSD
#include "model/generator.h"

#include <array>

namespace fabula::model {
namespace {

struct Named {
    Ending ending;
    const char* name;
};

constexpr std::array<Named, 8> endings{{{Ending::end_of_text, "end_of_text"},
                                        {Ending::sentence_end, "sentence_end"},
                                        {Ending::budget, "budget"},
                                        {Ending::stop_string, "stop_string"},
                                        {Ending::window, "window"},
                                        {Ending::exhausted, "exhausted"},
                                        {Ending::stopped, "stopped"},
                                        {Ending::connection_lost, "connection_lost"}}};

}  // namespace

const char* name_of(Ending ending) {
    for (const auto& named : endings) {
        if (named.ending == ending) return named.name;
    }
    return "unknown";
}

Result<Ending> ending_named(std::string_view name) {
    for (const auto& named : endings) {
        if (named.name == name) return named.ending;
    }
    return Error{ErrorCode::invalid_input, "no ending is called '" + std::string(name) + "'"};
}

void Generator::keep(std::span<const TokenId> /*ids*/) {}

}  // namespace fabula::model
