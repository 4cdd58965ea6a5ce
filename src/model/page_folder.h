// SPDX-License-Identifier: 0BSD
// Pages of a model's cache on disk: a file each, named by its key, in a folder for each model and
// arithmetic. What is there was computed once, by this process or another; what is damaged is
// removed and computed again. Nothing here is worth an error: a page that cannot be written or read
// costs time and no more, and the figures say so.
//
// Threads: one thread at a time uses a PageFolder; several processes may use one folder.
#pragma once

#include "base/result.h"
#include "model/page_file.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fabula::model {

/// What a folder did for one process.
struct PageFigures {
    std::uint64_t n_read = 0;     // pages
    std::uint64_t n_written = 0;  // pages
    std::uint64_t n_damaged = 0;  // files that were not what they are called, and removed
    std::uint64_t n_refused = 0;  // pages that could not be written
    std::string problem;          // why, of the first; "" where all went well
};

class PageFolder {
public:
    struct Options {
        std::string root;  // of all models; made, for this user alone, when first needed
        std::uint64_t most_bytes = 0;  // that all files in it may take; the oldest go
        std::string model_name;        // for people, who see it in `fabula cache show`
        /// All that the numbers depend on beside the tokens: a hash of the model, the arithmetic,
        /// the shape of a page.
        std::string identity;
    };
    explicit PageFolder(Options options);

    /// The key before the first page.
    const PageKey& first_key() const { return first_key_; }

    /// Fills `numbers` where the page is there, whole and sound; else leaves them as they are.
    bool read(const PageKey& key, std::span<const TokenId> tokens, std::span<std::byte> numbers);

    /// Whether the page is there afterwards. It appears under its name whole or not at all; a
    /// machine that loses power may leave a damaged file, which its hash tells.
    bool write(const PageKey& key, std::span<const TokenId> tokens,
               std::span<const std::byte> numbers);

    const PageFigures& figures() const { return figures_; }

private:
    std::string path_of(const PageKey& key) const;
    bool prepare();
    bool make_room(std::uint64_t size_bytes);
    bool refuse(const std::string& why);

    Options options_;
    PageKey first_key_;
    std::string folder_;
    std::vector<std::byte> buffer_;
    bool is_prepared_ = false;
    std::uint64_t used_bytes_ = 0;  // by all files below the root, as far as this process knows
    PageFigures figures_;
};

/// One model's share of a root.
struct PageFolderUse {
    std::string model_name;  // "" where nobody wrote it down
    std::string folder;
    std::uint64_t n_pages = 0;
    std::uint64_t size_bytes = 0;
};

/// What is below `root`, largest first; nothing where it is not there.
std::vector<PageFolderUse> page_folders_in(const std::string& root);

/// Removes all pages below `root`, or those of one model alone; what was removed. Files that are
/// not ours stay. Errors: unavailable (something could not be removed).
Result<PageFolderUse> clear_page_folders(const std::string& root,
                                         const std::string& model_name = {});

}  // namespace fabula::model
