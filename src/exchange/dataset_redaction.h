// SPDX-License-Identifier: 0BSD
// Names that must not be published, taken out of texts. A plain value.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fabula::exchange {

/// A name is replaced by [NAME1], [NAME2], ... (its place in the list) wherever it stands as a
/// word, in any case, also before an apostrophe ("Ada's" becomes "[NAME1]'s"): what sample::Phrases
/// takes for a phrase. Composed and decomposed letters count as different ones.
///
/// Texts are cut between tokens, so a name may begin in one and end in the next: a text is read
/// behind what stands before it, and where it ends with two or more letters that begin a name, they
/// are taken for it.
class Redaction {
public:
    Redaction() = default;

    /// White space at the ends of a name is no part of it; empty names and repetitions are left
    /// out. Errors: invalid_input for one that is not UTF-8, holds no letter or digit, or is longer
    /// than 200 bytes, and for more than 10,000.
    static Result<Redaction> of(const std::vector<std::string>& names);

    std::size_t size() const { return names_.size(); }

    /// `text`, which stands behind `before`, without the names. A name that begins in `before`
    /// leaves nothing in `text`: its [NAME] stands where it begins.
    std::string redacted(std::string_view text, std::string_view before = {}) const;

    /// Where `text` holds a name anywhere, in the middle of a word too, the mark of that name
    /// alone; else `text`. For patterns, of which no part may stay.
    std::string redacted_whole(const std::string& text) const;

private:
    struct Name {
        std::string text;
        std::string folded;
        std::string first_word;  // folded
        std::string mark;
    };
    std::vector<Name> names_;
};

}  // namespace fabula::exchange
