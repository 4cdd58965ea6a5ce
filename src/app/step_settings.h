// SPDX-License-Identifier: 0BSD
// Means of what was picked, by step, as they travel: shown for one step, exported to a file, read
// from one, or asked for from a server that has them live (docs/formats/step-settings.md).
#pragma once

#include "base/result.h"
#include "preference/averages.h"
#include "preference/proposer.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace fabula::app {

/// {"step":3,"n":12,"temperature":{"n","mean","sd","used","spread"},...}, without a line break.
std::string step_as_json(const preference::StepAverages& step);

/// The steps of a history, and what holds for every other step.
struct StepDump {
    std::map<std::size_t, preference::StepAverages> steps;
    preference::StepAverages other;

    const preference::StepAverages& at(std::size_t step) const;
};

/// A whole file, a step a line.
std::string dump_as_json(const StepDump& dump);

/// One step or a whole dump: a single step is a dump that has it for every step. Foreign bytes:
/// every number that a policy would go by must lie in the range of its setting. Errors:
/// invalid_input, naming the key.
Result<StepDump> dump_from_json(std::string_view json);

/// Whether `bytes` are such a dump and not settings as `--settings` has them otherwise.
bool is_step_dump(std::string_view bytes);

/// What `fabula settings show` and `export` tell of the log: steps 1 to the last that was picked
/// at.
StepDump dump_of(const preference::History& history);

/// The average policy about the means of a dump. Requires valid ranges.
std::shared_ptr<const preference::Proposer> propose_from(StepDump dump,
                                                         const preference::RandomRanges& ranges);

/// The same about those that the server at `url` has for each step (`url?step=N`), asked once a
/// step. Where it does not answer, `on_trouble` hears why, once, and the last settings that it gave
/// hold, also those that another run kept in `folder`. Errors: unavailable when nothing was ever
/// heard of it; invalid_input when it answers something else.
Result<std::shared_ptr<const preference::Proposer>> propose_live(
    const std::string& url, const std::string& folder, const preference::RandomRanges& ranges,
    const std::function<void(const std::string&)>& on_trouble);

}  // namespace fabula::app
