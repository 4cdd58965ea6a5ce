// SPDX-License-Identifier: 0BSD
#include "exchange/dataset_publish.h"

#include "base/utf8.h"
#include "exchange/dataset_card.h"
#include "exchange/dataset_files.h"
#include "exchange/dataset_json.h"
#include "exchange/dataset_statistics.h"
#include "model/part_file.h"

#include <sys/stat.h>

#include <cerrno>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

namespace fabula::exchange {
namespace {

constexpr std::size_t buffer_bytes = std::size_t{1} << 18;

/// A file of lines, written in large pieces.
class LineFile {
public:
    explicit LineFile(model::PartFile file) : file_(std::move(file)) {}

    Result<Unit> add(std::string_view line) {
        buffer_ += line;
        buffer_ += '\n';
        return buffer_.size() < buffer_bytes ? Result<Unit>(Unit{}) : flush();
    }

    Result<Unit> finish() {
        if (const auto flushed = flush(); !flushed) return flushed;
        return file_.commit();
    }

private:
    Result<Unit> flush() {
        const auto written = file_.write(std::as_bytes(std::span(buffer_.data(), buffer_.size())));
        buffer_.clear();
        return written;
    }

    model::PartFile file_;
    std::string buffer_;
};

Result<Unit> write_whole(const std::string& path, const std::string& bytes) {
    auto file = model::PartFile::create(path);
    if (!file) return file.error();
    const auto written = file->write(std::as_bytes(std::span(bytes.data(), bytes.size())));
    return written ? file->commit() : written;
}

bool is_identifier(const std::string& text) {
    constexpr std::string_view letters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-+";
    return !text.empty() && text.size() <= 64 &&
           text.find_first_not_of(letters) == std::string::npos;
}

Result<Unit> check_words(const PublishOptions& options) {
    if (!is_identifier(options.license))
        return Error{ErrorCode::invalid_input,
                     "licence '" + options.license + "': give its identifier, such as cc-by-4.0"};
    for (const auto& language : options.languages) {
        if (!is_identifier(language))
            return Error{ErrorCode::invalid_input,
                         "language '" + language + "': give its code, such as en"};
    }
    if (options.title.empty() || options.title.size() > 1000 || !is_utf8(options.title) ||
        options.title.find_first_of(std::string_view("\0\n\r", 3)) != std::string::npos)
        return Error{ErrorCode::invalid_input, "title: one line of UTF-8, at most 1000 bytes"};
    return Unit{};
}

/// The six files of lines, and what is counted on the way.
class Writer {
public:
    static Result<Writer> create(const std::string& folder, const PublishOptions& options) {
        Writer writer(options);
        for (const char* const name : {"data", "pairs"}) {
            const std::string path = folder + "/" + name;
            if (::mkdir(path.c_str(), 0777) != 0)
                return Error{errno == ENOSPC ? ErrorCode::exhausted : ErrorCode::unavailable,
                             "folder '" + path + "': " + std::generic_category().message(errno)};
        }
        for (std::size_t i = 0; i < n_splits; ++i) {
            for (const bool is_offers : {true, false}) {
                auto file = model::PartFile::create(folder + "/" +
                                                    (is_offers ? offers_file(i) : pairs_file(i)));
                if (!file) return file.error();
                (is_offers ? writer.offers_ : writer.pairs_).emplace_back(*std::move(file));
            }
        }
        return writer;
    }

    Result<Unit> add(const store::Story& story) {
        const auto lines = maker_.lines_of(story);
        if (lines.empty()) return Unit{};
        const std::size_t split = split_of(identity_of(story.record), manifest_.split);
        ++manifest_.splits[split].stories;
        for (const auto& line : lines) {
            if (const auto added = add(line, split); !added) return added;
        }
        return Unit{};
    }

    Result<Unit> finish() {
        for (auto* files : {&offers_, &pairs_}) {
            for (auto& file : *files) {
                if (const auto finished = file.finish(); !finished) return finished;
            }
        }
        manifest_.n_users = maker_.n_users();
        manifest_.n_candidates = statistics_.candidates;
        manifest_.n_tokens = statistics_.tokens;
        return Unit{};
    }

