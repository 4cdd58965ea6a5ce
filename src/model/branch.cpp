// SPDX-License-Identifier: 0BSD
#include "model/branch.h"

#include "base/sentences.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace fabula::model {
std::size_t most_draws(int max_new_tokens) {
    return most_tries * static_cast<std::size_t>(most_tokens(max_new_tokens));
}

Branch::Branch(const CandidateRequest& request, sample::Spelling spelling, Bans bans,
               const std::vector<TokenId>& prompt)
    : sampler_(request.settings, std::move(spelling)),
      words_(request.words),
      stops_at_tokens_(request.most_tokens),
      stops_at_draws_(request.most_draws),
      bans_(std::move(bans)),
      text_(request.settings.max_new_tokens, request.settings.stop),
      tokens_(prompt),
      n_prompt_(prompt.size()) {}

Result<Unit> Branch::extend(std::span<const float> logits, const Model& model,
                            std::span<const TokenId> ends) {
    const std::size_t position = n_drawn();
    const std::size_t most = most_draws(sampler_.settings().max_new_tokens);
    while (!ending_ && n_drawn() == position) {
        if (draws_ >= most) {
            leave(Ending::exhausted);
            break;
        }
        if (positions_.back().bans.size() >= most_tries) {
            end(Ending::exhausted);
            continue;
        }
        const auto drawn = draw(logits, ends);
        if (!drawn && drawn.error().code != ErrorCode::exhausted) return drawn.error();
        if (!drawn)
            end(Ending::exhausted);
        else if (std::find(ends.begin(), ends.end(), drawn->token) != ends.end())
            end(Ending::end_of_text);
        else
            take(*drawn, model);
    }
    if (!ending_ && tokens_.size() >= model.info().window_tokens) end(Ending::window);
    if (!ending_ && (n_drawn() >= stops_at_tokens_ || draws_ >= stops_at_draws_))
        leave(Ending::stopped);
    return Unit{};
}

Result<sample::Drawn> Branch::draw(std::span<const float> logits, std::span<const TokenId> ends) {
    const auto& settings = sampler_.settings();
    const std::size_t position = n_drawn();
    if (attempts_.size() <= position) attempts_.resize(position + 1, 0);
    const std::uint32_t attempt = attempts_[position]++;
    ++draws_;
    std::vector<TokenId> banned = positions_.back().bans;
    if (settings.ignore_end || position < static_cast<std::size_t>(settings.min_new_tokens))
        banned.insert(banned.end(), ends.begin(), ends.end());
    return sampler_.draw(logits, {.history = tokens_,
                                  .banned = banned,
                                  .number = words_.uniform(position, attempt),
                                  .coin = coins_of(words_).uniform(position, attempt),
                                  .mirostat_mu = positions_.back().mirostat_mu});
}

void Branch::take(const sample::Drawn& drawn, const Model& model) {
    const std::string piece = model.piece(drawn.token);
    if (!text_.may_follow(piece)) {
        positions_.back().bans.push_back(drawn.token);
        return;
    }
    const std::size_t bytes_before = text_.text().size();
    tokens_.push_back(drawn.token);
    positions_.emplace_back();
    if (sampler_.settings().mirostat_tau > 0) positions_.back().mirostat_mu = drawn.mirostat_mu;
    const auto ending = text_.append(
        drawn.token, piece, {drawn.logprob_model, drawn.logprob, drawn.entropy, drawn.rank});
    const auto ban = ending ? ban_in_ended(bytes_before) : bans_.append(piece);
    if (ban)
        take_back(*ban);
    else
        ending_ = ending;
}

Result<Unit> Branch::search(Model& model, std::span<const TokenId> ends,
                            const std::stop_token& stop) {
    const std::vector<TokenId> prompt(tokens_.begin(), tokens_.end());
    TextSearch search(model, prompt, ends, [&](std::span<const TokenId> text, TokenId token) {
        return may_follow(model, text, token);
    });
    const std::size_t most =
        std::min(static_cast<std::size_t>(sampler_.settings().max_new_tokens), stops_at_tokens_);
    auto found = search.find(sampler_, most, stop);
    if (!found) return found.error();
    const bool is_cut = stop.stop_requested() && sampler_.settings().num_beams > 1;
    if (is_cut) found->traces.clear();
    for (const auto& token : found->traces) {
        const std::size_t n_before = n_drawn();
        take(token, model);
        if (ending_ || n_drawn() != n_before + 1) break;
    }
    if (!ending_) leave(stop.stop_requested() ? Ending::stopped : ending_of(*found, model));
    return Unit{};
}

