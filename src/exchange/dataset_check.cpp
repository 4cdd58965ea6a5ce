// SPDX-License-Identifier: 0BSD
#include "exchange/dataset_check.h"

#include "exchange/dataset_files.h"
#include "exchange/dataset_json.h"
#include "model/sha256.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

namespace fabula::exchange {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_faults = 100;
constexpr std::size_t most_small_bytes = std::size_t{1} << 20;

/// A file line by line, with the number of the line. Lines beyond the reader's bounds are refused
/// there.
class Lines {
public:
    Lines(const std::string& folder, std::string name)
        : name_(std::move(name)), file_(folder + "/" + name_, std::ios::binary) {}

    std::optional<std::string> next() {
        std::string line;
        if (!std::getline(file_, line)) return {};
        ++number_;
        return line;
    }

    std::string place() const { return name_ + ":" + std::to_string(number_); }
    std::size_t number() const { return number_; }

private:
    std::string name_;
    std::ifstream file_;
    std::size_t number_ = 0;
};

class Checker {
public:
    Checker(std::string folder, const CheckOptions& options, const std::stop_token& stop)
        : folder_(std::move(folder)), options_(options), stop_(stop) {}

    Result<CheckReport> report() {
        check_manifest();
        check_files();
        if (!check_hashes()) return stopped();
        for (std::size_t split = 0; split < n_splits; ++split) {
            if (!check_split(split)) return stopped();
        }
        check_counts();
        return std::move(report_);
    }

private:
    static Error stopped() { return {ErrorCode::unavailable, "stopped: not all was checked"}; }

    void note(const std::string& place, const std::string& what) {
        ++report_.n_faults;
        if (report_.faults.size() < most_faults) report_.faults.push_back({place, what});
    }

    void check_manifest() {
        const auto bytes = bytes_of_file(folder_ + "/" + manifest_name, most_small_bytes);
        if (!bytes) return note(manifest_name, bytes.error().message);
        const auto manifest = manifest_from_json(*bytes);
        if (!manifest) return note(manifest_name, manifest.error().message);
        report_.manifest = *manifest;
        is_known_ = true;
    }

    void check_files() {
        std::error_code failed;
        for (const auto& name : dataset_files()) {
            const auto size = fs::file_size(folder_ + "/" + name, failed);
            if (failed)
                note(name, failed.message());
            else
                all_bytes_ += 2 * static_cast<double>(size);
        }
        const auto schema = bytes_of_file(folder_ + "/schema.json", most_small_bytes);
        if (schema && *schema != dataset_schema())
            note("schema.json", "is another than that of this version of the format");
    }

    bool check_hashes() {
        const auto text = bytes_of_file(folder_ + "/" + checksums_name, most_small_bytes);
        if (!text) {
            note(checksums_name, text.error().message);
            return true;
        }
        auto hashes = read_checksums(*text);
        if (!hashes) {
            note(checksums_name, hashes.error().message);
            return true;
        }
        for (const auto& name : dataset_files()) {
            if (stop_.stop_requested()) return false;
            const auto listed = hashes->find(name);
            const auto hash = model::sha256_of_file(folder_ + "/" + name);
            if (listed == hashes->end())
                note(checksums_name, "'" + name + "' is not listed");
            else if (hash && *hash != listed->second)
                note(name, "has another checksum than " + std::string(checksums_name) + " says");
            if (listed != hashes->end()) hashes->erase(listed);
            advance_file(name);
        }
        for (const auto& [name, hash] : *hashes)
            note(checksums_name, "'" + name + "' is no file of a data set");
        return true;
    }

    void advance_file(const std::string& name) {
        std::error_code failed;
        const auto size = fs::file_size(folder_ + "/" + name, failed);
        if (!failed) advance(static_cast<double>(size));
    }

    void advance(double bytes) {
        done_bytes_ += bytes;
        if (options_.on_progress) options_.on_progress(done_bytes_, all_bytes_);
    }

