// SPDX-License-Identifier: 0BSD
#include "serve/scribe.h"

#include "serve/views.h"

#include <algorithm>
#include <utility>

namespace fabula::serve {
namespace {

constexpr std::size_t most_errands = 64;
constexpr unsigned offers_between_lessons = 5;

Timestamp later(Timestamp time, std::chrono::milliseconds by) {
    return static_cast<Timestamp>(static_cast<std::int64_t>(time) + by.count());
}

double seconds_since(Timestamp time) {
    return static_cast<double>(static_cast<std::int64_t>(now()) - static_cast<std::int64_t>(time)) /
           1000;
}

}  // namespace

Scribe::Scribe(std::unique_ptr<model::Generator> generator, StorePool& stores, Feeds& feeds,
               Metrics& metrics, ScribeOptions options)
    : generator_(std::move(generator)),
      info_(generator_->info()),
      stores_(stores),
      feeds_(feeds),
      metrics_(metrics),
      options_(std::move(options)),
      ahead_(options_.read_ahead) {}

Scribe::~Scribe() {
    stop();
}

void Scribe::start() {
    writer_ = std::thread([this] { work(); });
    keeper_ = std::thread([this] { keep_claims(); });
}

void Scribe::stop() {
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
        drawing_stop_.request_stop();
        ahead_stop_.request_stop();
        errand_stop_.request_stop();
    }
    changed_.notify_all();
    if (writer_.joinable()) writer_.join();
    if (keeper_.joinable()) keeper_.join();
}

bool Scribe::is_stopping() const {
    const std::lock_guard lock(mutex_);
    return is_stopping_;
}

void Scribe::trouble(const std::string& line) const {
    if (options_.on_trouble) options_.on_trouble(line);
}

void Scribe::wake() {
    {
        const std::lock_guard lock(mutex_);
        has_news_ = true;
        ahead_stop_.request_stop();
    }
    changed_.notify_all();
}

bool Scribe::stop_drawing(store::RequestId request) {
    const std::lock_guard lock(mutex_);
    if (drawing_ != request) return false;
    drawing_stop_.request_stop();
    return true;
}

std::future<Result<Unit>> Scribe::post(Job job, const std::stop_token& stop) {
    auto errand = std::make_unique<Errand>();
    errand->job = std::move(job);
    errand->stop = stop;
    auto done = errand->done.get_future();
    {
        const std::lock_guard lock(mutex_);
        if (is_stopping_ || errands_.size() >= most_errands) {
            errand->done.set_value(
                is_stopping_
                    ? Error{ErrorCode::unavailable, "the server is shutting down"}
                    : Error{ErrorCode::exhausted, "too many wait for the model: try again later"});
            return done;
        }
        errands_.push_back(std::move(errand));
        ahead_stop_.request_stop();
    }
    changed_.notify_all();
    return done;
}

void Scribe::work() {
    while (!is_stopping()) {
        auto store = stores_.take();
        if (!store) {
            trouble(store.error().message);
            wait_for_work();
            continue;
        }
        // By turns, where there are both.
        is_errands_turn_ = !is_errands_turn_;
        if (is_errands_turn_ && run_errand()) continue;
        if (serve_request(**store)) continue;
        if (run_errand()) continue;
        look_ahead();
        wait_for_work();
    }
    const std::lock_guard lock(mutex_);
    for (auto& errand : errands_)
        errand->done.set_value(Error{ErrorCode::unavailable, "the server is shutting down"});
    errands_.clear();
}

void Scribe::wait_for_work() {
    // Other processes put requests into the queue, too, and they do not call.
    constexpr std::chrono::milliseconds patience{250};
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience,
                      [&] { return is_stopping_ || has_news_ || !errands_.empty(); });
    has_news_ = false;
}

bool Scribe::run_errand() {
    std::unique_ptr<Errand> errand;
    {
        const std::lock_guard lock(mutex_);
        if (errands_.empty()) return false;
        errand = std::move(errands_.front());
        errands_.pop_front();
        errand_stop_ = std::stop_source();
        if (is_stopping_) errand_stop_.request_stop();
    }
    // Whoever asked may stop it, and so may the server's end.
    const std::stop_callback on_stop(errand->stop,
                                     [source = errand_stop_]() mutable { source.request_stop(); });
    errand->done.set_value(errand->job(*generator_, errand_stop_.get_token()));
    return true;
}

Result<std::optional<store::RequestRecord>> Scribe::claim(store::Store& store) {
    const std::lock_guard lock(feeds_.queue_mutex());
    const auto time = now();
    auto request = store.claim_request(server_, info_.name, time, later(time, options_.lease));
    if (request && *request) feeds_.at((*request)->story)->has_changed(store);
    return request;
}

