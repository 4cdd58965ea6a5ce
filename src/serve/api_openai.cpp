// SPDX-License-Identifier: 0BSD
#include "serve/api_openai.h"

#include "serve/completion.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <random>
#include <utility>

namespace fabula::serve {
namespace {

Response openai_error(const Error& error) {
    Response response;
    const char* type = "server_error";
    response.status = 500;
    if (error.code == ErrorCode::invalid_input) {
        response.status = 400;
        type = "invalid_request_error";
    } else if (error.code == ErrorCode::not_found) {
        response.status = 404;
        type = "invalid_request_error";
    } else if (error.code == ErrorCode::exhausted) {
        response.status = 429;
        type = "rate_limit_error";
    } else if (error.code == ErrorCode::unavailable) {
        response.status = 503;
    }
    if (response.status == 429 || response.status == 503)
        response.headers.emplace_back("Retry-After", "2");
    response.body = openai_error_as_json(error.message, type, name_of(error.code));
    return response;
}

std::int64_t seconds_now() {
    return static_cast<std::int64_t>(now()) / 1000;
}

// Requires a seed.
std::vector<model::CandidateRequest> requests_of(const AskedCompletion& asked) {
    const Rng rng(*asked.seed);
    std::vector<model::CandidateRequest> requests;
    requests.reserve(asked.n);
    for (std::size_t i = 0; i < asked.n; ++i)
        requests.push_back({asked.settings, rng.child(i)});
    return requests;
}

/// One completion: drawn on the scribe's thread, told on the connection's.
class Completion {
public:
    Completion(Api& api, AskedCompletion asked)
        : api_(api),
          asked_(std::move(asked)),
          frame_{(asked_.is_chat ? "chatcmpl-" : "cmpl-") + random_name(), seconds_now(),
                 api.scribe.info().name, asked_.is_chat} {}

    /// Stops where the client has gone.
    Response whole(const Request& request) {
        auto drawn = draw({});
        while (drawn.wait_for(std::chrono::milliseconds(250)) != std::future_status::ready) {
            if (request.is_open && !request.is_open()) stop_.request_stop();
        }
        const auto done = drawn.get();
        if (!done) return openai_error(done.error());
        Response response;
        response.body = completion_as_json(frame_, choices_, usage_);
        return response;
    }

    void write(Stream& stream) {
        auto done = draw([this](std::size_t index, std::string_view text) { push(index, text); });
        std::vector<bool> has_begun(asked_.n, false);
        bool is_there = true;
        while (is_there) {
            const auto pieces = next_pieces();
            if (pieces.empty() && (is_drawn() || is_ready(done))) break;
            for (const auto& [index, text] : pieces) {
                is_there =
                    is_there && send(stream, chunk_as_json(frame_, index, text, !has_begun[index]));
                has_begun[index] = true;
            }
            if (is_there && pieces.empty()) is_there = stream.is_open();
        }
        if (!is_there) stop_.request_stop();
        const auto result = done.get();
        if (!is_there) return;
        finish(stream, result);
    }

private:
    using Piece = std::pair<std::size_t, std::string>;

    static bool is_ready(const std::future<Result<Unit>>& done) {
        return done.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    }

    static bool send(Stream& stream, const std::string& json) {
        return stream.write("data: " + json + "\n\n");
    }

    void finish(Stream& stream, const Result<Unit>& result) {
        if (!result) {
            send(stream, openai_error(result.error()).body);
        } else {
            for (std::size_t i = 0; i < choices_.size(); ++i)
                send(stream, end_as_json(frame_, i, choices_[i]));
            if (asked_.has_usage) send(stream, usage_as_json(frame_, usage_));
        }
        stream.write("data: [DONE]\n\n");
    }

    void push(std::size_t index, std::string_view text) {
        const std::lock_guard lock(mutex_);
        pieces_.emplace_back(index, text);
        changed_.notify_all();
    }

    // What was drawn meanwhile; waits a little for it.
    std::deque<Piece> next_pieces() {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, std::chrono::milliseconds(500),
                          [&] { return !pieces_.empty() || is_drawn_; });
        return std::exchange(pieces_, {});
    }

    bool is_drawn() {
        const std::lock_guard lock(mutex_);
        return is_drawn_;
    }

    std::future<Result<Unit>> draw(model::OnText on_text) {
        return api_.scribe.post(
            [this, on_text = std::move(on_text)](model::Generator& generator,
                                                 const std::stop_token& stop) -> Result<Unit> {
                auto done = draw_with(generator, on_text, stop);
                const std::lock_guard lock(mutex_);
                is_drawn_ = true;
                changed_.notify_all();
                return done;
            },
            stop_.get_token());
    }

    Result<Unit> draw_with(model::Generator& generator, const model::OnText& on_text,
                           const std::stop_token& stop) {
        const auto requests = requests_of(asked_);
        const auto generated = generator.generate(asked_.prompt, requests, on_text, stop);
        // That a prompt does not fit will not be otherwise later.
        if (!generated && generated.error().code == ErrorCode::exhausted)
            return Error{ErrorCode::invalid_input, generated.error().message};
        if (!generated) return generated.error();
        usage_.prompt_tokens = generated->prompt_ids.size();
        choices_.clear();
        for (std::size_t i = 0; i < generated->candidates.size(); ++i) {
            const auto& candidate = generated->candidates[i];
            usage_.completion_tokens += candidate.ids.size();
            ChoiceView choice{candidate.text, finish_reason_of(candidate.ending), {}};
            if (asked_.logprobs) {
                auto tokens = tokens_of(generator, *generated, i, stop);
                if (!tokens) return tokens.error();
                choice.tokens = *std::move(tokens);
            }
            choices_.push_back(std::move(choice));
        }
        api_.metrics.completions += choices_.size();
        api_.metrics.completion_tokens += usage_.completion_tokens;
        return Unit{};
    }

