// SPDX-License-Identifier: 0BSD
#include "app/step_settings.h"

#include "app/files.h"
#include "model/remote/http.h"
#include "model/sha256.h"
#include "preference/average_proposer.h"

#include <algorithm>
#include <mutex>
#include <span>
#include <utility>

namespace fabula::app {
namespace {

// What a server said, and what holds while it is silent.
class LiveSteps {
public:
    LiveSteps(std::string url, const std::string& folder,
              std::function<void(const std::string&)> on_trouble)
        : url_(std::move(url)), on_trouble_(std::move(on_trouble)) {
        const std::string name = model::sha256_of(std::as_bytes(std::span(url_))).substr(0, 16);
        kept_ = folder + "/settings-" + name + ".json";
        if (const auto bytes = read_file(kept_)) {
            if (auto dump = dump_from_json(*bytes)) known_ = *std::move(dump);
        }
    }

    Result<preference::StepAverages> at(std::size_t step) {
        const std::lock_guard lock(mutex_);
        if (is_whole_ || asked_.contains(step)) return known_->at(step);
        if (auto heard = ask(step); !heard) {
            if (!known_) return heard.error();
            if (!has_told_ && on_trouble_)
                on_trouble_(heard.error().message + "; the last settings that it gave hold");
            has_told_ = true;
        }
        asked_[step] = true;
        return known_->at(step);
    }

private:
    Result<Unit> ask(std::size_t step) {
        const char joint = url_.find('?') == std::string::npos ? '?' : '&';
        const auto body = model::http_get(url_ + joint + "step=" + std::to_string(step));
        if (!body) return body.error();
        auto dump = dump_from_json(*body);
        if (!dump)
            return Error{ErrorCode::invalid_input,
                         "'" + model::shown_url(url_) + "': " + dump.error().message};
        if (!dump->steps.empty()) {  // a static dump: it has all steps
            known_ = *std::move(dump);
            is_whole_ = true;
        } else {
            if (!known_) known_ = StepDump{{}, dump->other};
            known_->steps[step] = dump->other;
            known_->steps[step].step = step;
            known_->other = dump->other;
        }
        // A run that cannot keep it has it all the same.
        if (const auto folder = make_folder_of(kept_); folder) {
            if (const auto kept = write_file(kept_, dump_as_json(*known_)); !kept && on_trouble_)
                on_trouble_(kept.error().message);
        }
        return Unit{};
    }

    std::string url_;
    std::string kept_;
    std::function<void(const std::string&)> on_trouble_;
    std::mutex mutex_;
    std::optional<StepDump> known_;
    std::map<std::size_t, bool> asked_;
    bool is_whole_ = false;
    bool has_told_ = false;
};

}  // namespace

const preference::StepAverages& StepDump::at(std::size_t step) const {
    const auto found = steps.find(step);
    return found == steps.end() ? other : found->second;
}

StepDump dump_of(const preference::History& history) {
    const preference::Averages averages(history);
    StepDump dump;
    std::size_t last = 0;
    for (const auto& offer : history) {
        if (offer.picked) last = std::max(last, offer.step);
    }
    for (std::size_t step = 1; step <= last; ++step)
        dump.steps[step] = averages.at(step);
    dump.other = averages.at(last + 1);
    dump.other.step = 0;
    return dump;
}

std::shared_ptr<const preference::Proposer> propose_from(StepDump dump,
                                                         const preference::RandomRanges& ranges) {
    return preference::propose_about(
        [dump = std::move(dump)](std::size_t step) { return dump.at(step); }, ranges);
}

Result<std::shared_ptr<const preference::Proposer>> propose_live(
    const std::string& url, const std::string& folder, const preference::RandomRanges& ranges,
    const std::function<void(const std::string&)>& on_trouble) {
    const auto steps = std::make_shared<LiveSteps>(url, folder, on_trouble);
    if (const auto first = steps->at(1); !first) return first.error();
    return preference::propose_about(
        [steps](std::size_t step) {
            // Something was heard of it, so there is an answer for every step.
            const auto found = steps->at(step);
            return found ? *found : preference::StepAverages{};
        },
        ranges);
}

}  // namespace fabula::app
