// Field numbers and enumerations of MIL.proto: an ML program.
// Maps (functions, block_specializations, inputs, attributes) are repeated MapEntry messages.
#pragma once

#include <cstdint>

namespace wf::proto {

struct Program {
  enum : uint32_t { kVersion = 1, kFunctions = 2, kDocString = 3, kAttributes = 4 };
};
struct Function {
  enum : uint32_t { kInputs = 1, kOpset = 2, kBlockSpecializations = 3, kAttributes = 4 };
};
struct Block {
  enum : uint32_t { kInputs = 1, kOutputs = 2, kOperations = 3, kAttributes = 4 };
};
struct Argument {
  enum : uint32_t { kArguments = 1 };
};
// Exactly one of the two.
struct Binding {
  enum : uint32_t { kName = 1, kValue = 2 };
};
struct Operation {
  enum : uint32_t { kType = 1, kInputs = 2, kOutputs = 3, kBlocks = 4, kAttributes = 5 };
};
struct NamedValueType {
  enum : uint32_t { kName = 1, kType = 2 };
};
struct ValueType {
  enum : uint32_t {
    kTensorType = 1,
    kListType = 2,
    kTupleType = 3,
    kDictionaryType = 4,
    kStateType = 5,
  };
};
struct TensorType {
  enum : uint32_t { kDataType = 1, kRank = 2, kDimensions = 3, kAttributes = 4 };
};
struct TupleType {
  enum : uint32_t { kTypes = 1 };
};
struct ListType {
  enum : uint32_t { kType = 1, kLength = 2 };
};
struct DictionaryType {
  enum : uint32_t { kKeyType = 1, kValueType = 2 };
};
struct StateType {
  enum : uint32_t { kWrappedType = 1 };
};
struct Dimension {
  enum : uint32_t { kConstant = 1, kUnknown = 2 };
};
struct ConstantDimension {
  enum : uint32_t { kSize = 1 };
};
struct UnknownDimension {
  enum : uint32_t { kVariadic = 1 };
};
struct Value {
  enum : uint32_t { kDocString = 1, kType = 2, kImmediateValue = 3, kBlobFileValue = 5 };
};
struct ImmediateValue {
  enum : uint32_t { kTensor = 1, kTuple = 2, kList = 3, kDictionary = 4 };
};
struct BlobFileValue {
  enum : uint32_t { kFileName = 1, kOffset = 2 };
};
struct TensorValue {
  enum : uint32_t {
    kFloats = 1,
    kInts = 2,
    kBools = 3,
    kStrings = 4,
    kLongInts = 5,
    kDoubles = 6,
    kBytes = 7,
  };
};
// RepeatedFloats, RepeatedInts and their like inside a TensorValue.
struct Repeated {
  enum : uint32_t { kValues = 1 };
};
struct TupleValue {
  enum : uint32_t { kValues = 1 };
};
struct ListValue {
  enum : uint32_t { kValues = 1 };
};
struct DictionaryValue {
  enum : uint32_t { kValues = 1 };
};
struct KeyValuePair {
  enum : uint32_t { kKey = 1, kValue = 2 };
};

enum class MilDataType : uint64_t {
  kBool = 1,
  kString = 2,
  kFloat16 = 10,
  kFloat32 = 11,
  kFloat64 = 12,
  kBFloat16 = 13,
  kInt8 = 21,
  kInt16 = 22,
  kInt32 = 23,
  kInt64 = 24,
  kInt4 = 25,
  kUInt8 = 31,
  kUInt16 = 32,
  kUInt32 = 33,
  kUInt64 = 34,
  kUInt4 = 35,
  kUInt2 = 36,
  kUInt1 = 37,
  kUInt6 = 38,
  kUInt3 = 39,
  kFloat8E4M3FN = 40,
  kFloat8E5M2 = 41,
};

}  // namespace wf::proto
