// SPDX-License-Identifier: 0BSD
// The one who writes: a thread that owns the model, takes requests from the queue by turns, draws
// them, keeps them, and tells the readers; in between it reads ahead.
//
// Threads: the public functions may be called from any.
#pragma once

#include "model/generator.h"
#include "serve/feeds.h"
#include "serve/metrics.h"
#include "serve/offering.h"
#include "serve/read_ahead.h"
#include "serve/store_pool.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace fabula::serve {

struct ScribeOptions {
    OfferingOptions offering;
    std::size_t read_ahead = 8;              // candidates of an offer that are gone on from
    std::chrono::milliseconds lease{15000};  // of a claim; renewed thrice in that time
    std::function<void(const std::string&)> on_trouble;  // a line without words of a story
};

class Scribe {
public:
    Scribe(std::unique_ptr<model::Generator> generator, StorePool& stores, Feeds& feeds,
           Metrics& metrics, ScribeOptions options);
    Scribe(const Scribe&) = delete;
    Scribe& operator=(const Scribe&) = delete;
    ~Scribe();

    void start();
    /// What is being drawn is kept as far as it is written; the queue stays for whoever comes next.
    void stop();

    const model::ModelInfo& info() const { return info_; }
    const std::string& server() const { return server_; }

    /// There is something in the queue.
    void wake();

    /// Ends what is being drawn for that request; what is written is kept. `false`: it is not being
    /// drawn here.
    bool stop_drawing(store::RequestId request);

    /// Lets `job` use the model when it is its turn: one for each offer that is drawn meanwhile. It
    /// runs on the scribe's thread, and must not wait for anybody. Errors: the job's; unavailable
    /// when the scribe stops first; exhausted when too many wait.
    using Job = std::function<Result<Unit>(model::Generator&, const std::stop_token&)>;
    std::future<Result<Unit>> post(Job job, const std::stop_token& stop);

private:
    struct Errand {
        Job job;
        std::stop_token stop;
        std::promise<Result<Unit>> done;
    };
    struct Learned {
        engine::OfferOptions options;  // proposer and is_adaptive
        unsigned n_offers = 0;         // since then
    };

    void work();
    void keep_claims();
    bool run_errand();
    Result<std::optional<store::RequestRecord>> claim(store::Store& store);
    bool serve_request(store::Store& store);
    void serve(store::Store& store, const store::RequestRecord& request);
    Result<Unit> draw_until_kept(store::Store& store, const store::RequestRecord& request,
                                 OpenStory& open);
    Result<Unit> draw_offer(store::Store& store, const store::RequestRecord& request,
                            OpenStory& open);
    Result<Unit> draw_again(store::Store& store, const store::RequestRecord& request,
                            OpenStory& open);
    Result<model::Generated> words_of(const engine::OfferPlan& plan,
                                      const store::RequestRecord& request, OpenStory& open);
    Result<bool> give_up_empty(store::Store& store, const store::RequestRecord& request,
                               const model::Generated& generated, OpenStory& open);
    void after_offer(store::Store& store, store::Story story, GoingOn going_on,
                     const engine::Offered& offered);
    std::stop_token drawing_token() const;
    Result<Unit> use_policy(Offering& offering, store::Store& store);
    void learn_anew(const std::string& policy, store::Store& store);
    void fail(store::Store& store, const store::RequestRecord& request, const Error& cause,
              OpenStory& open);
    void look_ahead();
    void tell_ahead(const DrawnAhead& drawn);
    void wait_for_work();
    void trouble(const std::string& line) const;
    bool is_stopping() const;

    std::unique_ptr<model::Generator> generator_;
    const model::ModelInfo info_;
    StorePool& stores_;
    Feeds& feeds_;
    Metrics& metrics_;
    const ScribeOptions options_;
    const std::string server_ = random_name();

    // Of the writing thread alone.
    ReadAhead ahead_;
    std::map<std::string, Learned> learned_;
    std::map<store::StoryId, engine::Offered> last_offered_;  // of a few stories
    bool is_errands_turn_ = false;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool has_news_ = false;  // somebody called wake()
    bool is_stopping_ = false;
    std::deque<std::unique_ptr<Errand>> errands_;
    std::optional<store::RequestId> drawing_;
    std::stop_source drawing_stop_;
    std::stop_source ahead_stop_;
    std::stop_source errand_stop_;

    std::thread writer_;
    std::thread keeper_;
};

}  // namespace fabula::serve