    const Manifest& manifest() const { return manifest_; }
    const Statistics& statistics() const { return statistics_; }

private:
    explicit Writer(const PublishOptions& options) : maker_(options.rules) {
        manifest_.title = options.title;
        manifest_.license = options.license;
        manifest_.languages = options.languages;
        manifest_.only = options.rules.only.described();
        manifest_.chooser = options.rules.chooser;
        manifest_.has_prompts = options.rules.prompts == Prompts::kept;
        manifest_.n_redacted_names = options.rules.redaction.size();
        manifest_.split = options.split;
    }

    Result<Unit> add(const OfferLine& line, std::size_t split) {
        if (const auto added = offers_[split].add(to_json(line)); !added) return added;
        ++manifest_.splits[split].offers;
        if (line.decision && counts(manifest_.chooser, line.decision->chooser))
            ++manifest_.n_choices;
        statistics_.add(line);
        for (const auto& pair : pairs_of(line, manifest_.chooser)) {
            if (const auto added = pairs_[split].add(to_json(pair)); !added) return added;
            ++manifest_.splits[split].pairs;
            statistics_.add(pair);
        }
        return Unit{};
    }

    LineMaker maker_;
    std::vector<LineFile> offers_;  // by split
    std::vector<LineFile> pairs_;
    Manifest manifest_;
    Statistics statistics_;
};

Result<Unit> write_stories(store::Store& store, const PublishOptions& options, Writer& writer,
                           const std::stop_token& stop) {
    const auto stories = store.list();
    if (!stories) return stories.error();
    std::size_t done = 0;
    for (const auto& summary : *stories) {
        if (stop.stop_requested())
            return Error{ErrorCode::unavailable, "stopped: nothing was published"};
        if (options.rules.only.takes_story(summary.record.id)) {
            const auto story = store.load(summary.record.id);
            // One that was deleted meanwhile is not published.
            if (!story && story.error().code != ErrorCode::not_found) return story.error();
            if (story) {
                if (const auto added = writer.add(*story); !added) return added;
            }
        }
        if (options.on_progress) options.on_progress(++done, stories->size());
    }
    if (const auto finished = writer.finish(); !finished) return finished;
    if (writer.manifest().total().offers > 0) return Unit{};
    return Error{ErrorCode::not_found,
                 options.rules.only.described().empty()
                     ? "no offer is kept in the database: there is nothing to publish"
                     : "no offer is as --only wants it: there is nothing to publish"};
}

Result<Unit> write_papers(const std::string& folder, const Writer& writer) {
    const std::pair<const char*, std::string> papers[] = {
        {"README.md", dataset_card(writer.manifest(), writer.statistics())},
        {"schema.json", dataset_schema()},
        {manifest_name, to_json(writer.manifest())}};
    for (const auto& [name, text] : papers) {
        if (const auto written = write_whole(folder + "/" + name, text); !written) return written;
    }
    const auto checksums = checksums_of(folder);
    if (!checksums) return checksums.error();
    return write_whole(folder + "/" + checksums_name, *checksums);
}

}  // namespace

Result<Manifest> publish(store::Store& store, const PublishOptions& options,
                         const std::stop_token& stop) {
    if (const auto good = check_words(options); !good) return good.error();
    auto part = PartFolder::create(options.folder, options.existing);
    if (!part) return part.error();
    auto writer = Writer::create(part->path(), options);
    if (!writer) return writer.error();
    if (const auto written = write_stories(store, options, *writer, stop); !written)
        return written.error();
    if (const auto written = write_papers(part->path(), *writer); !written) return written.error();
    if (stop.stop_requested())
        return Error{ErrorCode::unavailable, "stopped: nothing was published"};
    if (const auto committed = part->commit(); !committed) return committed.error();
    return writer->manifest();
}

}  // namespace fabula::exchange