    // The likeliest beside each token are computed again, where they are wanted.
    Result<std::vector<TokenView>> tokens_of(model::Generator& generator,
                                             const model::Generated& generated, std::size_t index,
                                             const std::stop_token& stop) const {
        const auto& candidate = generated.candidates[index];
        const auto texts = generator.spell(candidate.ids);
        if (!texts) return texts.error();
        const Rng words = requests_of(asked_)[index].words;
        std::vector<TokenView> tokens;
        tokens.reserve(candidate.ids.size());
        for (std::size_t i = 0; i < candidate.ids.size(); ++i) {
            TokenView token{(*texts)[i], static_cast<double>(candidate.trace[i].logprob_model), {}};
            if (*asked_.logprobs > 0) {
                model::PlaceRequest place;
                place.prompt_ids = generated.prompt_ids;
                place.tokens.assign(candidate.ids.begin(),
                                    candidate.ids.begin() + static_cast<std::ptrdiff_t>(i + 1));
                place.bans = candidate.bans;
                place.draws = candidate.draws;
                place.logprob = candidate.trace[i].logprob;
                place.settings = asked_.settings;
                place.words = words;
                place.n_likeliest = *asked_.logprobs;
                auto reach = generator.reach(place, stop);
                if (!reach && reach.error().code != ErrorCode::exhausted) return reach.error();
                // Behind the window's last place nothing can be computed again.
                if (reach) token.likeliest = std::move(reach->alternatives);
                if (token.likeliest.size() > *asked_.logprobs)
                    token.likeliest.resize(*asked_.logprobs);
            }
            tokens.push_back(std::move(token));
        }
        return tokens;
    }

    Api& api_;
    const AskedCompletion asked_;
    const CompletionFrame frame_;
    std::stop_source stop_;
    // Written on the scribe's thread, read once it is done.
    std::vector<ChoiceView> choices_;
    UsageView usage_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Piece> pieces_;
    bool is_drawn_ = false;
};

/// One of those who hold a worker while they wait.
class Waiting {
public:
    explicit Waiting(Api& api)
        : api_(api), is_in_(++api.n_waiting_completions <= api.options.most_waiting_completions) {}
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
    ~Waiting() { --api_.n_waiting_completions; }
    bool is_in() const { return is_in_; }

private:
    Api& api_;
    const bool is_in_;
};

Response complete_whole(Api& api, const Request& request, Completion& completion) {
    const Waiting waiting(api);
    if (waiting.is_in()) return completion.whole(request);
    return openai_error(
        {ErrorCode::exhausted, "too many wait for the model: try again later, or stream"});
}

Response complete(Api& api, const Request& request, Result<AskedCompletion> asked) {
    if (!asked) return openai_error(asked.error());
    const auto& name = api.scribe.info().name;
    if (!asked->model.empty() && asked->model != name)
        return openai_error({ErrorCode::not_found,
                             "there is no model '" + asked->model + "' here, only '" + name + "'"});
    if (!asked->seed) {
        std::random_device device;
        asked->seed = (static_cast<std::uint64_t>(device()) << 32U) ^ device();
    }
    const bool is_stream = asked->is_stream;
    auto completion = std::make_shared<Completion>(api, *std::move(asked));
    if (!is_stream) return complete_whole(api, request, *completion);
    Response response;
    response.content_type = "text/event-stream";
    response.stream = [completion](Stream& stream) { completion->write(stream); };
    return response;
}

}  // namespace

void add_openai_routes(Router& router, Api& api) {
    Route models{Method::get, "/v1/models", "openAiModels", "the models, as OpenAI lists them",
                 "openai"};
    models.response_schema = "OpenAiModels";
    models.handler = [&api](const Request&) {
        return answer(openai_model_as_json(api.scribe.info().name, api.scribe.info().window_tokens,
                                           seconds_now()));
    };
    router.add(std::move(models));

    Route text{Method::post, "/v1/completions", "createCompletion", "goes on with a text",
               "openai"};
    text.request_schema = "CompletionRequest";
    text.response_schema = "Completion";
    text.errors = {400, 404, 429, 503};
    text.handler = [&api](const Request& request) {
        return complete(api, request, asked_completion(request.body));
    };
    router.add(std::move(text));

    Route chat{Method::post, "/v1/chat/completions", "createChatCompletion", "answers messages",
               "openai"};
    chat.request_schema = "ChatRequest";
    chat.response_schema = "ChatCompletion";
    chat.errors = {400, 404, 429, 503};
    chat.handler = [&api](const Request& request) {
        return complete(api, request, asked_chat(request.body, api.options.is_chat));
    };
    router.add(std::move(chat));
}

}  // namespace fabula::serve
