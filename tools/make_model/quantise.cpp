// SPDX-License-Identifier: 0BSD
#include "make_model/quantise.h"

#include <llama.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <mutex>
#include <string_view>
#include <vector>

namespace fabula::make_model {
namespace {

constexpr std::size_t most_buffered_bytes = 64U << 20U;  // of rows; llama.cpp's own is 8 GiB

/// Follows llama.cpp's log: one line opens each tensor, "[   3/  75] NAME - [...".
class Listener {
public:
    explicit Listener(const Quantising& wanted) : wanted_(wanted) {
        for (const MadeTensor& tensor : wanted.tensors) {
            sizes_[tensor.name] = tensor.n_columns * tensor.n_rows;
            total_ += tensor.n_columns * tensor.n_rows;
        }
        llama_log_get(&other_, &other_data_);
        llama_log_set(hear, this);
    }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    ~Listener() { llama_log_set(other_, other_data_); }

    const std::string& complaint() const { return complaint_; }

private:
    static void hear(ggml_log_level level, const char* text, void* listener) {
        static_cast<Listener*>(listener)->take(level, text);
    }

    void take(ggml_log_level level, std::string_view line) {
        if (level == GGML_LOG_LEVEL_ERROR && complaint_.empty()) {
            complaint_ = line.substr(0, line.find('\n'));
            const std::size_t reason = complaint_.rfind(": ");
            if (reason != std::string::npos) complaint_.erase(0, reason + 2);
        }
        const std::size_t name = line.find("] ");
        if (!wanted_.on_progress || !line.starts_with('[') || name == std::string_view::npos)
            return;
        line = line.substr(name + 2);
        done_ += opened_;  // the tensor before this one is finished
        const auto found = sizes_.find(std::string(line.substr(0, line.find(' '))));
        opened_ = found == sizes_.end() ? 0 : found->second;
        wanted_.on_progress(static_cast<float>(done_) / static_cast<float>(total_));
    }

    const Quantising& wanted_;
    std::map<std::string, std::uint64_t> sizes_;
    std::uint64_t total_ = 0;
    std::uint64_t done_ = 0;
    std::uint64_t opened_ = 0;
    std::string complaint_;
    ggml_log_callback other_ = nullptr;
    void* other_data_ = nullptr;
};

/// An importance of one for each column of each matrix.
class EqualImportance {
public:
    explicit EqualImportance(std::span<const MadeTensor> tensors) {
        std::uint64_t widest = 0;
        for (const MadeTensor& tensor : tensors)
            widest = std::max(widest, tensor.n_columns);
        ones_.assign(widest, 1.0F);
        for (const MadeTensor& tensor : tensors) {
            if (!tensor.keeps_f32)
                entries_.push_back({tensor.name.c_str(), ones_.data(), tensor.n_columns});
        }
        entries_.push_back({nullptr, nullptr, 0});
    }
    const llama_model_imatrix_data* entries() const { return entries_.data(); }

private:
    std::vector<float> ones_;
    std::vector<llama_model_imatrix_data> entries_;
};

}  // namespace

Result<Unit> quantise(const Quantising& wanted) {
    static std::once_flag once;
    std::call_once(once, llama_backend_init);  // fills the tables of half numbers
    const EqualImportance importance(wanted.tensors);
    const bool wants_importance = std::string_view(wanted.type.name).starts_with("iq");
    llama_model_quantize_params params = llama_model_quantize_default_params();
    params.nthread = wanted.n_threads;
    params.ftype = static_cast<llama_ftype>(wanted.type.file_type);
    params.pure = wanted.type.mixture == Mixture::pure;
    params.imatrix = wants_importance ? importance.entries() : nullptr;
    params.max_buf_size = most_buffered_bytes;
    const Listener listener(wanted);
    if (llama_model_quantize(wanted.from.c_str(), wanted.to.c_str(), &params) == 0) return Unit{};
    if (listener.complaint().find("iostream") != std::string::npos)
        return Error{ErrorCode::exhausted, "it cannot be written (a full disk?)"};
    return Error{ErrorCode::unavailable, "llama.cpp does not quantise it: " + listener.complaint()};
}

}  // namespace fabula::make_model
