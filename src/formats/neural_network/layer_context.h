// A layer as the code that lowers it sees it: parameters, inputs as values, weights, and where its outputs
// go.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "formats/neural_network/layer.h"
#include "formats/neural_network/network.h"

namespace wf {

// The name of an operation as a template argument: many layers are one operation under another name.
template <size_t N>
struct OpName {
  char text[N];
  constexpr OpName(const char (&name)[N]) {  // NOLINT(google-explicit-constructor)
    for (size_t i = 0; i < N; ++i) text[i] = name[i];
  }
};

class LayerContext {
 public:
  LayerContext(Network& network, const Message& layer, const Message& params, int depth);

  Network& network() { return network_; }
  Builder& builder() { return network_.builder(); }
  const Message& params() const { return params_; }
  const Message& layer() const { return layer_; }
  const std::string& name() const { return name_; }
  int depth() const { return depth_; }

  size_t input_count() const { return inputs_.size(); }
  size_t output_count() const { return output_names_.size(); }
  const std::vector<std::string>& input_names() const { return input_names_; }
  const std::vector<std::string>& output_names() const { return output_names_; }
  // An error unless the layer has as many inputs and outputs as its type asks for.
  Status expect(size_t least_inputs, size_t most_inputs, size_t outputs = 1) const;

  // An operation named after the layer.
  ValueId op(std::string_view type, const Builder::ArgumentList& arguments);
  std::vector<ValueId> op_n(std::string_view type, const Builder::ArgumentList& arguments, size_t outputs);

  // The input with all its dimensions: [Seq, Batch, C, H, W] under the rank-5 mapping; a scalar as [1].
  ValueId input(size_t i = 0);
  int64_t rank(size_t i = 0) const;  // of input(i)
  bool is_scalar(size_t i = 0) const { return shape(inputs_[i].value).empty(); }
  // The input as it is held: an elementwise operation, or one on trailing (negative) axes, needs no more.
  ValueId held(size_t i = 0) const { return inputs_[i].value; }
  // The input as [N, C, H, W] for the layers of the first format: leading dimensions merged, missing ones 1.
  ValueId nchw(size_t i = 0);
  // The input as an int32 tensor; all blobs are float32. A constant stays one, so that shapes made from it
  // are known.
  ValueId ints(size_t i);
  // The same as a vector, whatever rank the file gives it.
  ValueId vector_of_ints(size_t i);
  ValueId to_int(ValueId value) { return op("cast", {{"x", value}, {"dtype", "int32"}}); }
  ValueId to_float(ValueId value) { return op("cast", {{"x", value}, {"dtype", "fp32"}}); }
  // The elements of an input that is a constant; nothing for one computed at run time.
  const Tensor* known_input(size_t i) { return builder().known_value(held(i)); }

  // Output i is this value, with all its dimensions.
  void set(ValueId value, size_t i = 0) { set_blob({value, 0}, i); }
  // The value stands for held(like), so it hides as many leading ones.
  void set_held(ValueId value, size_t like = 0, size_t i = 0) { set_blob({value, inputs_[like].hidden}, i); }
  // The value is held with as many dimensions as the blob of this rank hides.
  void set_held_of_rank(ValueId value, int64_t rank, size_t i = 0);
  // The value is [N, C, H, W]; the output gets back the leading dimensions of input `like`.
  void set_nchw(ValueId value, size_t like = 0, size_t i = 0);
  void set_blob(Blob blob, size_t i);
  const Blob& input_blob(size_t i) const { return inputs_[i]; }

  // A constant from WeightParams, which stays in the file where it can (weights.h).
  ValueId weights(const Message& weight_params, const Shape& shape, std::string_view what,
                  size_t channel_axis = 0);
  ValueId weights(uint32_t field, const Shape& shape, std::string_view what, size_t channel_axis = 0) {
    return weights(params_.message(field), shape, what, channel_axis);
  }

  // Weights that are rearranged before use; empty after an error.
  std::vector<float> floats(const Message& weight_params, const Shape& shape, std::string_view what);
  ValueId constant(const Shape& shape, const std::vector<float>& values, std::string_view what);

  double number(uint32_t field) const { return params_.f32(field); }
  ValueId vector_constant(const std::vector<int64_t>& values);  // int32

  // Sizes: a size from the file as an int64, or an error (kept by the builder) if it is zero or beyond 2^31.
  int64_t size(uint64_t value, std::string_view what);
  // A repeated field of `count` sizes; all `fallback` when absent.
  std::vector<int64_t> sizes(uint32_t field, size_t count, int64_t fallback, std::string_view what);

  // reshape to these sizes; kUnknownSize at most once, 0 keeps the size at that place counted from the right.
  ValueId reshape(ValueId x, const Shape& shape);
  ValueId expand(ValueId x, const std::vector<int64_t>& axes) {
    return op("expand_dims", {{"x", x}, {"axes", axes}});
  }
  ValueId squeeze(ValueId x, const std::vector<int64_t>& axes) {
    return op("squeeze", {{"x", x}, {"axes", axes}});
  }
  ValueId transpose(ValueId x, const std::vector<int64_t>& perm) {
    return op("transpose", {{"x", x}, {"perm", perm}});
  }
  // The sizes of x as an int32 vector.
  ValueId shape_of(ValueId x) { return op("shape", {{"x", x}}); }

  const Shape& shape(ValueId id) const { return network_.builder().shape(id); }
  // One size; kUnknownSize where it is unknown or there is no such axis. Negative axes count from the end.
  int64_t dim(ValueId value, int64_t axis) const;

  static Error bad(std::string message) { return {ErrorCode::kBadModel, std::move(message)}; }
  static Error unsupported(std::string message) { return {ErrorCode::kUnsupported, std::move(message)}; }

 private:
  ValueId int_constant(const Tensor& values, const Shape& shape);

  Network& network_;
  const Message& layer_;
  const Message& params_;
  std::string name_;
  int depth_;
  std::vector<std::string> input_names_, output_names_;
  std::vector<Blob> inputs_;
  friend class Network;
};

}  // namespace wf
