// Helpers of the double that know nothing of the bridge: its own way through strides, so that both cannot be
// wrong alike.
#pragma once

#import <CoreML/CoreML.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "formats/model_file.h"
#include "program/datum.h"
#include "tensor/tensor.h"

namespace wf::apple_double {

NSArray<NSNumber*>* to_numbers(const std::vector<int64_t>& values);
std::vector<int64_t> to_sizes(NSArray<NSNumber*>* values);
inline NSString* to_ns(const std::string& text) { return [NSString stringWithUTF8String:text.c_str()]; }
inline std::string to_text(NSString* text) { return text ? [text UTF8String] : ""; }

const std::byte* bytes_of(MLMultiArray* array);
std::byte* mutable_bytes_of(MLMultiArray* array);

template <class Visit>
void for_each_element(const std::vector<int64_t>& shape, const Visit& visit) {
  std::vector<int64_t> at(shape.size(), 0);
  for (const int64_t size : shape) {
    if (size == 0) return;
  }
  for (;;) {
    visit(at);
    size_t i = shape.size();
    while (i > 0 && ++at[i - 1] == shape[i - 1]) at[--i] = 0;
    if (i == 0) return;
  }
}
inline size_t offset_of(const std::vector<int64_t>& at, const std::vector<int64_t>& strides) {
  int64_t offset = 0;
  for (size_t i = 0; i < at.size(); ++i) offset += at[i] * strides[i];
  return static_cast<size_t>(offset);
}

MLMultiArrayDataType apple_dtype(DType dtype);  // float for what Core ML has no arrays of

// The array's elements, dense, whatever its strides; nothing for a type of elements that is none.
std::optional<Tensor> to_tensor(MLMultiArray* array);
void write_tensor(MLMultiArray* array, const Tensor& tensor);  // same shape and dtype
// Laid out as the script says, with poison between the elements. Autoreleased.
MLMultiArray* to_array(const Tensor& tensor);

std::optional<Datum> to_datum(MLFeatureValue* value);
MLFeatureValue* to_feature_value(const Feature& feature, const Datum& value);

MLModelDescription* to_description(const ModelFile& file, const Interface& interface);

}  // namespace wf::apple_double
