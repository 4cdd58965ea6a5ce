// SPDX-License-Identifier: 0BSD
#include "app/why_report.h"
#include "base/utf8.h"

#include <nlohmann/json.hpp>

namespace fabula::app {
namespace {

using Json = nlohmann::ordered_json;

std::string line_of(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json place_of(store::StoryId story, const engine::FoundCandidate& found) {
    return {{"story", static_cast<std::int64_t>(story)},
            {"offer", static_cast<std::int64_t>(found.offer->id)},
            {"parent", static_cast<std::uint32_t>(found.offer->parent)},
            {"index", found.candidate->index}};
}

Json kept_of(const engine::SpeltToken& token) {
    return {{"id", token.kept.id},
            {"text", repaired_utf8(token.text)},
            {"logprob_model", token.kept.logprob_model},
            {"logprob", token.kept.logprob},
            {"entropy", token.kept.entropy},
            {"rank", token.kept.rank}};
}

}  // namespace

std::string why_as_json(const WhyHead& head, const engine::FoundCandidate& found,
                        const engine::Why& why) {
    Json report = place_of(head.story, found);
    report["position"] = head.position;
    std::string before;
    for (const auto& token : why.before)
        before += token.text;
    report["before"] = repaired_utf8(before);
    report["taken"] = kept_of(why.taken);
    report["alternatives"] = Json::array();
    for (const auto& each : why.reach.alternatives) {
        report["alternatives"].push_back({{"id", each.id},
                                          {"text", repaired_utf8(each.text)},
                                          {"rank", each.rank},
                                          {"probability_model", each.probability_model},
                                          {"probability", each.probability},
                                          {"taken", each.id == why.taken.kept.id}});
    }
    report["in_reach"] = why.reach.n_in_reach;
    report["share_cut"] = why.reach.share_cut;
    report["refused"] = why.reach.n_refused;
    report["drawn_again"] = why.reach.was_drawn_again;
    report["caution"] = why.caution;
    report["differences"] = why.differences;
    return line_of(report);
}

std::string tokens_as_json(store::StoryId story, const engine::FoundCandidate& found,
                           const std::vector<engine::SpeltToken>& tokens) {
    Json report = place_of(story, found);
    report["tokens"] = Json::array();
    for (const auto& token : tokens)
        report["tokens"].push_back(kept_of(token));
    return line_of(report);
}

}  // namespace fabula::app
