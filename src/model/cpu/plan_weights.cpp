// SPDX-License-Identifier: 0BSD
#include "model/cpu/tiles.h"
#include "model/cpu/weights.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <utility>

namespace fabula::model::cpu {
namespace {

constexpr std::uint64_t most_of_anything = std::uint64_t{1} << 28U;  // no model has more

std::string readable(const std::vector<std::uint64_t>& shape) {
    std::string text;
    for (const std::uint64_t extent : shape)
        text += (text.empty() ? "" : " x ") + std::to_string(extent);
    return text;
}

// Takes tensors from the file by name, holds their shapes against what is expected, and keeps the
// first fault; what is asked after it does not matter.
class Taker {
public:
    explicit Taker(const GgufFile& file) : file_(file), is_taken_(file.tensors.size()) {
        for (std::size_t i = 0; i < file.tensors.size(); ++i)
            numbers_.emplace(file.tensors[i].name, i);
    }

    const std::optional<Error>& fault() const { return fault_; }
    bool has(const std::string& name) const { return numbers_.contains(name); }

    std::uint64_t number(const std::string& key, std::optional<std::uint64_t> otherwise = {}) {
        const std::uint64_t value = file_.number(key, otherwise.value_or(0));
        if (file_.array(key) != nullptr) {
            refuse("key '" + key + "' is another in each layer");
        } else if (value > most_of_anything || (value == 0 && !otherwise)) {
            corrupt("key '" + key + "' is " + std::to_string(value));
        }
        return fault_ ? 0 : value;
    }

    float real(const std::string& key, std::optional<float> otherwise = {}) {
        const auto found = file_.metadata.find(key);
        const auto* const value =
            found == file_.metadata.end() ? nullptr : std::get_if<double>(&found->second);
        if (value != nullptr && std::fabs(*value) <= std::numeric_limits<float>::max())
            return static_cast<float>(*value);
        if (value != nullptr || !otherwise) corrupt("key '" + key + "' is missing or no number");
        return otherwise.value_or(0.0F);
    }

    Matrix matrix(const std::string& name, std::size_t n_in, std::size_t n_out) {
        Matrix matrix;
        const auto tensor = take(name, {n_in, n_out});
        if (!tensor) return matrix;
        matrix.tensor = *tensor;
        matrix.n_in = n_in;
        matrix.n_out = n_out;
        const GgufTensor& found = file_.tensors[*tensor];
        const auto format = format_of_type(found.type);
        matrix.is_requantised = !format;
        matrix.format = format.value_or(n_in % block_columns == 0 ? Format::q8_0 : Format::f32);
        matrix.tile_bytes = tile_bytes_of(matrix.format, n_in);
        return matrix;
    }

    Vector vector(const std::string& name, std::size_t n) {
        Vector vector;
        const auto tensor = take(name, {n});
        if (!tensor) return vector;
        vector.tensor = *tensor;
        vector.numbers.resize(n);
        return vector;
    }
    Vector vector_if_there(const std::string& name, std::size_t n) {
        return has(name) ? vector(name, n) : Vector{};
    }

    Linear linear(const std::string& name, std::size_t n_in, std::size_t n_out) {
        return {matrix(name + ".weight", n_in, n_out), vector_if_there(name + ".bias", n_out)};
    }
    Norm norm(const std::string& name, std::size_t n, bool has_bias) {
        Norm norm;
        norm.gain = vector(name + ".weight", n);
        if (has_bias) norm.bias = vector(name + ".bias", n);
        return norm;
    }

    void check_all_taken() {
        for (std::size_t i = 0; i < is_taken_.size(); ++i) {
            if (!is_taken_[i]) refuse("it has a tensor '" + file_.tensors[i].name + "'");
        }
    }

    void refuse(const std::string& why) { keep({ErrorCode::invalid_input, why}); }
    void corrupt(const std::string& why) { keep({ErrorCode::corrupt, why}); }

private:
    void keep(Error error) {
        if (!fault_) fault_ = std::move(error);
    }

