// SPDX-License-Identifier: 0BSD
// The queries of a Store, once for all databases: standard SQL over a Backend's session. Each call
// is one transaction; exceptions of SOCI end here, as errors.
#pragma once

#include "store/backend.h"
#include "store/store.h"

#include <memory>
#include <string>
#include <vector>

namespace fabula::store {

class SociStore final : public Store {
public:
    explicit SociStore(std::unique_ptr<Backend> backend) : backend_(std::move(backend)) {}

    Result<StoryId> create(const StoryRecord& record, const std::string& opening) override;
    Result<Story> load(StoryId id) override;
    Result<std::vector<StorySummary>> list() override;
    Result<story::PassageId> choose(const Decision& decision) override;
    Result<Unit> rate(const RatingRecord& rating) override;
    Result<story::PassageId> add_passage(StoryId story, story::PassageId parent,
                                         story::Origin origin, const std::string& text,
                                         Timestamp time) override;
    Result<Unit> move(StoryId story, MoveKind kind, story::PassageId to, Timestamp time) override;
    Result<StoryId> add_story(const Story& story) override;
    Result<std::vector<std::optional<StoryId>>> add_stories(
        std::span<const Story> stories) override;
    Result<std::vector<StoryId>> stories_with(const std::string& words) override;
    Result<std::vector<std::string>> sources() override;
    Result<std::optional<StoryId>> story_from(const std::string& source) override;
    Result<preference::History> history(const std::string& chooser) override;
    Result<Unit> remove(StoryId id) override;
    Result<RequestRecord> add_request(const RequestRecord& request, std::size_t most_open) override;
    Result<std::optional<RequestRecord>> claim_request(const std::string& server,
                                                       const std::string& model, Timestamp now,
                                                       Timestamp until) override;
    Result<std::vector<RequestId>> renew_claims(const std::string& server,
                                                Timestamp until) override;
    Result<Unit> fail_request(const Claim& claim, const std::string& error,
                              Timestamp time) override;
    Result<Unit> release_claims(const std::string& server) override;
    Result<RequestRecord> cancel_request(RequestId id, Timestamp time) override;
    Result<RequestRecord> request(RequestId id) override;
    Result<std::vector<RequestRecord>> open_requests(StoryId story) override;
    Result<std::vector<RequestRecord>> requests(StoryId story) override;
    Result<std::size_t> n_open_requests(const std::string& model) override;
    Result<std::size_t> forget_requests(Timestamp before) override;
    Result<std::uint64_t> version(StoryId story) override;
    Result<StoryId> story_of(OfferId offer) override;
    Result<NotesRecord> notes(StoryId story) override;
    Result<Unit> set_notes(StoryId story, const NotesRecord& notes) override;
    Result<Health> check() override;

private:
    Result<OfferId> keep_offer(StoryId story, const OfferRecord& offer,
                               const std::optional<Claim>& claim) override;
    Result<Unit> keep_candidates(OfferId offer, std::span<const CandidateRecord> candidates,
                                 const std::optional<Claim>& claim) override;

    /// Runs `work` in a transaction; what it returns without an error is committed.
    template <typename T, typename Work>
    Result<T> transact(Access access, Work work);

    Error error(ErrorCode code, const std::string& what) const;
    Error missing_story(StoryId id) const;
    Error missing_candidate(OfferId offer, std::size_t index) const;
    /// An error of `check.h` or `rows.h`, with the database's name in front.
    Error in_database(const Error& cause) const;

    bool has_story(StoryId id);
    bool has_passage(StoryId story, story::PassageId passage);
    Result<Unit> require_passage(StoryId story, story::PassageId passage);
    Result<Unit> require_head(StoryId story, story::PassageId head);
    Result<Story> read(const StoryRecord& record);
    Result<story::PassageId> next_passage(StoryId story);
    Result<Unit> check_shown(const ChoiceRecord& choice);
    Result<std::optional<story::Passage>> passage_of(const Decision& decision,
                                                     story::PassageId parent);
    Result<story::PassageId> add_chosen(StoryId story, const ChoiceRecord& choice,
                                        const story::Passage& passage);
    Error missing_offer(OfferId id) const;
    Error missing_request(RequestId id) const;
    Error lost_claim(const Claim& claim) const;
    /// Ends the request of a claim, in the transaction that is open.
    struct End {
        StoryId story{};
        std::optional<OfferId> offer;  // done with it; empty: failed
        std::string error;
        Timestamp time{};
    };
    Result<Unit> finish(const Claim& claim, const End& end);
    Result<std::optional<RequestRecord>> known_request(const RequestRecord& request);
    Result<Unit> check_redraw(const RequestRecord& request);
    StoryId insert_whole(const Story& story);
    void delete_rows(StoryId id);

    std::unique_ptr<Backend> backend_;
};

}  // namespace fabula::store
