// SPDX-License-Identifier: 0BSD
// Where stories live: passages (a tree), the offers made at a passage, every candidate that was
// offered with all that made it, what was chosen and rated, and every move of the reader; and the
// queue of what was asked for (requests.h). A story's rows are only added; the one thing that
// removes is `remove`, and it removes for good. The interface is the same over SQLite and
// PostgreSQL; backends see SOCI, nobody else does.
//
// Durability: a call that returns success is on disk (fsync).
// Threads: one thread at a time uses a Store; several processes may use one database.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/token.h"
#include "preference/history.h"
#include "sample/settings.h"
#include "store/requests.h"
#include "story/tree.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fabula::store {

/// A story's frame.
struct StoryRecord {
    StoryId id{};
    std::string title;  // the first words of the opening unless named
    std::uint64_t seed = 0;
    std::string model;        // name of the model that began it
    std::string system;       // system line for chat models, or ""
    std::string instruction;  // for chat models: what the story answers, or ""
    Timestamp created{};
    /// What it comes from, format and name there ("import:5f2c...", "write:7ab0...:12" for one of
    /// many that were asked for at once); "" for a story of its own. No two stories of a store have
    /// the same.
    std::string source = {};

    bool operator==(const StoryRecord&) const = default;
};

/// How a passage came to be the place where the story stands.
enum class MoveKind { start, choice, undo, jump, edit };
const char* name_of(MoveKind kind);
/// Errors: invalid_input, naming the known ones.
Result<MoveKind> move_kind_named(std::string_view name);

/// One token of a candidate, as `model::TokenTrace` has it.
struct TokenRecord {
    TokenId id = 0;
    float logprob_model = 0;
    float logprob = 0;
    float entropy = 0;
    std::int32_t rank = 0;

    bool operator==(const TokenRecord&) const = default;
};

/// A token that was drawn at a position and refused there, as `model::Ban` has it.
struct BanRecord {
    std::int32_t position = 0;  // tokens of the candidate before it, at most all of them
    TokenId id = 0;

    bool operator==(const BanRecord&) const = default;
};

/// A piece of the prompt as sent.
struct PromptBlock {
    std::string text;
    std::vector<TokenId> ids;                 // empty where the text was tokenised anew
    std::string kind;                         // story::name_of(PartKind); "": not kept
    std::optional<story::PassageId> passage;  // whose text this is; empty for notes
    std::size_t begin = 0;                    // byte of that passage

    bool operator==(const PromptBlock&) const = default;
};

struct CandidateRecord {
    std::size_t index = 0;  // in its offer; never reused
    std::string text;
    std::size_t ids_bytes = 0;  // bytes of `text` that `tokens` spell
    std::vector<TokenRecord> tokens;
    std::vector<BanRecord> bans;  // by position; those in force when the tokens were drawn
    std::uint64_t draws = 0;      // all of them; 0: not kept, nor were the bans
    sample::Settings settings;
    std::string policy;
    std::optional<double> propensity;
    std::uint64_t stream = 0;  // Rng::name() of its words
    std::string ending;        // model::name_of(Ending)
    double score = 0;
    double copied_share = 0;
    double seconds = 0;
    Timestamp created{};

    bool operator==(const CandidateRecord&) const = default;
};

/// How many tokens it took; of a remote model they may not be told one by one.
inline std::size_t n_tokens(const CandidateRecord& candidate) {
    const bool has_them = !candidate.tokens.empty() || candidate.text.empty();
    return has_them ? candidate.tokens.size() : static_cast<std::size_t>(candidate.draws);
}

struct OfferRecord {
    OfferId id{};
    story::PassageId parent{};
    std::size_t number = 0;  // which offer at this passage, from 0
    std::vector<PromptBlock> prompt;
    std::vector<TokenId> prompt_ids;
    std::string model;
    std::string model_hash;
    std::string adapter_hash;  // "" without an adapter
    std::string backend;
    std::string arithmetic;  // model::ModelInfo::arithmetic; "": the same bits are not promised
    Timestamp created{};
    std::vector<CandidateRecord> candidates;  // by ascending index

    bool operator==(const OfferRecord&) const = default;
};

