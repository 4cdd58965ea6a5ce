// SPDX-License-Identifier: 0BSD
#include "app/write_view.h"
#include "sample/settings_json.h"

#include <nlohmann/json.hpp>

#include <numeric>

namespace fabula::app {
namespace {

using Json = nlohmann::ordered_json;

Json settings_of(const sample::Settings& settings) {
    return Json::parse(sample::to_json(settings));
}

double mean_logprob(const store::CandidateRecord& record) {
    if (record.tokens.empty()) return 0;
    const double sum = std::accumulate(record.tokens.begin(), record.tokens.end(), 0.0,
                                       [](double total, const auto& token) {
                                           return total + static_cast<double>(token.logprob_model);
                                       });
    return sum / static_cast<double>(record.tokens.size());
}

class JsonView : public View {
public:
    JsonView(std::ostream& out, const JsonDetail& detail) : out_(out), detail_(detail) {}

    void show(const engine::Event& event) override {
        Json line = std::visit([](const auto& body) { return object_of(body); }, event.body);
        const bool is_detail = line["event"] == "step" || line["event"] == "text";
        if (is_detail && !detail_.everything) return;
        const bool is_whole = line["event"] != "prompt" || line["left_out"].empty();
        if (line["event"] == "prompt" && is_whole && !detail_.everything && !detail_.prompts)
            return;
        line["sequence"] = event.sequence;
        out_ << line.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n' << std::flush;
    }

private:
    static Json object_of(const engine::StoryBegan& body) {
        return {{"event", "story"},
                {"story", static_cast<std::int64_t>(body.record.id)},
                {"seed", std::to_string(body.record.seed)},
                {"model", body.model},
                {"backend", body.backend},
                {"arithmetic", body.arithmetic},
                {"steps_before", body.n_steps_before},
                {"text", body.text}};
    }
    static Json object_of(const engine::StepBegan& body) {
        Json settings = Json::array();
        for (const auto& each : body.settings)
            settings.push_back(settings_of(each));
        return {{"event", "step"},
                {"step", body.step},
                {"prompt_tokens", body.prompt_tokens},
                {"omitted_bytes", body.omitted_bytes},
                {"settings", std::move(settings)}};
    }
    static Json object_of(const engine::TextDrawn& body) {
        return {{"event", "text"}, {"step", body.step}, {"index", body.index}, {"text", body.text}};
    }
    static Json object_of(const engine::PromptShown& body) {
        Json blocks = Json::array();
        std::size_t tokens = 0;
        for (const auto& shown : body.blocks) {
            tokens += shown.tokens;
            Json block{{"kind", shown.block.kind},
                       {"tokens", shown.tokens},
                       {"cached", shown.cached_tokens},
                       {"computed", shown.tokens - shown.cached_tokens},
                       {"why", shown.why},
                       {"passage", nullptr},
                       {"begin", shown.block.begin},
                       {"text", shown.block.text}};
            if (shown.block.passage)
                block["passage"] = static_cast<std::uint32_t>(*shown.block.passage);
            blocks.push_back(std::move(block));
        }
        Json left_out = Json::array();
        for (const auto& note : body.left_out)
            left_out.push_back({{"kind", story::name_of(note.kind)}, {"text", note.text}});
        return {{"event", "prompt"},
                {"step", body.step},
                {"tokens", tokens},
                {"computed", body.computed_tokens},
                {"blocks", std::move(blocks)},
                {"left_out", std::move(left_out)}};
    }
    static Json object_of(const engine::CandidateWritten& body) {
        const auto& record = body.record;
        Json line{{"event", "candidate"},
                  {"step", body.step},
                  {"index", record.index},
                  {"text", record.text},
                  {"settings", settings_of(record.settings)},
                  {"policy", record.policy},
                  {"propensity", nullptr},
                  {"stream", std::to_string(record.stream)},
                  {"tokens", store::n_tokens(record)},
                  {"mean_logprob", mean_logprob(record)},
                  {"copied_share", record.copied_share},
                  {"score", nullptr},
                  {"ending", record.ending},
                  {"seconds", record.seconds}};
        if (record.propensity) line["propensity"] = *record.propensity;
        if (store::n_tokens(record) > 0) line["score"] = record.score;
        if (record.tokens.empty() && store::n_tokens(record) > 0) line["mean_logprob"] = nullptr;
        if (body.usage) line["usage"] = object_of(*body.usage);
        return line;
    }
    static Json object_of(const model::RemoteUsage& usage) {
        return {{"host", usage.host},
                {"prompt_tokens", usage.prompt_tokens},
                {"completion_tokens", usage.completion_tokens},
                {"counted_here", usage.is_counted_here},
                {"money", usage.money},
                {"currency", usage.currency},
                {"first_text_seconds", usage.first_text_seconds},
                {"attempts", usage.attempts}};
    }
    static Json object_of(const engine::ChoiceMade& body) {
        return {{"event", "choice"},
                {"step", body.step},
                {"index", body.index ? Json(*body.index) : Json(nullptr)},
                {"reason", body.reason},
                {"passage", static_cast<std::uint32_t>(body.passage)}};
    }
    static Json object_of(const engine::WritingDone& body) {
        return {{"event", "done"},
                {"story", static_cast<std::int64_t>(body.story)},
                {"text", body.text},
                {"seconds", body.seconds},
                {"tokens", body.tokens},
                {"prompt_tokens", body.prompt_tokens},
                {"finish", engine::name_of(body.finish)}};
    }

    std::ostream& out_;
    JsonDetail detail_;
};

}  // namespace

std::unique_ptr<View> make_json_view(std::ostream& out, const JsonDetail& detail) {
    return std::make_unique<JsonView>(out, detail);
}

}  // namespace fabula::app
