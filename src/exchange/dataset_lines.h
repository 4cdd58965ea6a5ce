// SPDX-License-Identifier: 0BSD
// From stories of the store to lines of a data set: users and stories under pseudonyms, names taken
// out, places on this machine left out.
#pragma once

#include "exchange/dataset_filter.h"
#include "exchange/dataset_line.h"
#include "exchange/dataset_redaction.h"
#include "store/store.h"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace fabula::exchange {

enum class Prompts { kept, left_out };

struct LineRules {
    Filter only;
    Redaction redaction;
    Prompts prompts = Prompts::kept;
    Chooser chooser = Chooser::person;
};

/// Of the choices at `offer` the one that counts: the last by `whose`, as Store::history has it,
/// else the last of all; null without any.
const store::ChoiceRecord* counted_choice(const store::Story& story, store::OfferId offer,
                                          Chooser whose);

/// A model's name without the folder it lies in, and a policy's without the file or address its
/// settings came from.
std::string without_folder(std::string_view model);
std::string without_place(std::string_view policy);

class LineMaker {
public:
    explicit LineMaker(LineRules rules) : rules_(std::move(rules)) {}

    /// The lines of those offers that the filter takes, by their numbers. Users are counted in the
    /// order in which they come, "user-1", "user-2", over all stories.
    std::vector<OfferLine> lines_of(const store::Story& story);

    std::size_t n_users() const { return users_.size(); }

private:
    std::string story_name(const store::StoryRecord& record);
    std::optional<std::string> pseudonym(const std::string& user);
    OfferLine line_of(const store::Story& story, const store::OfferRecord& offer,
                      const std::string& name);
    CandidateLine candidate_line(const store::CandidateRecord& candidate,
                                 const std::string& prompt) const;
    DecisionLine decision_line(const store::Story& story, const store::OfferRecord& offer,
                               const store::ChoiceRecord& choice, const std::string& prompt);
    std::vector<RatingLine> ratings_of(const store::Story& story, store::OfferId offer);

    LineRules rules_;
    std::map<std::string, std::string> users_;    // pseudonyms
    std::map<std::string, std::size_t> stories_;  // how many of each identity came
};

}  // namespace fabula::exchange
