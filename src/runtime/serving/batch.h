// Several predictions as one: inputs one behind the other along their first axis, outputs cut apart again.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/model.h"
#include "runtime/serving/buffer_pool.h"

namespace wf {

// What the tensors among them hold.
int64_t bytes_of(const Features& features);

// Inputs with the same key may be joined. Empty: these may be joined with nothing, since a feature is no
// array, has no axis, or its elements are no whole bytes.
std::string batch_key(const Interface& interface, const Features& inputs, uint64_t seed);

// How many of up to `count` predictions with inputs like these the model's description takes as one: at least
// 1.
size_t most_together(const Interface& interface, const Features& inputs, size_t count);

// `items`: two or more of one key. Arrays [n, ...] become [items * n, ...], in memory of the pool.
Result<Features> join(std::span<const Features* const> items, BufferPool& pool);

// Output by output [items * n, ...] becomes `items` times [n, ...]: views, so that one holds the memory of
// all. kUnsupported if an output is no array, or cannot be cut so.
Result<std::vector<Features>> cut(const Features& outputs, size_t items);

// Names and values, bit for bit.
bool same_bits(const Features& a, const Features& b);

// A model whose first axis is open need not be one whose rows do not see each other: it may be a sequence's.
// So the first batch of each key is predicted both ways.
enum class BatchVerdict : uint8_t {
  kSame,       // within two roundings to fp16, of the largest value; whole numbers and texts exactly
  kDifferent,  // rows see each other, or the engine cannot do it: not to be joined
  kNothing     // every item had the same answer: that shows nothing
};
BatchVerdict compare_batch(std::span<const Features> joined, std::span<const Features> alone);

}  // namespace wf
