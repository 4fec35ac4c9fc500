#include "runtime/telemetry/quantile_sketch.h"

#include <algorithm>
#include <cmath>

namespace wf {
namespace {

constexpr double kGamma = (1 + SketchBuckets::kRelativeError) / (1 - SketchBuckets::kRelativeError);
const double kLogGamma = std::log(kGamma);
const double kFirst = std::floor(std::log(SketchBuckets::kLowest) / kLogGamma);  // the exponent of bucket 0

}  // namespace

size_t SketchBuckets::of(double value) {
  if (!(value > kLowest)) return 0;
  const double exponent = std::ceil(std::log(value) / kLogGamma);
  return std::min(static_cast<size_t>(exponent - kFirst), kCount - 1);
}

double SketchBuckets::value(size_t bucket) {
  return 2 * std::pow(kGamma, static_cast<double>(bucket) + kFirst) / (kGamma + 1);
}

void QuantileSketch::widen(double low, double high) {
  min_ = count_ == 0 ? low : std::min(min_, low);
  max_ = count_ == 0 ? high : std::max(max_, high);
}

void QuantileSketch::add(double value) {
  if (buckets_.empty()) buckets_.resize(SketchBuckets::kCount);
  widen(value, value);
  ++buckets_[SketchBuckets::of(value)];
  ++count_;
  sum_ += value;
}

void QuantileSketch::merge(const QuantileSketch& other) {
  if (other.count_ == 0) return;
  buckets_.resize(SketchBuckets::kCount);
  widen(other.min_, other.max_);
  for (size_t i = 0; i < SketchBuckets::kCount; ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  sum_ += other.sum_;
}

std::optional<double> QuantileSketch::quantile(double q) const {
  if (count_ == 0) return std::nullopt;
  // The small step back keeps 0.99 * 100 at rank 99 whatever its rounding.
  const double exact_rank = std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(count_) - 1e-9);
  const uint64_t rank = std::clamp<uint64_t>(static_cast<uint64_t>(exact_rank), 1, count_);
  size_t bucket = 0;
  for (uint64_t seen = buckets_[0]; seen < rank; seen += buckets_[bucket]) ++bucket;
  if (bucket == SketchBuckets::kCount - 1) return max_;
  return std::clamp(SketchBuckets::value(bucket), min_, max_);
}

void SharedSketch::add(double value) {
  constexpr auto kRelaxed = std::memory_order_relaxed;  // nothing else is published by these
  double known = min_.load(kRelaxed);
  while (value < known && !min_.compare_exchange_weak(known, value, kRelaxed)) {
  }
  known = max_.load(kRelaxed);
  while (value > known && !max_.compare_exchange_weak(known, value, kRelaxed)) {
  }
  sum_.fetch_add(value, kRelaxed);
  // Last, with release: who sees the value counted sees the extremes widened.
  buckets_[SketchBuckets::of(value)].fetch_add(1, std::memory_order_release);
}

void SharedSketch::read_into(QuantileSketch& sketch) const {
  QuantileSketch own;
  own.buckets_.resize(SketchBuckets::kCount);
  for (size_t i = 0; i < SketchBuckets::kCount; ++i) {
    own.buckets_[i] = buckets_[i].load(std::memory_order_acquire);
    own.count_ += own.buckets_[i];
  }
  if (own.count_ == 0) return;
  own.sum_ = sum_.load(std::memory_order_relaxed);
  own.min_ = min_.load(std::memory_order_relaxed);
  own.max_ = max_.load(std::memory_order_relaxed);
  sketch.merge(own);
}

}  // namespace wf