    std::optional<std::size_t> take(const std::string& name,
                                    const std::vector<std::uint64_t>& shape) {
        if (fault_) return std::nullopt;
        const auto found = numbers_.find(name);
        if (found == numbers_.end()) {
            corrupt("tensor '" + name + "' is missing");
            return std::nullopt;
        }
        const GgufTensor& tensor = file_.tensors[found->second];
        auto own = tensor.shape;
        while (own.size() > shape.size() && own.back() == 1)
            own.pop_back();
        if (own != shape) {
            corrupt("tensor '" + name + "' is " + readable(tensor.shape) + ", expected " +
                    readable(shape));
            return std::nullopt;
        }
        if (tensor.size_bytes == 0) {
            refuse("tensor '" + name + "' is of " + tensor.type);
            return std::nullopt;
        }
        is_taken_[found->second] = true;
        return found->second;
    }

    const GgufFile& file_;
    std::map<std::string, std::size_t> numbers_;
    std::vector<bool> is_taken_;
    std::optional<Error> fault_;
};

std::optional<Family> family_of(const std::string& architecture) {
    if (architecture == "bloom") return Family::bloom;
    if (architecture == "gpt2") return Family::gpt2;
    if (architecture == "llama") return Family::llama;
    return std::nullopt;
}

// What some models of a known architecture have and the decoder has not.
void check_settings(const GgufFile& file, const std::string& prefix, Taker& taker) {
    if (file.number(prefix + "expert_count") > 0) taker.refuse("it has experts");
    if (file.number(prefix + "attention.sliding_window") > 0)
        taker.refuse("its attention has a sliding window");
    const std::string scaling = file.text(prefix + "rope.scaling.type", "none");
    if (scaling != "none" && scaling != "linear") taker.refuse("its RoPE is scaled by " + scaling);
    if (file.number(prefix + "attention.key_length") !=
        file.number(prefix + "attention.value_length"))
        taker.refuse("its keys and values have different lengths");
}

void read_rope(const GgufFile& file, const std::string& prefix, Taker& taker, Shape& shape) {
    shape.rope_dims = taker.number(prefix + "rope.dimension_count", shape.head_dim);
    shape.rope_base = taker.real(prefix + "rope.freq_base", 10000.0F);
    if (file.text(prefix + "rope.scaling.type", "none") == "linear")
        shape.rope_scale = taker.real(prefix + "rope.scaling.factor", 1.0F);
    if (shape.rope_dims % 2 != 0 || shape.rope_dims > shape.head_dim)
        taker.corrupt("RoPE over " + std::to_string(shape.rope_dims) + " of " +
                      std::to_string(shape.head_dim) + " numbers of a head");
    if (!(shape.rope_base > 0) || !(shape.rope_scale > 0))
        taker.corrupt("RoPE with a base or a scale that is not positive");
}

Shape read_shape(const GgufFile& file, Family family, Taker& taker) {
    const std::string prefix = file.text("general.architecture") + ".";
    check_settings(file, prefix, taker);
    Shape shape;
    shape.family = family;
    shape.n_layer = taker.number(prefix + "block_count");
    shape.n_embd = taker.number(prefix + "embedding_length");
    shape.n_head = taker.number(prefix + "attention.head_count");
    shape.n_head_kv = taker.number(prefix + "attention.head_count_kv", shape.n_head);
    shape.n_ff = taker.number(prefix + "feed_forward_length");
    shape.window_tokens = taker.number(prefix + "context_length");
    if (taker.fault()) return shape;
    shape.head_dim = taker.number(prefix + "attention.key_length", shape.n_embd / shape.n_head);
    if (shape.head_dim == 0 || shape.n_head_kv == 0 || shape.n_head % shape.n_head_kv != 0 ||
        shape.n_head > 65536 || shape.head_dim > 65536) {
        taker.corrupt(std::to_string(shape.n_head) + " heads of " + std::to_string(shape.head_dim) +
                      " over " + std::to_string(shape.n_head_kv) + " heads of keys");
        return shape;
    }
    if (family != Family::llama && shape.n_head_kv != shape.n_head)
        taker.refuse("several of its heads share keys");
    const std::string norm = family == Family::llama ? "attention.layer_norm_rms_epsilon"
                                                     : "attention.layer_norm_epsilon";
    shape.epsilon = taker.real(prefix + norm);
    if (!(shape.epsilon >= 0)) taker.corrupt("an epsilon below zero");
    if (family == Family::llama) read_rope(file, prefix, taker, shape);
    const GgufTensor* const words = file.tensor("token_embd.weight");
    if (words == nullptr || words->shape.size() < 2) {
        taker.corrupt("tensor 'token_embd.weight' is missing or no matrix");
        return shape;
    }
    shape.n_vocab = words->shape[1];
    if (shape.n_vocab > most_of_anything) taker.corrupt("more words than any model has");
    return shape;
}

Layer take_layer(Taker& taker, const Shape& shape, std::size_t index) {
    const std::string prefix = "blk." + std::to_string(index) + ".";
    const bool has_bias = shape.family != Family::llama;
    Layer layer;
    layer.attn_norm = taker.norm(prefix + "attn_norm", shape.n_embd, has_bias);
    if (shape.family == Family::llama) {
        layer.qkv.push_back(taker.linear(prefix + "attn_q", shape.n_embd, shape.q_width()));
        layer.qkv.push_back(taker.linear(prefix + "attn_k", shape.n_embd, shape.kv_width()));
        layer.qkv.push_back(taker.linear(prefix + "attn_v", shape.n_embd, shape.kv_width()));
    } else {
        layer.qkv.push_back(taker.linear(prefix + "attn_qkv", shape.n_embd,
                                         shape.q_width() + 2 * shape.kv_width()));
    }
    layer.attn_output = taker.linear(prefix + "attn_output", shape.q_width(), shape.n_embd);
    layer.ffn_norm = taker.norm(prefix + "ffn_norm", shape.n_embd, has_bias);
    if (shape.family == Family::llama)
        layer.up.push_back(taker.linear(prefix + "ffn_gate", shape.n_embd, shape.n_ff));
    layer.up.push_back(taker.linear(prefix + "ffn_up", shape.n_embd, shape.n_ff));
    layer.down = taker.linear(prefix + "ffn_down", shape.n_ff, shape.n_embd);
    return layer;
}

void take_rest(Taker& taker, Weights& weights) {
    const Shape& shape = weights.shape;
    weights.token_embd = taker.matrix("token_embd.weight", shape.n_embd, shape.n_vocab);
    if (shape.family == Family::bloom)
        weights.embd_norm = taker.norm("token_embd_norm", shape.n_embd, true);
    if (shape.family == Family::gpt2) {
        weights.position_embd =
            taker.matrix("position_embd.weight", shape.n_embd, shape.window_tokens);
    }
    weights.output_norm = taker.norm("output_norm", shape.n_embd, shape.family != Family::llama);
    weights.is_tied = !taker.has("output.weight");
    weights.output = weights.is_tied ? weights.token_embd
                                     : taker.matrix("output.weight", shape.n_embd, shape.n_vocab);
    if (shape.family == Family::llama)
        weights.rope_factors = taker.vector_if_there("rope_freqs.weight", shape.rope_dims / 2);
}

}  // namespace

Result<Weights> plan_weights(const GgufFile& file) {
    const std::string architecture = file.text("general.architecture");
    const auto family = family_of(architecture);
    if (!family) {
        return Error{ErrorCode::invalid_input,
                     "architecture '" + architecture + "' is not one of bloom, gpt2, llama"};
    }
    Taker taker(file);
    Weights weights;
    weights.shape = read_shape(file, *family, taker);
    if (weights.shape.n_layer > file.tensors.size())
        taker.corrupt(std::to_string(weights.shape.n_layer) + " layers, but only " +
                      std::to_string(file.tensors.size()) + " tensors");
    if (taker.fault()) return *taker.fault();
    for (std::size_t i = 0; i < weights.shape.n_layer && !taker.fault(); ++i)
        weights.layers.push_back(take_layer(taker, weights.shape, i));
    take_rest(taker, weights);
    taker.check_all_taken();
    if (taker.fault()) return *taker.fault();
    return weights;
}

}  // namespace fabula::model::cpu
