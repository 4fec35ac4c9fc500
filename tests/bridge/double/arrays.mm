// Arrays that show their bytes only for as long as they must.
#include "bridge/double/body.h"
#include "bridge/double/make.h"

#include <cstring>

namespace wf::apple_double {
namespace {

struct ArrayBody {
  void* base = nullptr;
  size_t bytes = 0;  // to the last element and not beyond: the last row may be short
  MLMultiArrayDataType dtype = MLMultiArrayDataTypeFloat32;
  Held<NSArray<NSNumber*>*> shape, strides;
  void (^deallocator)(void*) = nullptr;
};

size_t element_size(MLMultiArrayDataType dtype) { return static_cast<size_t>(dtype & 0xffff) / 8; }

size_t elements_reached(const std::vector<int64_t>& shape, const std::vector<int64_t>& strides) {
  int64_t last = 0;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 0) return 0;
    last += (shape[i] - 1) * strides[i];
  }
  return static_cast<size_t>(last) + 1;
}

}  // namespace

NSError* error_of(NSInteger code, NSString* text, NSError* below) {
  NSMutableDictionary* facts = [NSMutableDictionary dictionary];
  [facts setObject:text forKey:NSLocalizedDescriptionKey];
  if (below) [facts setObject:below forKey:NSUnderlyingErrorKey];
  return [NSError errorWithDomain:MLModelErrorDomain code:code userInfo:facts];
}

NSArray<NSNumber*>* to_numbers(const std::vector<int64_t>& values) {
  NSMutableArray<NSNumber*>* out = [NSMutableArray array];
  for (const int64_t value : values) [out addObject:@(value)];
  return out;
}

std::vector<int64_t> to_sizes(NSArray<NSNumber*>* values) {
  std::vector<int64_t> out;
  for (NSNumber* value in values) out.push_back([value longLongValue]);
  return out;
}

const std::byte* bytes_of(MLMultiArray* array) {
  return static_cast<const std::byte*>(body_of<ArrayBody>(array).base);
}
std::byte* mutable_bytes_of(MLMultiArray* array) {
  return static_cast<std::byte*>(body_of<ArrayBody>(array).base);
}

}  // namespace wf::apple_double

using namespace wf::apple_double;

NSString* const MLModelErrorDomain = @"com.apple.CoreML";

@implementation MLMultiArray
- (instancetype)initWithShape:(NSArray<NSNumber*>*)shape
                     dataType:(MLMultiArrayDataType)dataType
                        error:(NSError**)error {
  std::vector<int64_t> sizes = to_sizes(shape), strides(sizes.size());
  int64_t step = 1;
  for (size_t i = sizes.size(); i-- > 0;) {
    strides[i] = step;
    step *= sizes[i];
  }
  const size_t bytes = elements_reached(sizes, strides) * element_size(dataType);
  void* base = malloc(bytes);
  memset(base, 0xAB, bytes);  // as undefined as Core ML's
  return [self initWithDataPointer:base
                             shape:shape
                          dataType:dataType
                           strides:to_numbers(strides)
                       deallocator:^(void* there) {
                         free(there);
                       }
                             error:error];
}

- (instancetype)initWithDataPointer:(void*)dataPointer
                              shape:(NSArray<NSNumber*>*)shape
                           dataType:(MLMultiArrayDataType)dataType
                            strides:(NSArray<NSNumber*>*)strides
                        deallocator:(void (^)(void* bytes))deallocator
                              error:(NSError**)error {
  self = [super init];
  const bool releasing = fault("array.init_fails_releasing");
  if (releasing || fault("array.init_fails") || [shape count] != [strides count]) {
    set_error(error, error_of(0, @"Failed to create a MultiArray"));
    if (releasing && deallocator) deallocator(dataPointer);
    [self release];
    return nil;
  }
  ArrayBody& made = begin_body<ArrayBody>(self, "MLMultiArray");
  made.base = dataPointer;
  made.dtype = dataType;
  made.shape = Held<NSArray<NSNumber*>*>::adopted([shape copy]);
  made.strides = Held<NSArray<NSNumber*>*>::adopted([strides copy]);
  made.bytes = elements_reached(to_sizes(shape), to_sizes(strides)) * element_size(dataType);
  if (deallocator) made.deallocator = Block_copy(deallocator);
  return self;
}

- (void)dealloc {
  if (self->body) {
    ArrayBody& it = body_of<ArrayBody>(self);
    if (it.deallocator) {
      note("deallocators");
      it.deallocator(it.base);
      Block_release(it.deallocator);
    }
    end_body<ArrayBody>(self, "MLMultiArray");
  }
  [super dealloc];
}

- (MLMultiArrayDataType)dataType {
  return body_of<ArrayBody>(self).dtype;
}
- (NSArray<NSNumber*>*)shape {
  return body_of<ArrayBody>(self).shape.get();
}
- (NSArray<NSNumber*>*)strides {
  return body_of<ArrayBody>(self).strides.get();
}
- (NSInteger)count {
  NSInteger count = 1;
  for (NSNumber* size in [self shape]) count *= [size integerValue];
  return count;
}

// The view is a copy that dies with the handler: whoever keeps the pointer reads freed memory.
- (void)getBytesWithHandler:(void (^)(const void* bytes, NSInteger size))handler {
  const ArrayBody& it = body_of<ArrayBody>(self);
  void* view = malloc(it.bytes);
  memcpy(view, it.base, it.bytes);
  @try {
    handler(view, static_cast<NSInteger>(it.bytes));
  } @finally {
    free(view);
  }
}

// With "state.strides" the handler sees the array spread out: only the strides it is given are right.
- (void)getMutableBytesWithHandler:(void (^)(void* bytes, NSInteger size,
                                             NSArray<NSNumber*>* strides))handler {
  const ArrayBody& it = body_of<ArrayBody>(self);
  const std::vector<int64_t> shape = to_sizes([self shape]), strides = to_sizes([self strides]);
  std::vector<int64_t> shown = strides;
  if (fault("state.strides")) {
    for (int64_t& stride : shown) stride *= 2;
  }
  const size_t width = element_size(it.dtype), bytes = elements_reached(shape, shown) * width;
  auto* view = static_cast<std::byte*>(malloc(bytes));
  memset(view, 0xEE, bytes);
  const auto copy = [&](bool back) {
    for_each_element(shape, [&](const std::vector<int64_t>& at) {
      std::byte* there = static_cast<std::byte*>(it.base) + offset_of(at, strides) * width;
      std::byte* here = view + offset_of(at, shown) * width;
      memcpy(back ? there : here, back ? here : there, width);
    });
  };
  copy(false);
  @try {
    handler(view, static_cast<NSInteger>(bytes), to_numbers(shown));
    copy(true);
  } @finally {
    free(view);
  }
}
@end