/// What was taken of an offer, by whom and why. Append-only.
struct ChoiceRecord {
    OfferId offer{};
    std::optional<std::size_t> index;  // the candidate; empty where all were refused
    /// What became of it: the candidate as a passage (`edited` where a person changed its words
    /// first), the passage that a person wrote in place of all, or the offer's parent where all
    /// were refused and nothing was written.
    story::PassageId passage{};
    std::string chooser;  // "score", "person"
    /// For people: "best score -1.21 of 3". A person's: any of coherence, style, turn, by commas,
    /// or words of their own.
    std::string reason;
    Timestamp created{};
    std::string user = {};                // which person; "" where it is not known
    std::vector<std::size_t> shown = {};  // indices as they stood on the screen; empty: not kept
    std::optional<double> seconds = {};   // from the complete offer to the choice; empty: not kept

    bool operator==(const ChoiceRecord&) const = default;
};

/// What somebody thinks of a candidate, taken or not. Append-only: the last one of a user counts.
struct RatingRecord {
    OfferId offer{};
    std::size_t index = 0;  // the candidate
    int rating = 0;         // 1: up, -1: down, 0: takes back what was said
    std::string reason;     // as ChoiceRecord::reason
    std::string user;       // as ChoiceRecord::user
    Timestamp created{};

    bool operator==(const RatingRecord&) const = default;
};

struct MoveRecord {
    MoveKind kind{};
    story::PassageId passage{};  // where the story stands after it
    Timestamp created{};

    bool operator==(const MoveRecord&) const = default;
};

/// A passage with what the tree does not know.
struct PassageRecord {
    story::PassageId id{};
    story::Passage passage{};
    std::optional<OfferId> offer;      // the offer it was taken from, or written in place of
    std::optional<std::size_t> index;  // the candidate in it; empty for one that was written
    Timestamp created{};

    bool operator==(const PassageRecord&) const = default;
};

/// A story with all that is kept of it; the value that export writes and import reads.
struct Story {
    StoryRecord record;
    story::Tree tree{""};
    std::vector<PassageRecord> passages;  // in the order of their ids
    std::vector<OfferRecord> offers;      // by ascending id
    std::vector<ChoiceRecord> choices;    // oldest first
    std::vector<RatingRecord> ratings;    // oldest first
    std::vector<MoveRecord> moves;        // oldest first
    NotesRecord notes;                    // the last ones; empty texts where none were kept
    /// Where the story stands: the last move's passage.
    story::PassageId head() const;

    bool operator==(const Story&) const = default;
};

/// A line of `fabula story list`.
struct StorySummary {
    StoryRecord record;
    std::size_t n_passages = 0;  // the opening included
    std::size_t n_candidates = 0;
    std::size_t words = 0;  // from the opening to the head
    Timestamp changed{};
};

/// All texts are UTF-8 without NUL, no number is NaN, and nothing is longer than `check.h` allows;
/// what is not so is refused with invalid_input by every call that adds.
class Store {
public:
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;
    virtual ~Store() = default;

    /// Adds a story with its opening passage and the move `start`; returns its id (`record.id` is
    /// ignored). Without a title the first words of the opening become it. Errors: conflict when
    /// another story has `record.source`.
    virtual Result<StoryId> create(const StoryRecord& record, const std::string& opening) = 0;

    /// The whole story. Errors: not_found.
    virtual Result<Story> load(StoryId id) = 0;

    /// Every story, oldest first.
    virtual Result<std::vector<StorySummary>> list() = 0;

    /// Keeps an offer with its candidates, in one transaction; `offer.id` is ignored.
    /// `offer.number` must be the next free one at its parent (the random streams were named by
    /// it). With a claim its request becomes `done` with this offer, in the same transaction.
    /// Errors: not_found; conflict when the number is not the next or an index comes twice, and
    /// when the claim does not hold any more (somebody else claimed the request after the lease, or
    /// it was cancelled): nothing is kept then.
    Result<OfferId> add_offer(StoryId story, const OfferRecord& offer,
                              const std::optional<Claim>& claim = {}) {
        return keep_offer(story, offer, claim);
    }

    /// More candidates for an offer (regenerated ones). With a claim as above. Errors: not_found;
    /// conflict when an index is taken or the claim does not hold any more.
    Result<Unit> add_candidates(OfferId offer, std::span<const CandidateRecord> candidates,
                                const std::optional<Claim>& claim = {}) {
        return keep_candidates(offer, candidates, claim);
    }

