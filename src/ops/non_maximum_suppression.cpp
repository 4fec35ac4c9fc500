// non_maximum_suppression: the best boxes that do not overlap.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "ops/call.h"
#include "tensor/boxes.h"

namespace wf {
namespace {

constexpr Param kBoxes = Param("boxes").of(kFloats, 'T'), kScores = Param("scores").of(kFloats, 'T');
constexpr Param kIou = Param("iou_threshold").of(kFloats).constant();
constexpr Param kMaxBoxes = Param("max_boxes").ints().constant();
constexpr Param kPerClass = Param("per_class_suppression").flags().constant().or_flag(false);
constexpr Param kParams15[] = {kBoxes,    kScores,  kIou, Param("score_threshold").of(kFloats).constant(),
                               kMaxBoxes, kPerClass};
constexpr Param kParams17[] = {kBoxes, kScores, kIou, kMaxBoxes, kPerClass};
constexpr Param kParamsOfNetworks[] = {kBoxes,
                                       kScores,
                                       Param("iou_threshold").of(kFloats),
                                       Param("score_threshold").of(kFloats),
                                       Param("max_boxes").ints(),
                                       kPerClass};
constexpr std::string_view kSamples15[] = {
    "boxes=T[1,6,4]@0.5:2 scores=T[1,6,3] iou_threshold=0.3 score_threshold=0.1 max_boxes=4",
    "boxes=T[2,5,4]@0.5:2 scores=T[2,5,1] iou_threshold=0.5 score_threshold=-5.0 max_boxes=7 "
    "per_class_suppression=true"};
constexpr std::string_view kSamples17[] = {
    "boxes=T[1,4,6]@0.5:2 scores=T[1,3,6] iou_threshold=0.3 max_boxes=4",
    "boxes=T[2,4,5]@0.5:2 scores=T[2,1,5] iou_threshold=0.5 max_boxes=7 per_class_suppression=true"};

// From iOS17 the boxes are counted by the last dimension, there is no score threshold and no count.
bool boxes_last(const Call& call) { return call.opset() >= Opset::kIos17 && !call.def().internal; }

Result<std::vector<ValueType>> infer(const Call& call) {
  const Shape& boxes = call.shape("boxes");
  const Shape& scores = call.shape("scores");
  const size_t box_dim = boxes_last(call) ? 2 : 1, entry_dim = 3 - box_dim;
  const auto agree = [](int64_t a, int64_t b) { return a < 0 || b < 0 || a == b; };
  if (boxes.size() != 3 || scores.size() != 3 || !agree(boxes[entry_dim], 4) || !agree(boxes[0], scores[0]) ||
      !agree(boxes[box_dim], scores[box_dim])) {
    return call.error(fmt::format("boxes {} and scores {}, expected {}", to_string(boxes), to_string(scores),
                                  boxes_last(call) ? "[n, 4, B] and [n, K, B]" : "[n, B, 4] and [n, B, K]"));
  }
  const bool known = call.tensor("max_boxes") != nullptr;
  const int64_t most = known ? call.integer("max_boxes") : kUnknownSize;
  if (known && most < 0) return call.error(fmt::format("max_boxes is {}, expected at least 0", most));
  Shape out_boxes = boxes, out_scores = scores;
  out_boxes[entry_dim] = 4;
  out_boxes[box_dim] = out_scores[box_dim] = most;
  std::vector<ValueType> types = {tensor_type(call.dtype("boxes"), out_boxes),
                                  tensor_type(call.dtype("scores"), out_scores),
                                  tensor_type(DType::kInt32, {boxes[0], most})};
  if (!boxes_last(call)) types.push_back(tensor_type(DType::kInt32, {boxes[0]}));
  return types;
}

// One batch: entry(box, e) whatever the order of the dimensions.
class Entries {
 public:
  Entries(const Tensor& tensor, int64_t batch, bool boxes_last)
      : count_(tensor.shape()[boxes_last ? 2 : 1]),
        width_(tensor.shape()[boxes_last ? 1 : 2]),
        box_step_(boxes_last ? 1 : width_),
        entry_step_(boxes_last ? count_ : 1),
        first_(batch * count_ * width_) {}

  int64_t count() const { return count_; }
  int64_t width() const { return width_; }
  int64_t place(int64_t box, int64_t entry) const { return first_ + box * box_step_ + entry * entry_step_; }

