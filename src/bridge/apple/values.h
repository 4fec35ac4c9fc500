// Values between plain C and Core ML's objects.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bridge/apple/objc.h"

namespace wf::bridge {

using Leases = std::vector<std::shared_ptr<Lease>>;

// One lease per value, so that each is ended however far a call comes.
Leases leases_of(const wfa_value* values, size_t count);

// The array over the value's memory, which stays in use until Core ML drops the array. Autoreleased.
int array_of(const wfa_value& value, const std::shared_ptr<Lease>& lease, MLMultiArray** out,
             wfa_failure* failure);

// The inputs by name. Autoreleased.
int provider_of(const wfa_value* values, size_t count, const Leases& leases, id<MLFeatureProvider>* out,
                wfa_failure* failure);

// An output, copied out of Core ML.
struct OwnedValue {
  wfa_value view = {};  // points into what follows, or at memory that was offered
  int backing = WFA_NOT_OFFERED;
  std::string name;
  std::vector<int64_t> shape, strides, integers;
  std::vector<double> numbers;
  std::vector<std::string> texts;
  std::vector<const char*> text_pointers;
  std::unique_ptr<std::byte[]> bytes;

  void point();  // makes `view` point here
};

// `array` without padding, in row-major order, into `bytes` (bytes.size() at least what it takes).
wf::Status read_array(MLMultiArray* array, std::span<std::byte> bytes);

int read_value(MLFeatureValue* value, OwnedValue& out, wfa_failure* failure);

// Pixel buffers (pixels.mm).
int pixel_buffer_of(const wfa_value& value, const std::shared_ptr<Lease>& lease, CVPixelBufferRef* out,
                    wfa_failure* failure);  // the caller releases it
int read_pixels(CVPixelBufferRef buffer, OwnedValue& out, wfa_failure* failure);

}  // namespace wf::bridge
