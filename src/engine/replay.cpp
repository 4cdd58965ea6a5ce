// SPDX-License-Identifier: 0BSD
#include "engine/replay.h"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <optional>
#include <span>
#include <tuple>
#include <utility>

namespace fabula::engine {
namespace {

using Candidates = std::span<const store::CandidateRecord* const>;

std::string in_words(float number) {
    char text[32];
    std::snprintf(text, sizeof text, "%.9g", static_cast<double>(number));
    return text;
}

bool has_same_bits(float a, float b) {
    return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b);
}

bool was_stopped(const store::CandidateRecord& kept) {
    return kept.ending == model::name_of(model::Ending::stopped);
}

// What of one token is not as it was kept.
std::optional<Difference> difference_at(std::size_t position, const store::TokenRecord& kept,
                                        TokenId id, const model::TokenTrace& trace) {
    Difference found;
    found.position = position;
    const auto differs = [&](const char* what, std::string was, std::string is) {
        found.what = what;
        found.kept = std::move(was);
        found.drawn = std::move(is);
        return found;
    };
    if (kept.id != id) return differs("token", std::to_string(kept.id), std::to_string(id));
    const std::tuple<const char*, float, float> numbers[] = {
        {"logprob_model", kept.logprob_model, trace.logprob_model},
        {"logprob", kept.logprob, trace.logprob},
        {"entropy", kept.entropy, trace.entropy}};
    for (const auto& [what, was, is] : numbers) {
        if (!has_same_bits(was, is)) return differs(what, in_words(was), in_words(is));
    }
    if (kept.rank != trace.rank)
        return differs("rank", std::to_string(kept.rank), std::to_string(trace.rank));
    return {};
}

// What of the bans is not as it was kept.
std::optional<Difference> difference_in_bans(const store::CandidateRecord& kept,
                                             const model::Candidate& drawn) {
    if (kept.draws == 0) return {};  // from before they were kept
    std::size_t n = 0;
    const auto is_same = [](const store::BanRecord& a, const model::Ban& b) {
        return a.position == b.position && a.id == b.token;
    };
    while (n < kept.bans.size() && n < drawn.bans.size() && is_same(kept.bans[n], drawn.bans[n]))
        ++n;
    Difference found;
    if (n < kept.bans.size() || n < drawn.bans.size()) {
        const bool is_kept = n < kept.bans.size();
        const auto position = is_kept ? kept.bans[n].position : drawn.bans[n].position;
        found.position = static_cast<std::size_t>(position);
        found.what = "bans";
        found.kept = std::to_string(kept.bans.size()) + " bans";
        found.drawn = std::to_string(drawn.bans.size()) + ", not the same";
        return found;
    }
    if (kept.draws == drawn.draws) return {};
    found.position = kept.tokens.size();
    found.what = "draws";
    found.kept = std::to_string(kept.draws) + " draws";
    found.drawn = std::to_string(drawn.draws);
    return found;
}

std::optional<Difference> difference(const store::CandidateRecord& kept,
                                     const model::Candidate& drawn) {
    const std::size_t n = std::min(kept.tokens.size(), drawn.ids.size());
    for (std::size_t i = 0; i < n; ++i) {
        auto found = difference_at(i, kept.tokens[i], drawn.ids[i], drawn.trace[i]);
        if (found) return found;
    }
    Difference found;
    found.position = n;
    if (kept.tokens.size() != drawn.ids.size()) {
        found.what = "length";
        found.kept = std::to_string(kept.tokens.size()) + " tokens";
        found.drawn = std::to_string(drawn.ids.size());
        return found;
    }
    if (was_stopped(kept)) return difference_in_bans(kept, drawn);
    const std::string ending = model::name_of(drawn.ending);
    if (kept.ending != ending) {
        found.what = "ending";
        found.kept = kept.ending;
        found.drawn = ending;
        return found;
    }
    if (kept.text == drawn.text) return difference_in_bans(kept, drawn);
    found.what = "text";
    found.kept = std::to_string(kept.text.size()) + " bytes";
    found.drawn = std::to_string(drawn.text.size()) + " bytes, not the same";
    return found;
}

void leave_out(std::vector<LeftOut>& list, const std::string& reason, std::size_t n_candidates) {
    const auto known = std::find_if(list.begin(), list.end(),
                                    [&](const LeftOut& each) { return each.reason == reason; });
    if (known != list.end())
        known->n_candidates += n_candidates;
    else
        list.push_back({reason, n_candidates});
}

// Why this model cannot draw what another has drawn; "" when it can.
std::string hindrance(const store::OfferRecord& offer, const model::ModelInfo& info) {
    constexpr std::size_t enough = 12;  // digits of a hash that people compare
    if (offer.model_hash != info.hash)
        return "model '" + offer.model + "' is another file now: its sha256 was " +
               offer.model_hash.substr(0, enough) + "..., that of '" + info.name + "' is " +
               info.hash.substr(0, enough) + "...";
    if (offer.arithmetic == info.arithmetic) return "";
    const std::string here = info.arithmetic.empty()
                                 ? "backend '" + info.backend + "', which promises no bits"
                                 : "'" + info.arithmetic + "'";
    return "they were computed with '" + offer.arithmetic + "', and this is " + here;
}

class Replay {
public:
    Replay(const store::Story& story, const ReplayOptions& options, std::stop_token stop)
        : story_(story), options_(options), stop_(std::move(stop)) {}