 private:
  int64_t count_, width_, box_step_, entry_step_, first_;
};

// All boxes of a batch, best score first; equal scores keep their order.
std::vector<ScoredBox> ranked(const Tensor& boxes, const Entries& box, const Tensor& scores,
                              const Entries& score) {
  std::vector<ScoredBox> all;
  all.reserve(static_cast<size_t>(box.count()));
  for (int64_t i = 0; i < box.count(); ++i) {
    ScoredBox next{.index = i};
    for (int64_t k = 0; k < score.width(); ++k) next.offer(k, read_double(scores, score.place(i, k)));
    const auto entry = [&](int64_t e) { return read_double(boxes, box.place(i, e)); };
    next.place(entry(0), entry(1), entry(2), entry(3));
    all.push_back(next);
  }
  rank_boxes(all);
  return all;
}

Result<std::vector<ScoredBox>> selected(const Evaluation& eval, const std::vector<ScoredBox>& candidates,
                                        const SuppressionRule& rule) {
  WF_TRY(std::vector<ScoredBox> kept, kept_boxes(candidates, rule, [&] { return eval.tick(); }));
  // Core ML gives the single best box where none passes the score threshold.
  if (kept.empty() && !candidates.empty() && rule.most > 0) kept.push_back(candidates.front());
  return kept;
}

void copy_entries(const Tensor& from, const Entries& at_from, int64_t box, Tensor& to, const Entries& at_to,
                  int64_t slot) {
  for (int64_t e = 0; e < at_from.width(); ++e) {
    const double value = read_double(from, at_from.place(box, e));
    write_doubles(to, at_to.place(slot, e), std::span(&value, 1));
  }
}

Status reference(Evaluation& eval) {
  const Tensor& boxes = eval.input("boxes");
  const Tensor& scores = eval.input("scores");
  const bool last = boxes_last(eval);
  WF_TRY(Tensor out_boxes, eval.make_output(0));
  WF_TRY(Tensor out_scores, eval.make_output(1));
  WF_TRY(Tensor out_indices, eval.make_output(2));
  const int64_t batches = boxes.shape()[0], most = eval.integer("max_boxes");
  WF_TRY(Tensor counts, Tensor::allocate(DType::kInt32, {batches}));
  const SuppressionRule rule{eval.number("iou_threshold"),
                             last ? -std::numeric_limits<double>::infinity() : eval.number("score_threshold"),
                             static_cast<size_t>(most), eval.flag("per_class_suppression"),
                             /*equal_drops=*/last};
  for (int64_t i = 0; i < out_indices.size(); ++i) out_indices.store<int32_t>(i, -1);
  for (int64_t b = 0; b < batches; ++b) {
    const Entries box(boxes, b, last), score(scores, b, last), out_box(out_boxes, b, last),
        out_score(out_scores, b, last);
    WF_TRY(const auto kept, selected(eval, ranked(boxes, box, scores, score), rule));
    for (size_t k = 0; k < kept.size(); ++k) {
      const auto slot = static_cast<int64_t>(k);
      copy_entries(boxes, box, kept[k].index, out_boxes, out_box, slot);
      copy_entries(scores, score, kept[k].index, out_scores, out_score, slot);
      out_indices.store(b * most + slot, static_cast<int32_t>(kept[k].index));
    }
    counts.store(b, static_cast<int32_t>(kept.size()));
  }
  eval.set_output(0, std::move(out_boxes));
  eval.set_output(1, std::move(out_scores));
  eval.set_output(2, std::move(out_indices));
  if (!last) eval.set_output(3, std::move(counts));
  return {};
}

constexpr OpDef kDefs[] = {
    {.name = "non_maximum_suppression",
     .params = kParams15,
     .infer = infer,
     .reference = reference,
     .samples = kSamples15,
     .doc = "boxes [n, B, 4] as (centre x, centre y, width, height), scores [n, B, K]. A box counts with its "
            "best class; those below "
            "score_threshold are dropped; in descending score (ties: lower index first) a box is kept unless "
            "its intersection over "
            "union with a kept one is above iou_threshold (per_class_suppression: a kept one of the same "
            "best class), at most "
            "max_boxes. Outputs: boxes [n, max, 4], scores [n, max, K], indices [n, max], count [n]; unused "
            "places hold 0, 0, -1. If "
            "no box passes the score threshold the best one is given. Source: MIL, iOS15 tensor_operation "
            "and its numeric test."},
    {.name = "non_maximum_suppression",
     .since = Opset::kIos17,
     .params = kParams17,
     .infer = infer,
     .reference = reference,
     .samples = kSamples17,
     .doc = "As in iOS15 with boxes [n, 4, B] and scores [n, K, B], no score threshold, and no count among "
            "the outputs; an overlap that equals a threshold above 0 suppresses, too. Source: MIL, iOS17 "
            "tensor_operation, and coremltools' PyTorch test of equal overlaps."},
    {.name = "nn_non_maximum_suppression",
     .params = kParamsOfNetworks,
     .infer = infer,
     .reference = reference,
     .samples = kSamples15,
     .doc = "As non_maximum_suppression of iOS15, whatever the opset, with thresholds and count that may be "
            "computed: the layer NonMaximumSuppression of neural networks.",
     .internal = true},
};

}  // namespace

WF_OP_FILE(non_maximum_suppression, kDefs);
}  // namespace wf
