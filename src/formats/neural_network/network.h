// One lowering: the blobs by name, the program under construction, and the walk over the layers.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "formats/model_file.h"
#include "formats/neural_network/blob.h"
#include "formats/wire/message.h"
#include "ops/builder.h"

namespace wf {

// Blobs are not SSA: a layer may write a name again. The map holds what each name stands for at this point of
// the walk.
using Blobs = std::map<std::string, Blob, std::less<>>;

// A loop body that can leave early carries this condition; see control_flow.h.
struct LoopExit {
  ValueId finished;  // bool scalar: a loopBreak was met
  ValueId skipping;  // bool scalar: the rest of this iteration is skipped (loopBreak or loopContinue)
};

class Network {
 public:
  Network(Function& function, bool rank5_arrays, bool rank5_images, std::shared_ptr<const void> owner,
          std::vector<std::string>& notes)
      : builder_(function),
        rank5_arrays_(rank5_arrays),
        rank5_images_(rank5_images),
        owner_(std::move(owner)),
        notes_(notes) {}

  Builder& builder() { return builder_; }
  Blobs& blobs() { return blobs_; }
  std::optional<LoopExit>& loop_exit() { return loop_exit_; }
  bool rank5_arrays() const { return rank5_arrays_; }
  bool rank5_images() const { return rank5_images_; }
  const std::shared_ptr<const void>& owner() const { return owner_; }
  // Each note once, however many layers share the oddity.
  void note(std::string text);
  std::vector<std::string>& notes() { return notes_; }
  // Bytes of the weights read so far, as stored.
  uint64_t weight_bytes() const { return weight_bytes_; }
  void count_weights(uint64_t bytes) { weight_bytes_ += bytes; }

  // Lowers the layers one after the other, at the place where the builder stands.
  Status lower_layers(std::span<const Message> layers, int depth);

 private:
  Status lower_layer(const Message& layer, size_t index, int depth);

  Builder builder_;
  Blobs blobs_;
  std::optional<LoopExit> loop_exit_;
  bool rank5_arrays_, rank5_images_;
  std::shared_ptr<const void> owner_;
  std::vector<std::string>& notes_;
  uint64_t weight_bytes_ = 0;
};

// The layer's type: its definition, or null, and its field number (0: the layer names none).
const struct LayerDef* find_layer_def(uint32_t field);
uint32_t layer_field(const Message& layer);
// "convolution", or "layer type 1234" if this build does not know it.
std::string layer_type_name(uint32_t field);

}  // namespace wf