// Of a text that no stop string has ended.
Ending Branch::ending_of(const FoundText& found, const Model& model) const {
    if (n_drawn() < found.tokens.size() || found.is_exhausted) return Ending::exhausted;
    if (found.is_ended) return Ending::end_of_text;
    if (n_drawn() >= stops_at_tokens_) return Ending::stopped;
    if (tokens_.size() >= model.info().window_tokens) return Ending::window;
    return ends_sentence(text_.text()) ? Ending::sentence_end : Ending::budget;
}

// Whether `token` may stand behind `text`, which stands behind the prompt: for searches, which look
// at many texts that are not this one's.
bool Branch::may_follow(const Model& model, std::span<const TokenId> text, TokenId token) const {
    CandidateText written(sampler_.settings().max_new_tokens, {});
    Bans bans = bans_;
    for (const TokenId each : text) {
        const std::string piece = model.piece(each);
        written.append(each, piece, {});
        if (bans_.watches()) bans.append(piece);
    }
    const std::string piece = model.piece(token);
    return written.may_follow(piece) && !(bans_.watches() && bans.append(piece));
}

// The text has ended, by a stop string or at a sentence end, and may have lost some of its end.
std::optional<std::size_t> Branch::ban_in_ended(std::size_t bytes_before) {
    const std::string_view text = text_.text();
    std::optional<std::size_t> found;
    if (text.size() < bytes_before)
        bans_.take_back(text.size());
    else
        found = bans_.append(text.substr(bytes_before));
    const auto at_end = bans_.finish();
    if (found && at_end) return std::min(*found, *at_end);
    return found ? found : at_end;
}

// Takes the text back to the token in which byte `begin` lies and bans it there.
void Branch::take_back(std::size_t begin) {
    // Where a stop string cut that token in two, it is behind the last one that the text has.
    const std::size_t position = text_.token_at(begin);
    const TokenId refused = tokens_[n_prompt_ + position];
    text_.take_back(position);
    bans_.take_back(text_.text().size());
    tokens_.resize(n_prompt_ + position);
    positions_.resize(position + 1);
    positions_.back().bans.push_back(refused);
}

void Branch::end(Ending ending) {
    if (const auto ban = bans_.finish())
        take_back(*ban);
    else
        ending_ = ending;
}

void Branch::leave(Ending ending) {
    while (const auto ban = bans_.finish())
        take_back(*ban);
    ending_ = ending;
}

// What stands before it no ban can take back. All behind it may be taken back, also what shows now
// that a ban does not stand there ("cats" is no "cat"); so at the very place where the shown text
// ends no ban may be open, and no stop string. And tokens are taken back whole.
std::size_t Branch::certain_bytes() const {
    std::size_t upto = text_.visible_bytes();
    while (bans_.watches() && upto > text_.shown_bytes()) {
        const std::size_t open = std::min(upto, bans_.open(upto));
        const std::size_t certain = text_.visible_bytes(text_.token_begin(text_.token_at(open)));
        if (certain == upto) break;
        upto = certain;
    }
    return upto;
}

std::string Branch::take_visible() {
    if (ending_) text_.finish();
    return text_.take_visible(ending_ ? text_.text().size() : certain_bytes());
}

Candidate Branch::finished() && {
    assert(ending_.has_value());
    Candidate candidate;
    candidate.ending = *ending_;
    candidate.draws = draws_;
    std::move(text_).move_into(candidate);
    // Those of the position behind the last token tell why the text ended there.
    const std::size_t n_positions = std::min(positions_.size(), candidate.ids.size() + 1);
    for (std::size_t position = 0; position < n_positions; ++position) {
        for (const TokenId token : positions_[position].bans)
            candidate.bans.push_back({static_cast<std::int32_t>(position), token});
    }
    return candidate;
}

}  // namespace fabula::model
