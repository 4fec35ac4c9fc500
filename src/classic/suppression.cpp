#include "classic/suppression.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/checked_math.h"
#include "tensor/boxes.h"

namespace wf {
namespace {

constexpr int64_t kMostRows = int64_t{1} << 24;  // that a description can ask for

// A matrix, whatever leading dimensions of 1 it has.
struct Rows {
  int64_t count = 0, width = 0;
  std::vector<double> values;
  const double* row(int64_t i) const { return values.data() + i * width; }
};

Result<Rows> rows_of(ClassicCall& call, const std::string& name) {
  const Datum* given = call.input(name);
  WF_REQUIRE(given && given->tensor(), kInvalidArgument, fmt::format("input '{}' is missing", name));
  const Tensor& tensor = *given->tensor();
  WF_REQUIRE(tensor.rank() >= 2, kInvalidArgument,
             fmt::format("'{}' has shape {}, expected a row for each box", name, to_string(tensor.shape())));
  Rows rows;
  rows.width = tensor.shape().back();
  rows.count = tensor.shape()[tensor.shape().size() - 2];
  const auto size = checked_mul(rows.count, rows.width);
  WF_REQUIRE(size && tensor.size() == *size, kInvalidArgument,
             fmt::format("'{}' has shape {}, expected a matrix", name, to_string(tensor.shape())));
  WF_TRY(rows.values, numbers_of(*given));
  return rows;
}

// How many rows the description asks of an output.
SizeRange row_range(const Feature* output) {
  const ArrayFeature* array = output ? output->array() : nullptr;
  if (!array) return {};
  if (array->ranges.size() >= 2) return array->ranges[array->ranges.size() - 2];
  if (array->enumerated.empty() && array->shape.size() >= 2) {
    const int64_t rows = array->shape[array->shape.size() - 2];
    if (rows > 0) return {rows, rows};
  }
  return {};
}

// Both outputs have as many rows; either of them may say how many.
SizeRange both(const SizeRange& a, const SizeRange& b) {
  const int64_t upper = a.upper < 0 ? b.upper : b.upper < 0 ? a.upper : std::min(a.upper, b.upper);
  return {std::max(a.lower, b.lower), upper};
}

Result<Datum> chosen(const Rows& rows, const std::vector<ScoredBox>& kept, int64_t count) {
  WF_TRY(Tensor out, Tensor::allocate(DType::kFloat64, {count, rows.width}));
  for (size_t k = 0; k < kept.size(); ++k) {
    write_doubles(out, static_cast<int64_t>(k) * rows.width,
                  std::span(rows.row(kept[k].index), static_cast<size_t>(rows.width)));
  }
  return Datum(std::move(out));
}

}  // namespace

Status Suppression::predict(ClassicCall& call) const {
  WF_TRY(const Rows confidences, rows_of(call, params_.confidence_input));
  WF_TRY(const Rows boxes, rows_of(call, params_.coordinates_input));
  WF_REQUIRE(boxes.width == 4 && boxes.count == confidences.count, kInvalidArgument,
             fmt::format("{} x {} confidences and {} x {} coordinates, expected N x C and N x 4",
                         confidences.count, confidences.width, boxes.count, boxes.width));
  WF_TRY(const double iou, call.number_or(params_.iou_threshold_input, params_.iou_threshold));
  WF_TRY(const double least,
         call.number_or(params_.confidence_threshold_input, params_.confidence_threshold));
  const SizeRange range = both(row_range(call.output_feature(params_.confidence_output)),
                               row_range(call.output_feature(params_.coordinates_output)));
  WF_REQUIRE(range.lower <= kMostRows, kBadModel,
             fmt::format("the description asks for {} boxes", range.lower));

  std::vector<ScoredBox> candidates;
  for (int64_t i = 0; i < boxes.count; ++i) {
    ScoredBox next{.index = i};
    for (int64_t k = 0; k < confidences.width; ++k) next.offer(k, confidences.row(i)[k]);
    const double* box = boxes.row(i);
    next.place(box[0], box[1], box[2], box[3]);
    if (next.score >= least) candidates.push_back(next);
  }
  rank_boxes(candidates);
  const size_t most = range.upper < 0 ? std::numeric_limits<size_t>::max() : static_cast<size_t>(range.upper);
  WF_TRY(const auto kept,
         kept_boxes(candidates, {iou, least, most, params_.per_class}, [&] { return call.tick(); }));
  const int64_t rows = std::max(range.lower, static_cast<int64_t>(kept.size()));
  WF_TRY(Datum kept_confidences, chosen(confidences, kept, rows));
  WF_TRY(Datum kept_boxes_out, chosen(boxes, kept, rows));
  call.set(params_.confidence_output, std::move(kept_confidences));
  call.set(params_.coordinates_output, std::move(kept_boxes_out));
  return {};
}

}  // namespace wf
