// A layer of an espresso network as the code that lowers it sees it. Errors are kept by the builder
// (ops/builder.h), so that lowering code reads straight through.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "formats/espresso/net.h"
#include "formats/espresso/weights.h"
#include "ops/builder.h"

namespace wf {

// What the network's blobs are while it is lowered: fp32 values of shape [n, k, h, w], or [seq, n, k, h, w]
// where seq > 1.
struct EspressoState {
  const EspressoNet& net;
  const EspressoWeights& weights;
  Builder builder;
  std::map<std::string, ValueId, std::less<>> blobs;
  std::vector<std::string> notes;
};

Shape espresso_sizes(const EspressoShape& shape);

class EspressoLayerContext {
 public:
  EspressoLayerContext(EspressoState& state, const EspressoLayer& layer);

  Builder& builder() { return state_.builder; }
  const EspressoLayer& layer() const { return layer_; }
  void note(std::string text);

  // Parameters. One that no call asked for and that is not zero stops the lowering: what it means is not
  // known.
  int64_t integer(std::string_view key, int64_t fallback);
  int64_t size(std::string_view key,
               int64_t fallback = 0);  // at least 1, below 2^31; no fallback: must be there
  double number(std::string_view key, double fallback);
  bool flag(std::string_view key) { return number(key, 0) != 0; }
  bool has(std::string_view key) const { return layer_.attributes.contains(std::string(key)); }

  size_t bottom_count() const { return layer_.bottoms.size(); }
  void expect_bottoms(size_t least, size_t most);
  ValueId bottom(size_t i = 0);  // [n, k, h, w] or [seq, n, k, h, w]
  ValueId nchw(size_t i = 0);    // [n, k, h, w]; a sequence is refused
  Shape sizes(ValueId id) { return builder().rank(id) == 4 ? builder().shape(id) : Shape{0, 0, 0, 0}; }
  // What model.espresso.shape says about the layer's top, if anything.
  const EspressoShape* declared_top() const;

  ValueId op(std::string_view type, const Builder::ArgumentList& arguments);
  ValueId reshape(ValueId x, const Shape& shape) { return op("reshape", {{"x", x}, {"shape", shape}}); }

  // The blob that the parameter `key` or `key`_f16 numbers, as fp32.
  Tensor blob(std::string_view key, const Shape& shape);
  // relu and tanh that other layers were merged with.
  ValueId activated(ValueId x, std::string_view relu_key, std::string_view tanh_key);

  void set(ValueId value);
  // The layer is over: every parameter understood, its top as large as model.espresso.shape says.
  void finish();

  void refuse(std::string what);  // cannot be run: kUnsupported
  void damaged(std::string what);

 private:
  const nlohmann::json* find(std::string_view key);

  EspressoState& state_;
  const EspressoLayer& layer_;
  std::set<std::string, std::less<>> understood_;
};

// Null: this build does not know the type.
using EspressoLowering = void (*)(EspressoLayerContext&);
EspressoLowering find_espresso_lowering(std::string_view type);

// Axes in the files count from the innermost: w 0, h 1, k 2, n 3, seq 4. As an axis of [n, k, h, w]; -1 if
// there is none.
int64_t espresso_axis(int64_t code);

// layers_*.cpp
void lower_espresso_convolution(EspressoLayerContext& context);
void lower_espresso_deconvolution(EspressoLayerContext& context);
void lower_espresso_inner_product(EspressoLayerContext& context);
void lower_espresso_batchnorm(EspressoLayerContext& context);
void lower_espresso_pool(EspressoLayerContext& context);
void lower_espresso_activation(EspressoLayerContext& context);
void lower_espresso_elementwise(EspressoLayerContext& context);
void lower_espresso_softmax(EspressoLayerContext& context);
void lower_espresso_concat(EspressoLayerContext& context);
void lower_espresso_flatten(EspressoLayerContext& context);
void lower_espresso_reshape(EspressoLayerContext& context);
void lower_espresso_transpose(EspressoLayerContext& context);
void lower_espresso_upsample(EspressoLayerContext& context);
void lower_espresso_load_constant(EspressoLayerContext& context);

}  // namespace wf
