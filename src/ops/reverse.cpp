// reverse and reverse_sequence: elements in the opposite order along axes.
#include <fmt/format.h>

#include <numeric>

#include "ops/elementwise.h"
#include "ops/movement.h"

namespace wf {
namespace {

// ---- reverse ----

constexpr Param kAxes = Param("axes").ints().constant().optional();
constexpr Param kReverse15[] = {Param("x").of(kMovable15), kAxes};
constexpr Param kReverse17[] = {Param("x").of(kMovable17), kAxes};
constexpr std::string_view kReverseSamples[] = {"x=T[2,3,4]", "x=T[2,3,4] axes={0,-1}",
                                                "x=int32[5] axes={0}"};

Result<std::vector<int64_t>> reversed_axes(const Call& call) {
  if (const auto named = call.ints("axes")) return normalized_axes(call, *named, call.rank("x"));
  std::vector<int64_t> all(static_cast<size_t>(call.rank("x")));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

Result<std::vector<ValueType>> infer_reverse(const Call& call) {
  WF_CHECK(reversed_axes(call));
  return infer_like_x(call);
}

Status reverse(Evaluation& eval) {
  const Tensor& x = eval.input("x");
  WF_TRY(const auto axes, reversed_axes(eval));
  WF_TRY(Tensor out, make_moved(eval, 0, x));
  Layout source = dense_layout(x.shape());
  for (const int64_t axis : axes) {
    const auto d = static_cast<size_t>(axis);
    source.offset += (x.shape()[d] - 1) * source.strides[d];
    source.strides[d] = -source.strides[d];
  }
  copy_elements(out.shape(), x, source, out, dense_layout(out.shape()));
  eval.set_output(0, std::move(out));
  return {};
}

// ---- reverse_sequence ----

constexpr Param kSeqAxis = Param("seq_axis").ints().constant().or_integer(0);
constexpr Param kBatchAxis = Param("batch_axis").ints().constant().or_integer(0);
constexpr Param kSequence15[] = {Param("x").of(kMovable15), Param("lengths").ints(), kSeqAxis, kBatchAxis};
constexpr Param kSequence17[] = {Param("x").of(kMovable17), Param("lengths").ints(), kSeqAxis, kBatchAxis};
constexpr std::string_view kSequenceSamples[] = {"x=T[2,4,3] lengths={3,0} seq_axis=1",
                                                 "x=int32[4,2] lengths={4,1} seq_axis=0 batch_axis=-1"};

struct SequenceAxes {
  size_t seq = 0, batch = 0;
};

Result<SequenceAxes> sequence_axes(const Call& call) {
  WF_TRY(const int64_t seq, normalized_axis(call, call.integer("seq_axis"), call.rank("x")));
  WF_TRY(const int64_t batch, normalized_axis(call, call.integer("batch_axis"), call.rank("x")));
  if (seq == batch) return call.error(fmt::format("seq_axis and batch_axis are both {}", seq));
  return SequenceAxes{static_cast<size_t>(seq), static_cast<size_t>(batch)};
}

Result<std::vector<ValueType>> infer_sequence(const Call& call) {
  WF_TRY(const SequenceAxes axes, sequence_axes(call));
  const Shape& lengths = call.shape("lengths");
  const int64_t batches = call.shape("x")[axes.batch];
  if (lengths.size() != 1 || (lengths[0] >= 0 && batches >= 0 && lengths[0] != batches)) {
    return call.error(fmt::format("'lengths' has shape {}, expected [{}]", to_string(lengths), batches));
  }
  return infer_like_x(call);
}

Status reverse_sequence(Evaluation& eval) {
  const Tensor& x = eval.input("x");
  WF_TRY(const SequenceAxes axes, sequence_axes(eval));
  WF_TRY(Tensor out, make_moved(eval, 0, x));
  const auto lengths = *eval.ints("lengths");
  const Shape strides = element_strides(x.shape());
  const int64_t step = strides[axes.seq];
  const int64_t whole = x.shape()[axes.seq];
  Shape sizes = x.shape();
  sizes[axes.batch] = 1;
  for (size_t b = 0; b < lengths.size(); ++b) {
    const int64_t length = lengths[b];
    if (length < 0 || length > whole)
      return eval.error(fmt::format("length {} is outside [0, {}]", length, whole));
    const int64_t first = static_cast<int64_t>(b) * strides[axes.batch];
    Layout backwards{first + std::max<int64_t>(length - 1, 0) * step, strides};
    backwards.strides[axes.seq] = -step;
    sizes[axes.seq] = length;
    copy_elements(sizes, x, backwards, out, {first, strides});
    sizes[axes.seq] = whole - length;
    copy_elements(sizes, x, {first + length * step, strides}, out, {first + length * step, strides});
  }
  eval.set_output(0, std::move(out));
  return {};
}

constexpr std::string_view kReverseDoc =
    "x backwards along `axes` (default: all). Source: MIL, tensor_transformation; np.flip. iOS17 adds the 8- "
    "and 16-bit integers.";
constexpr std::string_view kSequenceDoc =
    "For each index b of batch_axis the first lengths[b] elements along seq_axis are reversed, the rest "
    "stay. Source: MIL, "
    "tensor_transformation; tf.reverse_sequence. iOS17 adds the 8- and 16-bit integers.";

constexpr OpDef kDefs[] = {
    {.name = "reverse",
     .params = kReverse15,
     .infer = infer_reverse,
     .reference = reverse,
     .samples = kReverseSamples,
     .doc = kReverseDoc},
    {.name = "reverse",
     .since = Opset::kIos17,
     .params = kReverse17,
     .infer = infer_reverse,
     .reference = reverse,
     .samples = kReverseSamples,
     .doc = kReverseDoc},
    {.name = "reverse_sequence",
     .params = kSequence15,
     .infer = infer_sequence,
     .reference = reverse_sequence,
     .samples = kSequenceSamples,
     .doc = kSequenceDoc},
    {.name = "reverse_sequence",
     .since = Opset::kIos17,
     .params = kSequence17,
     .infer = infer_sequence,
     .reference = reverse_sequence,
     .samples = kSequenceSamples,
     .doc = kSequenceDoc},
};

}  // namespace

WF_OP_FILE(reverse, kDefs);
}  // namespace wf