    /// Takes a candidate: its text becomes a new passage under the offer's parent and the story
    /// stands there; the choice is kept. Where `choice.index` is empty only the refusal is kept:
    /// the story stays where it is and the offer's parent is returned. One transaction.
    /// `choice.passage` and `choice.created` aside, the fields are the caller's. Errors: not_found;
    /// conflict when somebody moved the story from `decision.head` meanwhile.
    struct Decision {
        ChoiceRecord choice;
        Timestamp time{};
        /// Where the chooser saw the story stand; empty for one who means to move it wherever it
        /// stands.
        std::optional<story::PassageId> head = {};
        /// Words of a person: the candidate as they edited it (origin `edited`), or, without
        /// `choice.index`, what they wrote in place of all (origin `written`), which becomes a
        /// passage likewise.
        std::optional<std::string> words = {};
    };
    virtual Result<story::PassageId> choose(const Decision& decision) = 0;

    /// Keeps what somebody thinks of a candidate. Errors: not_found; invalid_input.
    virtual Result<Unit> rate(const RatingRecord& rating) = 0;

    /// Adds a passage that a person wrote or edited, under `parent`, and moves there (move `edit`).
    /// Errors: not_found; invalid_input for another origin.
    virtual Result<story::PassageId> add_passage(StoryId story, story::PassageId parent,
                                                 story::Origin origin, const std::string& text,
                                                 Timestamp time) = 0;

    /// Moves the story to another of its passages. Errors: not_found; invalid_input for the kinds
    /// `start`, `choice` and `edit`, which belong to the calls above.
    virtual Result<Unit> move(StoryId story, MoveKind kind, story::PassageId to,
                              Timestamp time) = 0;

    /// Adds a whole story under a new id. All numbers inside are kept, except that offers get new
    /// ids, in the same order, and what refers to them follows; and `record.source` becomes ""
    /// where another story has it. Errors: invalid_input when it contradicts itself.
    virtual Result<StoryId> add_story(const Story& story) = 0;

    /// The same for several, in one transaction; empty for those whose `record.source` is here
    /// already (a source "" never is).
    virtual Result<std::vector<std::optional<StoryId>>> add_stories(
        std::span<const Story> stories) = 0;

    /// The stories with `words` in their title or in any of their passages, by id; case does not
    /// matter (SQLite knows that of ASCII alone).
    virtual Result<std::vector<StoryId>> stories_with(const std::string& words) = 0;

    /// Every source that a story was imported from, sorted.
    virtual Result<std::vector<std::string>> sources() = 0;

    /// The story of that source, if it is here.
    virtual Result<std::optional<StoryId>> story_from(const std::string& source) = 0;

    /// What `chooser` ("person", "score") was shown and decided, all stories together, by the time
    /// of the choice: of each offer the last choice.
    virtual Result<preference::History> history(const std::string& chooser) = 0;

    /// Removes a story and all that belongs to it, and rewrites the database without it, so that
    /// its words are in none of its files any more; takes time in proportion to the size of the
    /// database. Backups that were made before a migration keep what they held. Errors: not_found;
    /// unavailable when another process kept the old pages: the story is gone, and the next open or
    /// `remove` erases the rest.
    virtual Result<Unit> remove(StoryId id) = 0;

    // The queue (requests.h).

    /// Puts a request behind the others: `id`, `state`, what belongs to a claim and to an end are
    /// the store's and ignored. Another request of the same key (not "") in the same story gives
    /// the one that is there, whatever became of it. Errors: not_found; conflict when the one that
    /// is there has another body, parent or redraw_of; exhausted when `most_open` requests (of all
    /// stories) are open already, that is waiting or claimed.
    virtual Result<RequestRecord> add_request(const RequestRecord& request,
                                              std::size_t most_open) = 0;

    /// Gives `server` the next request for `model` until `until`, by turns: of the stories that
    /// have one waiting (or claimed by somebody whose lease ended before `now`) the one that was
    /// served longest ago, of that story the oldest request. So no story waits for more than one
    /// offer of each of the others at a time. Empty when there is none. No two callers get the same
    /// one, and no writer is waited for where the database can do without.
    virtual Result<std::optional<RequestRecord>> claim_request(const std::string& server,
                                                               const std::string& model,
                                                               Timestamp now, Timestamp until) = 0;

    /// Every claim of the server holds until then. Gives those that it holds, by id: one that is
    /// missing was lost to another server or cancelled.
    virtual Result<std::vector<RequestId>> renew_claims(const std::string& server,
                                                        Timestamp until) = 0;

    /// Ends the request as failed, with one line for people. Errors: not_found; conflict when the
    /// claim does not hold any more.
    virtual Result<Unit> fail_request(const Claim& claim, const std::string& error,
                                      Timestamp time) = 0;