    // The offer, group by group.
    Result<Unit> run(const store::OfferRecord& offer, const ModelFor& model_for) {
        const std::size_t n = offer.candidates.size();
        if (offer.arithmetic.empty()) {
            leave_out(done.not_promised,
                      "backend '" + offer.backend + "' does not promise the same bits", n);
            return finish(n);
        }
        const auto reason = [&]() -> std::string {
            if (!offer.adapter_hash.empty()) return "they were drawn with an adapter";
            if (offer.prompt_ids.empty()) return "the ids of their prompt were not kept";
            const auto found = model_for(offer);
            if (!found) return found.error().message;
            generator_ = *found;
            return hindrance(offer, generator_->info());
        }();
        if (!reason.empty()) {
            leave_out(done.other, reason, n);
            return finish(n);
        }
        return draw_groups(offer);
    }

    Replayed done;

private:
    Result<Unit> finish(std::size_t n) {
        n_done_ += n;
        if (options_.on_progress) options_.on_progress(n_done_);
        return Unit{};
    }

    Result<Unit> draw_groups(const store::OfferRecord& offer) {
        std::vector<const store::CandidateRecord*> drawn;
        for (const auto& candidate : offer.candidates) {
            const bool is_bare =
                was_stopped(candidate) && candidate.tokens.empty() && candidate.draws == 0;
            if (!is_bare) drawn.push_back(&candidate);
        }
        const std::size_t n_bare = offer.candidates.size() - drawn.size();
        done.equal += n_bare;  // stopped before their first token: there is nothing to hold them to
        if (auto good = finish(n_bare); !good) return good;
        const std::size_t size = options_.group == 0 ? drawn.size() : options_.group;
        for (std::size_t from = 0; from < drawn.size() && !done.was_stopped; from += size) {
            const auto group = Candidates(drawn).subspan(from, std::min(size, drawn.size() - from));
            if (auto good = draw(offer, group); !good) return good;
        }
        return Unit{};
    }

    // One group together, and how each of its candidates compares.
    Result<Unit> draw(const store::OfferRecord& offer, Candidates group) {
        model::Prompt prompt;
        prompt.ids = offer.prompt_ids;
        const auto requests = requests_for(group);
        const auto generated = generator_->generate(prompt, requests, {}, stop_);
        if (stop_.stop_requested()) {
            done.was_stopped = true;
            return Unit{};
        }
        if (!generated) return refused(offer, group, generated.error());
        for (std::size_t i = 0; i < group.size(); ++i) {
            auto found = difference(*group[i], generated->candidates[i]);
            if (found)
                differs(offer, *group[i], *std::move(found));
            else
                ++done.equal;
        }
        return finish(group.size());
    }

    std::vector<model::CandidateRequest> requests_for(Candidates group) const {
        std::vector<model::CandidateRequest> requests;
        std::size_t longest = 1;
        for (const auto* kept : group) {
            requests.push_back({kept->settings, Rng(kept->stream)});
            if (was_stopped(*kept) && kept->draws > 0)
                requests.back().most_draws = kept->draws;
            else if (was_stopped(*kept))
                requests.back().most_tokens = kept->tokens.size();
            longest = std::max(longest, kept->tokens.size());
        }
        // Company, as long as the longest of them.
        for (std::size_t i = 0; requests.size() < options_.group; ++i) {
            const auto& beside = *group[i % group.size()];
            requests.push_back({beside.settings, Rng(beside.stream).child(i), longest});
        }
        return requests;
    }

    // A record that the model cannot have made differs; for a model without room nobody can tell.
    Result<Unit> refused(const store::OfferRecord& offer, Candidates group, const Error& error) {
        if (error.code != ErrorCode::invalid_input && error.code != ErrorCode::exhausted)
            return error;
        if (error.code == ErrorCode::exhausted)
            leave_out(done.other, error.message, group.size());
        else
            for (const auto* kept : group) {
                Difference found;
                found.what = "record";
                found.drawn = error.message;
                differs(offer, *kept, std::move(found));
            }
        return finish(group.size());
    }

    void differs(const store::OfferRecord& offer, const store::CandidateRecord& kept,
                 Difference found) {
        found.offer = offer.id;
        found.step = story_.tree.step(offer.parent) + 1;
        found.index = kept.index;
        done.differing.push_back(std::move(found));
    }

    const store::Story& story_;
    const ReplayOptions& options_;
    std::stop_token stop_;
    model::Generator* generator_ = nullptr;
    std::size_t n_done_ = 0;
};

}  // namespace

std::size_t count(const std::vector<LeftOut>& left_out) {
    std::size_t n = 0;
    for (const auto& each : left_out)
        n += each.n_candidates;
    return n;
}

Result<Replayed> replay(const store::Story& story, const ModelFor& model_for,
                        const ReplayOptions& options, const std::stop_token& stop) {
    Replay work(story, options, stop);
    std::vector<const store::OfferRecord*> offers;
    for (const auto& offer : story.offers) {
        offers.push_back(&offer);
        work.done.candidates += offer.candidates.size();
    }
    // A model is loaded once, however often the story changed between models.
    std::stable_sort(offers.begin(), offers.end(), [](const auto* a, const auto* b) {
        return std::tie(a->model_hash, a->arithmetic, a->model) <
               std::tie(b->model_hash, b->arithmetic, b->model);
    });
    for (const auto* offer : offers) {
        work.done.was_stopped |= stop.stop_requested();
        if (work.done.was_stopped) break;
        if (auto good = work.run(*offer, model_for); !good) return good.error();
    }
    std::stable_sort(work.done.differing.begin(), work.done.differing.end(),
                     [](const Difference& a, const Difference& b) {
                         return std::tie(a.offer, a.index) < std::tie(b.offer, b.index);
                     });
    return std::move(work.done);
}

}  // namespace fabula::engine