    bool check_split(std::size_t split) {
        Lines offers(folder_, offers_file(split));
        Lines pairs(folder_, pairs_file(split));
        while (const auto line = offers.next()) {
            if (stop_.stop_requested()) return false;
            advance(static_cast<double>(line->size() + 1));
            ++found_[split].offers;
            const auto offer = offer_line_from_json(*line);
            if (offer)
                check_offer(*offer, split, offers.place(), pairs);
            else
                note(offers.place(), offer.error().message);
            are_pairs_in_step_ = are_pairs_in_step_ && offer.has_value();
        }
        while (const auto line = pairs.next()) {
            if (stop_.stop_requested()) return false;
            check_pair(*line, split, pairs.place());
            if (are_pairs_in_step_) note(pairs.place(), "follows from no offer");
        }
        are_pairs_in_step_ = true;
        report_.n_offers += found_[split].offers;
        report_.n_pairs += found_[split].pairs;
        return true;
    }

    void check_offer(const OfferLine& offer, std::size_t split, const std::string& place,
                     Lines& pairs) {
        const auto [found, is_new] = stories_.emplace(offer.story, split);
        if (is_new) ++found_[split].stories;
        if (found->second != split)
            note(place, "story '" + offer.story + "' is in the split '" +
                            split_names[found->second] + "', too");
        if (!ids_.insert(offer.id).second) note(place, "offer '" + offer.id + "' comes twice");
        if (is_known_ && offer.prompt.has_value() != report_.manifest.has_prompts)
            note(place, report_.manifest.has_prompts ? "has no prompt" : "has a prompt");
        report_tokens(offer);
        if (!is_known_ || !are_pairs_in_step_) return;
        for (const auto& expected : pairs_of(offer, report_.manifest.chooser)) {
            const auto line = pairs.next();
            if (!line) {
                note(place, "pair '" + expected.id + "' is missing");
                are_pairs_in_step_ = false;
                return;
            }
            const auto pair = check_pair(*line, split, pairs.place());
            if (pair && *pair == expected) continue;
            // Whatever follows would be out of step: one fault tells it.
            if (pair) note(pairs.place(), "is not pair '" + expected.id + "' of " + place);
            are_pairs_in_step_ = false;
            return;
        }
    }

    std::optional<PairLine> check_pair(const std::string& line, std::size_t split,
                                       const std::string& place) {
        advance(static_cast<double>(line.size() + 1));
        ++found_[split].pairs;
        auto pair = pair_line_from_json(line);
        if (pair) return *std::move(pair);
        note(place, pair.error().message);
        return {};
    }

    void report_tokens(const OfferLine& offer) {
        for (const auto& candidate : offer.candidates) {
            ++n_candidates_;
            n_tokens_ += candidate.n_tokens;
        }
        if (offer.decision && counts(report_.manifest.chooser, offer.decision->chooser))
            ++n_choices_;
    }

    void check_counts() {
        if (!is_known_) return;
        const Manifest& manifest = report_.manifest;
        for (std::size_t i = 0; i < n_splits; ++i) {
            if (!(manifest.splits[i] == found_[i]))
                note(manifest_name, std::string("counts of the split '") + split_names[i] +
                                        "' are others than those of its lines");
        }
        if (report_.n_faults > 0) return;  // lines that could not be read were not counted
        if (manifest.n_candidates != n_candidates_ || manifest.n_tokens != n_tokens_ ||
            manifest.n_choices != n_choices_)
            note(manifest_name, "counts of candidates, tokens or choices are others than found");
    }

    std::string folder_;
    const CheckOptions& options_;
    const std::stop_token& stop_;
    CheckReport report_;
    bool is_known_ = false;                       // the manifest is one
    bool are_pairs_in_step_ = true;               // the next pair is that of the next offer
    std::map<std::string, std::size_t> stories_;  // their split
    std::set<std::string> ids_;
    std::array<SplitCounts, n_splits> found_{};
    std::size_t n_candidates_ = 0;
    std::size_t n_tokens_ = 0;
    std::size_t n_choices_ = 0;
    double done_bytes_ = 0;
    double all_bytes_ = 0;
};

}  // namespace

Result<CheckReport> check_dataset(const std::string& folder, const CheckOptions& options,
                                  const std::stop_token& stop) {
    std::error_code failed;
    const auto status = fs::status(folder, failed);
    if (!fs::exists(status))
        return Error{ErrorCode::not_found, "folder '" + folder + "': not there"};
    if (!fs::is_directory(status))
        return Error{ErrorCode::invalid_input, "'" + folder + "' is no folder"};
    return Checker(folder, options, stop).report();
}

}  // namespace fabula::exchange
