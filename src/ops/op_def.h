// What an operation is: its parameters by opset, its type rule, its reference implementation. One file per
// operation (or small family) in src/ops exports one table of OpDef; docs/how-to/add-an-operation.md walks
// through one.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "program/opset.h"
#include "program/type.h"
#include "tensor/dtype.h"

namespace wf {

class Call;
class Evaluation;

inline constexpr DTypeSet kFloats{DType::kFloat16, DType::kFloat32};
inline constexpr DTypeSet kFloatsAndInt32{DType::kFloat16, DType::kFloat32, DType::kInt32};
inline constexpr DTypeSet kFloatsInt32AndBool = kFloatsAndInt32 | DTypeSet{DType::kBool};
inline constexpr DTypeSet kSmallInts{DType::kInt8, DType::kUInt8, DType::kInt16, DType::kUInt16};
inline constexpr DTypeSet kAnyInts =
    kSmallInts | DTypeSet{DType::kInt32, DType::kUInt32, DType::kInt64, DType::kUInt64};

// One parameter. Written as   Param("axes").of(kAnyInts).optional().constant()
class Param {
 public:
  enum class Kind : uint8_t { kTensor, kAny };  // kAny: lists, states, dictionaries, tuples too
  enum class Fallback : uint8_t { kNone, kNumber, kInteger, kFlag, kText };

  constexpr explicit Param(std::string_view name) : name_(name) {}

  // Tensor of one of these dtypes. Parameters that share a variable must have the same dtype in one call.
  constexpr Param of(DTypeSet dtypes, char variable = 0) const {
    Param p = *this;
    p.dtypes_ = dtypes;
    p.variable_ = variable;
    return p;
  }
  constexpr Param ints() const { return of(kAnyInts); }
  constexpr Param flags() const { return of(DTypeSet{DType::kBool}); }
  constexpr Param text() const { return of(DTypeSet{DType::kString}); }
  constexpr Param any() const {
    Param p = *this;
    p.kind_ = Kind::kAny;
    return p;
  }
  constexpr Param optional() const {
    Param p = *this;
    p.optional_ = true;
    return p;
  }
  // Known before the program runs.
  constexpr Param constant() const {
    Param p = *this;
    p.constant_ = true;
    return p;
  }
  // Binds one value or several.
  constexpr Param variadic() const {
    Param p = *this;
    p.variadic_ = true;
    return p;
  }
  // The value a call takes that leaves the parameter out; implies optional().
  constexpr Param or_number(double value) const {
    Param p = optional();
    p.fallback_ = Fallback::kNumber;
    p.number_ = value;
    return p;
  }
  constexpr Param or_integer(int64_t value) const {
    Param p = optional();
    p.fallback_ = Fallback::kInteger;
    p.integer_ = value;
    return p;
  }
  constexpr Param or_flag(bool value) const {
    Param p = optional();
    p.fallback_ = Fallback::kFlag;
    p.integer_ = value;
    return p;
  }
  constexpr Param or_text(std::string_view value) const {
    Param p = optional();
    p.fallback_ = Fallback::kText;
    p.text_ = value;
    return p;
  }

  constexpr std::string_view name() const { return name_; }
  constexpr Kind kind() const { return kind_; }
  constexpr DTypeSet dtypes() const { return dtypes_; }
  constexpr char variable() const { return variable_; }
  constexpr bool is_optional() const { return optional_; }
  constexpr bool is_constant() const { return constant_; }
  constexpr bool is_variadic() const { return variadic_; }
  constexpr Fallback fallback() const { return fallback_; }
  constexpr double fallback_number() const { return number_; }
  constexpr int64_t fallback_integer() const { return integer_; }
  constexpr std::string_view fallback_text() const { return text_; }

 private:
  std::string_view name_;
  Kind kind_ = Kind::kTensor;
  DTypeSet dtypes_;  // empty: any dtype
  char variable_ = 0;
  bool optional_ = false, constant_ = false, variadic_ = false;
  Fallback fallback_ = Fallback::kNone;
  double number_ = 0;
  int64_t integer_ = 0;
  std::string_view text_;
};

// How far a correct engine may be from the exact result, relative to the output's largest magnitude.
struct Tolerance {
  double fp32 = 1e-5;
  double fp16 = 1e-2;
};

// The types of the outputs, from the types of the inputs and such values as are known. Sizes that depend on
// unknown values are kUnknownSize. Called for every call before it is evaluated, then with every value known.
using InferFn = Result<std::vector<ValueType>> (*)(const Call&);
// Computes the outputs: plain loops, double accumulation, one rounding at the end. The specification of the
// operation.
using ReferenceFn = Status (*)(Evaluation&);

struct OpDef {
  std::string_view name{};
  Opset since = Opset::kIos15;  // the first opset with this definition
  std::span<const Param> params{};
  InferFn infer = nullptr;
  ReferenceFn reference = nullptr;
  Tolerance tolerance{};
  // Calls worth trying, in the notation of ops/sample.h; the sweep runs every one.
  std::span<const std::string_view> samples{};
  std::string_view doc{};  // formula, shapes, where the semantics come from
  // Not part of Core ML: a step of a lowered neural network that MIL has no operation for.
  bool internal = false;
  // Takes arguments beyond `params`, of any name and type: custom layers have their own.
  bool open_parameters = false;
};

struct OpFile {
  std::span<const OpDef> defs;
};

// The definition that an opset gives a name, or null.
const OpDef* find_op(std::string_view name, Opset opset);
// Every definition, sorted by name, then opset.
const std::vector<const OpDef*>& all_ops();

}  // namespace wf

// At the end of src/ops/NAME.cpp:  WF_OP_FILE(NAME, kDefs)
#define WF_OP_FILE(stem, table)       \
  extern const OpFile op_file_##stem; \
  constinit const OpFile op_file_##stem { table }
