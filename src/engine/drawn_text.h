// SPDX-License-Identifier: 0BSD
// A passage as blocks of a prompt: with the tokens that it was drawn with, wherever they mean
// something to the model, so that nothing that was drawn is ever tokenised again.
#pragma once

#include "model/generator.h"
#include "store/store.h"
#include "story/prompt.h"

#include <map>
#include <optional>
#include <vector>

namespace fabula::engine {

/// The offer that a passage was taken from, or null for one that a person wrote.
const store::OfferRecord* offer_of(const store::Story& story, story::PassageId id);

class DrawnText {
public:
    /// Both must outlive this.
    DrawnText(const store::Story& story, const model::Generator& generator)
        : story_(story), generator_(generator) {}

    /// Bytes [begin.byte, end) of a passage. Where both are seams of a passage that this model
    /// drew, its own tokens; else text alone. At most two blocks: what a stop string left of a
    /// token stands behind the whole ones.
    std::vector<store::PromptBlock> blocks(const story::StoryPlace& begin, std::size_t end);

    /// The first place at or behind `place` where no drawn token and no character is cut in two; at
    /// most the end.
    std::size_t seam(const story::StoryPlace& place);

private:
    struct Drawn {
        std::vector<TokenId> ids;
        std::vector<std::size_t> ends;  // of each, in bytes of the passage
    };
    const Drawn* drawn(story::PassageId id);
    std::optional<Drawn> found(story::PassageId id) const;

    const store::Story& story_;
    const model::Generator& generator_;
    std::map<story::PassageId, std::optional<Drawn>> known_;
};

}  // namespace fabula::engine