bool Scribe::serve_request(store::Store& store) {
    {
        // What is asked for from here on is seen by the claim or wakes the writer again.
        const std::lock_guard lock(mutex_);
        has_news_ = false;
    }
    const auto request = claim(store);
    if (!request) {
        trouble(request.error().message);
        return false;
    }
    if (!*request) return false;
    serve(store, **request);
    return true;
}

void Scribe::serve(store::Store& store, const store::RequestRecord& request) {
    metrics_.waiting.add(seconds_since(request.created));
    const auto open = feeds_.at(request.story);
    {
        const std::lock_guard lock(mutex_);
        drawing_ = request.id;
        drawing_stop_ = std::stop_source();
        if (is_stopping_) drawing_stop_.request_stop();
    }
    open->feed().publish("request", request_as_json({request, std::nullopt, 0}));
    const auto done = draw_until_kept(store, request, *open);
    {
        const std::lock_guard lock(mutex_);
        drawing_.reset();
    }
    open->feed().end(request.id);
    if (!done) fail(store, request, done.error(), *open);
}

// Where another process offered something at the same place meanwhile, it is drawn behind that.
Result<Unit> Scribe::draw_until_kept(store::Store& store, const store::RequestRecord& request,
                                     OpenStory& open) {
    constexpr int most_tries = 32;  // each time somebody else came first
    for (int i = 1;; ++i) {
        auto done =
            request.redraw_of ? draw_again(store, request, open) : draw_offer(store, request, open);
        if (done || done.error().code != ErrorCode::conflict || i == most_tries) return done;
        const auto now_is = store.request(request.id);
        const bool is_ours = now_is && now_is->state == store::RequestState::claimed &&
                             now_is->claimed_by == server_;
        if (!is_ours) return done;
        open.feed().end(request.id);
    }
}

void Scribe::fail(store::Store& store, const store::RequestRecord& request, const Error& cause,
                  OpenStory& open) {
    ++metrics_.failed_requests;
    const auto kept = open.change(store, [&]() -> Result<Unit> {
        auto failed = store.fail_request({request.id, server_}, cause.message, now());
        auto told = store.request(request.id);
        if (told) open.feed().publish("request", request_as_json({*told, std::nullopt, 0}));
        return failed;
    });
    // A claim that is lost is somebody else's to end.
    if (!kept && kept.error().code != ErrorCode::conflict) trouble(kept.error().message);
}

Result<Unit> Scribe::use_policy(Offering& offering, store::Store& store) {
    auto& learned = learned_[offering.policy];
    if (!learned.options.proposer) {
        auto done = options_.offering.set_policy(learned.options, offering.policy, store);
        if (!done) return done;
    }
    offering.options.proposer = learned.options.proposer;
    offering.options.is_adaptive = learned.options.is_adaptive;
    return Unit{};
}

void Scribe::learn_anew(const std::string& policy, store::Store& store) {
    auto& learned = learned_[policy];
    if (++learned.n_offers % offers_between_lessons != 0) return;
    engine::OfferOptions options;
    const auto done = options_.offering.set_policy(options, policy, store);
    if (!done) return trouble(done.error().message);
    learned.options = std::move(options);
    // What the policy drew ahead before is not what it would draw now.
    for (const auto story : ahead_.forget_policy(policy))
        feeds_.at(story)->feed().clear_ahead();
}

void Scribe::look_ahead() {
    const auto is_read = [&](store::StoryId story) { return feeds_.is_read(story); };
    while (ahead_.has_work(is_read)) {
        std::stop_token stop;
        {
            const std::lock_guard lock(mutex_);
            if (is_stopping_ || has_news_ || !errands_.empty()) break;
            ahead_stop_ = std::stop_source();
            stop = ahead_stop_.get_token();
        }
        if (const auto drawn = ahead_.step(*generator_, is_read, stop)) tell_ahead(*drawn);
        if (stop.stop_requested()) break;
    }
    metrics_.ahead_offers = ahead_.counts().offers;
    metrics_.ahead_tokens = ahead_.counts().tokens;
    metrics_.ahead_shown = ahead_.counts().shown;
    metrics_.ahead_broken_off = ahead_.counts().broken_off;
}

void Scribe::keep_claims() {
    while (!is_stopping()) {
        std::optional<store::RequestId> drawing;
        {
            std::unique_lock lock(mutex_);
            changed_.wait_for(lock, options_.lease / 3, [&] { return is_stopping_; });
            if (is_stopping_ && !drawing_) return;
            drawing = drawing_;
        }
        if (!drawing) continue;
        auto store = stores_.take();
        if (!store) continue;
        const auto held = (*store)->renew_claims(server_, later(now(), options_.lease));
        if (!held) {
            trouble(held.error().message);
            continue;
        }
        const bool is_held = std::find(held->begin(), held->end(), *drawing) != held->end();
        if (!is_held) stop_drawing(*drawing);
    }
}

}  // namespace fabula::serve
