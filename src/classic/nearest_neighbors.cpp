#include "classic/nearest_neighbors.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace wf {
namespace {

struct Neighbor {
  double distance;
  size_t sample;
};

// Nearest first; of two equally near ones the sample that was stored first.
bool nearer(const Neighbor& a, const Neighbor& b) {
  return a.distance != b.distance ? a.distance < b.distance : a.sample < b.sample;
}

}  // namespace

NearestNeighborsClassifier::NearestNeighborsClassifier(NearestNeighborsParams params)
    : params_(std::move(params)) {
  classes_ = params_.labels;
  std::ranges::sort(classes_);
  classes_.erase(std::unique(classes_.begin(), classes_.end()), classes_.end());
  for (const Key& label : params_.labels) {
    class_of_.push_back(static_cast<size_t>(std::ranges::lower_bound(classes_, label) - classes_.begin()));
  }
}

Result<std::shared_ptr<const ClassicModel>> NearestNeighborsClassifier::make(NearestNeighborsParams params) {
  WF_REQUIRE(params.neighbors >= 1, kBadModel,
             fmt::format("{} neighbours, expected at least 1", params.neighbors));
  WF_REQUIRE(params.labels.size() == params.samples.size(), kBadModel,
             fmt::format("{} labels for {} samples", params.labels.size(), params.samples.size()));
  for (const std::vector<float>& sample : params.samples) {
    WF_REQUIRE(static_cast<int64_t>(sample.size()) == params.dimensions, kBadModel,
               fmt::format("a sample of {} numbers, expected {}", sample.size(), params.dimensions));
  }
  return std::shared_ptr<const ClassicModel>(new NearestNeighborsClassifier(std::move(params)));
}

Status NearestNeighborsClassifier::predict(ClassicCall& call) const {
  WF_TRY(const std::vector<double> x, call.vector());
  WF_REQUIRE(static_cast<int64_t>(x.size()) == params_.dimensions, kInvalidArgument,
             fmt::format("samples of {} numbers, the input has {}", params_.dimensions, x.size()));
  if (params_.samples.empty()) {
    WF_REQUIRE(params_.default_label.size() == 1, kRuntime,
               "the model has neither samples nor a default label");
    const double certain = 1;
    return put_class(call, params_.default_label, 0, std::span(&certain, 1));
  }
  std::vector<Neighbor> neighbors;
  for (size_t s = 0; s < params_.samples.size(); ++s) {
    WF_CHECK(call.tick());
    double distance = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      const double apart = x[i] - static_cast<double>(params_.samples[s][i]);
      distance += apart * apart;
    }
    WF_REQUIRE(distance == distance, kInvalidArgument, "the distance to a sample is not a number");
    neighbors.push_back({distance, s});
  }
  const auto count = static_cast<std::ptrdiff_t>(
      std::min<uint64_t>(static_cast<uint64_t>(params_.neighbors), neighbors.size()));
  std::partial_sort(neighbors.begin(), neighbors.begin() + count, neighbors.end(), nearer);
  neighbors.resize(static_cast<size_t>(count));
  // A sample at the very place outweighs everything: only such samples vote then.
  const bool hit = params_.inverse_distance && neighbors[0].distance == 0;
  std::vector<double> votes(classes_.size());
  for (const auto& [distance, sample] : neighbors) {
    if (hit && distance != 0) continue;
    votes[class_of_[sample]] += params_.inverse_distance && !hit ? 1 / distance : 1;
  }
  const size_t best = index_of_largest(votes);
  const double sum = std::accumulate(votes.begin(), votes.end(), 0.0);
  for (double& vote : votes) vote /= sum;
  return put_class(call, classes_, best, votes);
}

}  // namespace wf
