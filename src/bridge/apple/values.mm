#include "bridge/apple/values.h"

#include <algorithm>

#include "bridge/array_dtype.h"
#include "bridge/strided.h"

namespace wf::bridge {
namespace {

struct ArrayShape {
  std::vector<int64_t> shape, strides;
};

wf::Result<ArrayShape> checked_shape(const wfa_value& value) {
  if (value.rank > 0 && !value.shape) return wf::Error(wf::ErrorCode::kInvalidArgument, "no shape");
  ArrayShape out;
  if (value.rank > 0) out.shape.assign(value.shape, value.shape + value.rank);
  out.strides = value.strides && value.rank > 0
                    ? std::vector<int64_t>(value.strides, value.strides + value.rank)
                    : dense_strides(out.shape);
  WF_TRY(const size_t element_size, apple_element_size(value.dtype));
  WF_TRY(const int64_t reached, reach(out.shape, out.strides));
  const size_t needed = static_cast<size_t>(reached) * element_size;
  if (needed > value.bytes || (needed > 0 && !value.data)) {
    return wf::Error(wf::ErrorCode::kInvalidArgument,
                     "its shape and strides reach " + std::to_string(needed) +
                         " bytes, the memory given holds " + std::to_string(value.data ? value.bytes : 0));
  }
  return out;
}

std::string named(const char* kind, const wfa_value& value) {
  return std::string(kind) + " '" + to_utf8(value.name) + "'";
}

int dictionary_of(const wfa_value& value, MLFeatureValue** out, wfa_failure* failure) {
  NSMutableDictionary* numbers = [NSMutableDictionary dictionary];
  for (size_t i = 0; i < value.count; ++i) {
    id key = value.texts ? (id)ns_text(value.texts[i]) : (id) @(value.integers[i]);
    [numbers setObject:@(value.numbers[i]) forKey:key];
  }
  NSError* error = nil;
  *out = [MLFeatureValue featureValueWithDictionary:numbers error:&error];
  return *out ? WFA_OK : fail_with(failure, error, named("input", value));
}

MLFeatureValue* sequence_of(const wfa_value& value) {
  NSMutableArray* items = [NSMutableArray arrayWithCapacity:value.count];
  for (size_t i = 0; i < value.count; ++i)
    [items addObject:value.texts ? (id)ns_text(value.texts[i]) : (id) @(value.integers[i])];
  MLSequence* sequence =
      value.texts ? [MLSequence sequenceWithStringArray:items] : [MLSequence sequenceWithInt64Array:items];
  return [MLFeatureValue featureValueWithSequence:sequence];
}

// Scalars and containers name their elements; a missing one would be read through NULL.
bool has_its_elements(const wfa_value& value) {
  switch (value.kind) {
    case WFA_INT64:
      return value.integers != nullptr;
    case WFA_DOUBLE:
      return value.numbers != nullptr;
    case WFA_STRING:
      return value.texts != nullptr;
    case WFA_DICTIONARY:
      return value.count == 0 || ((value.texts || value.integers) && value.numbers);
    case WFA_SEQUENCE:
      return value.count == 0 || value.texts || value.integers;
    default:
      return true;
  }
}

int feature_of(const wfa_value& value, const std::shared_ptr<Lease>& lease, MLFeatureValue** out,
               wfa_failure* failure) {
  if (!has_its_elements(value)) return fail(failure, WFA_INVALID, named("input", value) + ": no elements");
  switch (value.kind) {
    case WFA_ARRAY: {
      MLMultiArray* array = nil;
      if (const int code = array_of(value, lease, &array, failure)) return code;
      *out = [MLFeatureValue featureValueWithMultiArray:array];
      return WFA_OK;
    }
    case WFA_IMAGE:
    case WFA_NATIVE: {
      CVPixelBufferRef buffer = nullptr;
      if (const int code = pixel_buffer_of(value, lease, &buffer, failure)) return code;
      *out = [MLFeatureValue featureValueWithPixelBuffer:buffer];
      CVPixelBufferRelease(buffer);
      return WFA_OK;
    }
    case WFA_INT64:
      *out = [MLFeatureValue featureValueWithInt64:value.integers[0]];
      return WFA_OK;
    case WFA_DOUBLE:
      *out = [MLFeatureValue featureValueWithDouble:value.numbers[0]];
      return WFA_OK;
    case WFA_STRING:
      *out = [MLFeatureValue featureValueWithString:ns_text(value.texts[0])];
      return WFA_OK;
    case WFA_DICTIONARY:
      return dictionary_of(value, out, failure);
    case WFA_SEQUENCE:
      *out = sequence_of(value);
      return WFA_OK;
    default:
      return fail(failure, WFA_INVALID, named("input", value) + " is of no known kind");
  }
}

int read_multi_array(MLMultiArray* array, OwnedValue& out, wfa_failure* failure) {
  out.shape = numbers_of([array shape]);
  out.strides = dense_strides(out.shape);
  out.view.kind = WFA_ARRAY;
  out.view.dtype = static_cast<int64_t>([array dataType]);
  const auto element_size = apple_element_size(out.view.dtype);
  if (!element_size) return fail(failure, wf::Error(element_size.error()).at("output '" + out.name + "'"));
  const auto count = element_count(out.shape);
  if (!count) return fail(failure, wf::Error(count.error()).at("output '" + out.name + "'"));
  out.view.bytes = static_cast<size_t>(*count) * *element_size;
  out.bytes.reset(new std::byte[out.view.bytes]);
  const wf::Status status = read_array(array, {out.bytes.get(), out.view.bytes});
  return status ? WFA_OK : fail(failure, wf::Error(status.error()).at("output '" + out.name + "'"));
}

void read_dictionary(NSDictionary* dictionary, OwnedValue& out) {
  out.view.kind = WFA_DICTIONARY;
  for (id key in dictionary) {
    if ([key isKindOfClass:[NSString class]]) {
      out.texts.push_back(text_of(key));
    } else {
      out.integers.push_back([key longLongValue]);
    }
    out.numbers.push_back([[dictionary objectForKey:key] doubleValue]);
  }
}

void read_sequence(MLSequence* sequence, OwnedValue& out) {
  out.view.kind = WFA_SEQUENCE;
  if ([sequence type] == MLFeatureTypeInt64) {
    out.integers = numbers_of([sequence int64Values]);
  } else {
    for (NSString* text in [sequence stringValues]) out.texts.push_back(text_of(text));
  }
}

}  // namespace

Leases leases_of(const wfa_value* values, size_t count) {
  Leases leases;
  for (size_t i = 0; i < count; ++i)
    leases.push_back(std::make_shared<Lease>(values[i].release, values[i].context));
  return leases;
}

int array_of(const wfa_value& value, const std::shared_ptr<Lease>& lease, MLMultiArray** out,
             wfa_failure* failure) {
  const auto shape = checked_shape(value);
  if (!shape) return fail(failure, wf::Error(shape.error()).at(named("array", value)));
  const std::shared_ptr<Lease> held = lease;  // the block copies this reference
  NSError* error = nil;
  MLMultiArray* array =
      [[MLMultiArray alloc] initWithDataPointer:value.data
                                          shape:ns_numbers(shape->shape)
                                       dataType:static_cast<MLMultiArrayDataType>(value.dtype)
                                        strides:ns_numbers(shape->strides)
                                    deallocator:^(void*) {
                                      held->end();
                                    }
                                          error:&error];
  if (!array) return fail_with(failure, error, named("array", value));
  *out = [array autorelease];
  return WFA_OK;
}

int provider_of(const wfa_value* values, size_t count, const Leases& leases, id<MLFeatureProvider>* out,
                wfa_failure* failure) {
  NSMutableDictionary<NSString*, id>* features = [NSMutableDictionary dictionary];
  for (size_t i = 0; i < count; ++i) {
    if (!values[i].name) return fail(failure, WFA_INVALID, "an input without a name");
    MLFeatureValue* feature = nil;
    if (const int code = feature_of(values[i], leases[i], &feature, failure)) return code;
    if (!feature) return fail(failure, WFA_INVALID, named("input", values[i]) + " cannot be made a feature");
    [features setObject:feature forKey:ns_text(values[i].name)];
  }
  NSError* error = nil;
  MLDictionaryFeatureProvider* provider = [[MLDictionaryFeatureProvider alloc] initWithDictionary:features
                                                                                            error:&error];
  if (!provider) return fail_with(failure, error, "inputs");
  *out = [provider autorelease];
  return WFA_OK;
}

void OwnedValue::point() {
  view.name = name.c_str();
  view.rank = shape.size();
  view.shape = shape.data();
  view.strides = strides.data();
  if (bytes) view.data = bytes.get();
  for (const std::string& text : texts) text_pointers.push_back(text.c_str());
  view.texts = texts.empty() ? nullptr : text_pointers.data();
  view.integers = integers.empty() ? nullptr : integers.data();
  view.numbers = numbers.empty() ? nullptr : numbers.data();
  view.count = std::max({texts.size(), integers.size(), numbers.size()});
}

wf::Status read_array(MLMultiArray* array, std::span<std::byte> bytes) {
  const std::vector<int64_t> shape = numbers_of([array shape]), strides = numbers_of([array strides]);
  WF_TRY(const size_t element_size, apple_element_size(static_cast<int64_t>([array dataType])));
  // What the handler is given dies when it returns, so everything is copied inside.
  __block wf::Status status = wf::Error(wf::ErrorCode::kInternal, "Core ML did not show the array's bytes");
  const std::vector<int64_t>*shape_here = &shape, *strides_here = &strides;
  [array getBytesWithHandler:^(const void* there, NSInteger size) {
    status = gather({static_cast<const std::byte*>(there), static_cast<size_t>(size)}, *shape_here,
                    *strides_here, element_size, bytes);
  }];
  return status;
}

int read_value(MLFeatureValue* value, OwnedValue& out, wfa_failure* failure) {
  const MLFeatureType type = value ? [value type] : MLFeatureTypeInvalid;
  switch (type) {
    case MLFeatureTypeMultiArray:
      return read_multi_array([value multiArrayValue], out, failure);
    case MLFeatureTypeImage:
      return read_pixels([value imageBufferValue], out, failure);
    case MLFeatureTypeInt64:
      out.view.kind = WFA_INT64;
      out.integers = {static_cast<int64_t>([value int64Value])};
      return WFA_OK;
    case MLFeatureTypeDouble:
      out.view.kind = WFA_DOUBLE;
      out.numbers = {[value doubleValue]};
      return WFA_OK;
    case MLFeatureTypeString:
      out.view.kind = WFA_STRING;
      out.texts = {text_of([value stringValue])};
      return WFA_OK;
    case MLFeatureTypeDictionary:
      read_dictionary([value dictionaryValue], out);
      return WFA_OK;
    case MLFeatureTypeSequence:
      read_sequence([value sequenceValue], out);
      return WFA_OK;
    default:
      out.view.kind = WFA_UNDEFINED;
      return WFA_OK;
  }
}

}  // namespace wf::bridge
