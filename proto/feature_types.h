// Field numbers and enumerations of FeatureTypes.proto: the types of what a model takes and gives.
#pragma once

#include <cstdint>

namespace wf::proto {

// kUpperBound is -1 where there is no bound.
struct SizeRange {
  enum : uint32_t { kLowerBound = 1, kUpperBound = 2 };
};
struct ImageFeatureType {
  enum : uint32_t {
    kWidth = 1,
    kHeight = 2,
    kColorSpace = 3,
    kEnumeratedSizes = 21,
    kImageSizeRange = 31,
  };
};
struct ImageSize {
  enum : uint32_t { kWidth = 1, kHeight = 2 };
};
struct EnumeratedImageSizes {
  enum : uint32_t { kSizes = 1 };
};
struct ImageSizeRange {
  enum : uint32_t { kWidthRange = 1, kHeightRange = 2 };
};
struct ArrayFeatureType {
  enum : uint32_t {
    kShape = 1,
    kDataType = 2,
    kEnumeratedShapes = 21,
    kShapeRange = 31,
    kIntDefaultValue = 41,
    kFloatDefaultValue = 51,
    kDoubleDefaultValue = 61,
  };
};
struct ArrayShape {
  enum : uint32_t { kShape = 1 };
};
struct EnumeratedShapes {
  enum : uint32_t { kShapes = 1 };
};
struct ShapeRange {
  enum : uint32_t { kSizeRanges = 1 };
};
struct DictionaryFeatureType {
  enum : uint32_t { kInt64KeyType = 1, kStringKeyType = 2 };
};
struct SequenceFeatureType {
  enum : uint32_t { kInt64Type = 1, kStringType = 3, kSizeRange = 101 };
};
struct StateFeatureType {
  enum : uint32_t { kArrayType = 1 };
};
struct FeatureType {
  enum : uint32_t {
    kInt64Type = 1,
    kDoubleType = 2,
    kStringType = 3,
    kImageType = 4,
    kMultiArrayType = 5,
    kDictionaryType = 6,
    kSequenceType = 7,
    kStateType = 8,
    kIsOptional = 1000,
  };
};

enum class ArrayDataType : int64_t {  // 0x10000 floating, 0x20000 integer, plus the bits
  kFloat16 = 65552,
  kFloat32 = 65568,
  kDouble = 65600,
  kInt8 = 131080,
  kInt32 = 131104,
};
enum class ColorSpace : int64_t { kGrayscale = 10, kRgb = 20, kBgr = 30, kGrayscaleFloat16 = 40 };

}  // namespace wf::proto
