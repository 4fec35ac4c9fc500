// Field numbers of DataStructures.proto: vectors, maps and ranges that several messages share.
#pragma once

#include <cstdint>

namespace wf::proto {

// How protobuf stores a map: repeated messages of this form.
struct MapEntry {
  enum : uint32_t { kKey = 1, kValue = 2 };
};

struct StringToInt64Map {
  enum : uint32_t { kMap = 1 };
};
struct Int64ToStringMap {
  enum : uint32_t { kMap = 1 };
};
struct StringToDoubleMap {
  enum : uint32_t { kMap = 1 };
};
struct Int64ToDoubleMap {
  enum : uint32_t { kMap = 1 };
};
struct StringVector {
  enum : uint32_t { kVector = 1 };
};
struct Int64Vector {
  enum : uint32_t { kVector = 1 };
};
struct FloatVector {
  enum : uint32_t { kVector = 1 };
};
struct DoubleVector {
  enum : uint32_t { kVector = 1 };
};
struct Int64Range {
  enum : uint32_t { kMinValue = 1, kMaxValue = 2 };
};
struct Int64Set {
  enum : uint32_t { kValues = 1 };
};
struct DoubleRange {
  enum : uint32_t { kMinValue = 1, kMaxValue = 2 };
};
struct PrecisionRecallCurve {
  enum : uint32_t {
    kPrecisionValues = 1,
    kPrecisionConfidenceThresholds = 2,
    kRecallValues = 3,
    kRecallConfidenceThresholds = 4,
  };
};

}  // namespace wf::proto
