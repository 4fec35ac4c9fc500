// Branches and loops of a neural network become cond and while_loop; the blobs they write are their results.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "formats/neural_network/network.h"

namespace wf {

// Nesting of branches and of loops beyond this is refused: every loop is lowered several times to find its
// types.
inline constexpr int kDeepestNesting = 6;

// The networks inside a layer (a branch, a loop), and the layers of one.
std::vector<Message> nested_networks(const Message& layer);
std::vector<Message> nested_layers(const Message& network);

// May the layer run a loopBreak or loopContinue of the loop around it?
bool may_leave_loop(const Message& layer, int depth);
bool may_leave_loop(std::span<const Message> layers, int depth);

// The names that the layers may write, nested networks included, each once.
std::vector<std::string> written_names(std::span<const Message> layers);
// The same with the names they read.
std::vector<std::string> mentioned_names(std::span<const Message> layers);

// Puts these blobs back as they were when the scope ends.
class ScopedBlobs {
 public:
  ScopedBlobs(Blobs& blobs, const std::vector<std::string>& names);
  ~ScopedBlobs();
  ScopedBlobs(const ScopedBlobs&) = delete;
  ScopedBlobs& operator=(const ScopedBlobs&) = delete;

 private:
  Blobs& blobs_;
  std::vector<std::pair<std::string, std::optional<Blob>>> before_;
};

// The blob's value with all its dimensions, at least one, computed where the builder stands.
ValueId whole_value(Builder& builder, const Blob& blob);

// A type that both fit: sizes that differ are unknown.
ValueType common_type(const ValueType& a, const ValueType& b);

// then_layers if the bool scalar is true, else_layers if not. A blob that only one of them provides stays
// unknown after.
Status lower_condition(Network& network, ValueId condition, std::span<const Message> then_layers,
                       std::span<const Message> else_layers, int depth, std::string_view name);

// The layers after one that may leave the loop: they run only if it did not.
Status lower_unless_skipping(Network& network, std::span<const Message> layers, int depth);

// Is the first element of a blob true (its magnitude beyond 1e-6)? A bool scalar.
ValueId truth_of(Builder& builder, ValueId value);

}  // namespace wf