    /// Puts back what the server has claimed: it waits again, in its old place.
    virtual Result<Unit> release_claims(const std::string& server) = 0;

    /// Ends a request that waits or is claimed as cancelled; one that has ended stays as it is.
    /// Gives the record as it was before, so that the caller knows whether somebody works on it.
    /// Errors: not_found.
    virtual Result<RequestRecord> cancel_request(RequestId id, Timestamp time) = 0;

    /// Errors: not_found.
    virtual Result<RequestRecord> request(RequestId id) = 0;

    /// The story's requests that wait or are claimed, oldest first. Errors: not_found.
    virtual Result<std::vector<RequestRecord>> open_requests(StoryId story) = 0;

    /// All of the story's requests that are not forgotten, oldest first. Errors: not_found.
    virtual Result<std::vector<RequestRecord>> requests(StoryId story) = 0;

    /// How many requests for `model` ("": for any) wait or are claimed.
    virtual Result<std::size_t> n_open_requests(const std::string& model) = 0;

    /// Removes requests that ended before then; how many. No version counts it.
    virtual Result<std::size_t> forget_requests(Timestamp before) = 0;

    /// Counts the changes to a story, from 1: offers, candidates, choices, ratings, passages,
    /// moves, notes, and requests that are added or change their state. It grows in the transaction
    /// of the change. Errors: not_found.
    virtual Result<std::uint64_t> version(StoryId story) = 0;

    /// Errors: not_found.
    virtual Result<StoryId> story_of(OfferId offer) = 0;

    /// The notes that were kept last; empty texts where none were. Errors: not_found.
    virtual Result<NotesRecord> notes(StoryId story) = 0;
    /// Keeps notes behind those before. Errors: not_found.
    virtual Result<Unit> set_notes(StoryId story, const NotesRecord& notes) = 0;

    /// For `doctor`: where it is, which schema, whether its own check is clean.
    struct Health {
        std::string where;  // without any password
        int schema = 0;
        bool is_sound = false;
        std::string findings;  // one line, "" when there is nothing to say
        std::string advice;    // how the database could be set up better; "" where it is well
        std::uint64_t size_bytes = 0;
    };
    virtual Result<Health> check() = 0;

protected:
    Store() = default;

private:
    virtual Result<OfferId> keep_offer(StoryId story, const OfferRecord& offer,
                                       const std::optional<Claim>& claim) = 0;
    virtual Result<Unit> keep_candidates(OfferId offer, std::span<const CandidateRecord> candidates,
                                         const std::optional<Claim>& claim) = 0;
};

/// Opens or makes the SQLite database at `path`, with folders that are missing (for this user
/// alone), migrating an older schema after a backup beside it.
///
/// Another process that writes is waited for, here and in every later call, at most `wait_ms`;
/// where that takes longer than a fifth of a second, `on_wait` (may be empty) is told once a wait.
/// Errors: corrupt (not a database, damaged), invalid_input (a newer schema, a folder, another
/// program's database), unavailable (read-only, busy), exhausted (disk full). Messages name the
/// file.
Result<std::unique_ptr<Store>> open_sqlite(
    const std::string& path, int wait_ms = 10000,
    const std::function<void(std::string_view)>& on_wait = {});

/// Opens the PostgreSQL database "postgresql://user:password@host:port/database", migrating an
/// empty one or an older schema while others wait. Parts that are missing are libpq's to find
/// (PGPASSWORD, ~/.pgpass, ...). The password is in no message. A connection that breaks is opened
/// again for the next call.
///
/// Waiting as above. Errors: unavailable (no answer, refused, busy, read-only, connection lost),
/// invalid_input (no such address, a newer schema, another program's database, an encoding that is
/// not UTF8), exhausted (disk full), corrupt.
Result<std::unique_ptr<Store>> open_postgres(
    const std::string& url, int wait_ms = 10000,
    const std::function<void(std::string_view)>& on_wait = {});

/// Whether that PostgreSQL database has Fabula's tables, of whatever schema; changes nothing.
/// Errors: as above.
Result<bool> has_stories_tables(const std::string& url, int wait_ms = 10000);

/// "postgresql://..." or "postgres://...": not a path.
bool is_postgres(std::string_view where);
/// The path, or the URL without its password: what may be shown.
std::string shown_address(const std::string& where);

/// Either, by what `where` looks like.
Result<std::unique_ptr<Store>> open_store(
    const std::string& where, int wait_ms = 10000,
    const std::function<void(std::string_view)>& on_wait = {});

}  // namespace fabula::store
