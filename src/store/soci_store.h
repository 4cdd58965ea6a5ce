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
    Result<OfferId> add_offer(StoryId story, const OfferRecord& offer) override;
    Result<Unit> add_candidates(OfferId offer,
                                std::span<const CandidateRecord> candidates) override;
    Result<story::PassageId> choose(const Decision& decision) override;
    Result<Unit> rate(const RatingRecord& rating) override;
    Result<story::PassageId> add_passage(StoryId story, story::PassageId parent,
                                         story::Origin origin, const std::string& text,
                                         Timestamp time) override;
    Result<Unit> move(StoryId story, MoveKind kind, story::PassageId to, Timestamp time) override;
    Result<StoryId> add_story(const Story& story) override;
    Result<std::vector<std::optional<StoryId>>> add_stories(
        std::span<const Story> stories) override;
    Result<std::vector<std::string>> sources() override;
    Result<std::optional<StoryId>> story_from(const std::string& source) override;
    Result<preference::History> history(const std::string& chooser) override;
    Result<Unit> remove(StoryId id) override;
    Result<Health> check() override;

private:
    enum class Access { read, write };

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
    Result<StorySummary> summarise(const StoryRecord& record);
    std::size_t words_to(StoryId story, story::PassageId head);
    Result<story::PassageId> next_passage(StoryId story);
    Result<Unit> check_shown(const ChoiceRecord& choice);
    Result<std::optional<story::Passage>> passage_of(const Decision& decision,
                                                     story::PassageId parent);
    Result<story::PassageId> add_chosen(StoryId story, const ChoiceRecord& choice,
                                        const story::Passage& passage);
    StoryId insert_whole(const Story& story);
    void delete_rows(StoryId id);

    std::unique_ptr<Backend> backend_;
};

}  // namespace fabula::store
