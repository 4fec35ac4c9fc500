// Feature values, providers, and the way between them and Windfall's tensors.
#include "bridge/double/body.h"
#include "bridge/double/make.h"
#include "bridge/double/pixel_buffer.h"

#include <cmath>
#include <cstring>

#include "base/float16.h"

namespace wf::apple_double {
namespace {

struct SequenceBody {
  MLFeatureType type = MLFeatureTypeString;
  Held<NSArray*> items;
};

struct ValueBody {
  MLFeatureType type = MLFeatureTypeInvalid;
  int64_t integer = 0;
  double number = 0;
  Held<id> object;  // text, array, dictionary, sequence
  CVPixelBufferRef pixels = nullptr;
};

struct ProviderBody {
  Held<NSDictionary<NSString*, id>*> features;
};
struct BatchBody {
  Held<NSArray<id<MLFeatureProvider>>*> rows;
};

MLFeatureValue* make_value(ValueBody body) {
  MLFeatureValue* value = [[MLFeatureValue new] autorelease];
  value->body = new ValueBody(std::move(body));
  count_object("MLFeatureValue", 1);
  return value;
}

std::optional<DType> dtype_of(MLMultiArrayDataType dtype) {
  switch (static_cast<int64_t>(dtype)) {
    case MLMultiArrayDataTypeDouble:
      return DType::kFloat64;
    case MLMultiArrayDataTypeFloat32:
      return DType::kFloat32;
    case MLMultiArrayDataTypeFloat16:
      return DType::kFloat16;
    case MLMultiArrayDataTypeInt32:
      return DType::kInt32;
    case MLMultiArrayDataTypeInt8:
      return DType::kInt8;
    default:
      return std::nullopt;
  }
}

// Strides as Core ML is seen to use them: rows padded to 64 bytes (the Neural Engine's habit), dimensions in
// another order, anything at all where a size is 1.
std::vector<int64_t> strides_of(const std::vector<int64_t>& shape, const std::string& layout, size_t width) {
  std::vector<int64_t> strides(shape.size());
  int64_t step = 1;
  if (layout == "transposed") {
    for (size_t i = 0; i < shape.size(); ++i) {
      strides[i] = step;
      step *= shape[i];
    }
    return strides;
  }
  const auto row = static_cast<int64_t>(64 / width);
  for (size_t i = shape.size(); i-- > 0;) {
    strides[i] = step;
    const bool is_row = i + 1 == shape.size() && layout == "padded";
    step *= is_row ? (shape[i] + row - 1) / row * row : shape[i];
  }
  if (layout == "odd") {
    for (size_t i = 0; i < shape.size(); ++i) {
      if (shape[i] == 1) strides[i] = i % 2 ? 0 : 1;
    }
  }
  return strides;
}

// NaN where there are floats, absurd where there are integers.
void poison(std::byte* base, size_t bytes, DType dtype) {
  for (size_t i = 0; i < bytes; ++i) base[i] = std::byte{is_floating(dtype) ? uint8_t{0xFF} : uint8_t{0x5A}};
}

}  // namespace

MLMultiArrayDataType apple_dtype(DType dtype) {
  switch (dtype) {
    case DType::kFloat64:
      return MLMultiArrayDataTypeDouble;
    case DType::kFloat16:
      return MLMultiArrayDataTypeFloat16;
    case DType::kInt32:
      return MLMultiArrayDataTypeInt32;
    case DType::kInt8:
      return MLMultiArrayDataTypeInt8;
    default:
      return MLMultiArrayDataTypeFloat32;
  }
}

std::optional<Tensor> to_tensor(MLMultiArray* array) {
  const auto dtype = dtype_of([array dataType]);
  if (!dtype) return std::nullopt;
  const std::vector<int64_t> shape = to_sizes([array shape]), strides = to_sizes([array strides]);
  auto tensor = Tensor::allocate(*dtype, shape);
  if (!tensor) return std::nullopt;
  const size_t width = static_cast<size_t>(bit_width(*dtype)) / 8;
  const std::byte* base = bytes_of(array);
  size_t next = 0;
  for_each_element(shape, [&](const std::vector<int64_t>& at) {
    memcpy(tensor->mutable_bytes().data() + next++ * width, base + offset_of(at, strides) * width, width);
  });
  return *tensor;
}

void write_tensor(MLMultiArray* array, const Tensor& tensor) {
  const std::vector<int64_t> shape = to_sizes([array shape]), strides = to_sizes([array strides]);
  const size_t width = static_cast<size_t>(bit_width(tensor.dtype())) / 8;
  std::byte* base = mutable_bytes_of(array);
  size_t next = 0;
  for_each_element(shape, [&](const std::vector<int64_t>& at) {
    memcpy(base + offset_of(at, strides) * width, tensor.bytes().data() + next++ * width, width);
  });
}

MLMultiArray* to_array(const Tensor& given) {
  Tensor tensor = given;
  if (const std::string asked = script_text("dtype"); !asked.empty() && is_floating(tensor.dtype()))
    tensor = *converted(tensor, *dtype_from_name(asked));
  const size_t width = static_cast<size_t>(bit_width(tensor.dtype())) / 8;
  const std::vector<int64_t>& shape = tensor.shape();
  const std::vector<int64_t> strides = strides_of(shape, script_text("layout"), width);
  size_t reached = 0;
  for_each_element(shape, [&](const std::vector<int64_t>& at) {
    reached = std::max(reached, offset_of(at, strides) + 1);
  });
  void* base = malloc(reached * width);
  poison(static_cast<std::byte*>(base), reached * width, tensor.dtype());
  auto dtype = apple_dtype(tensor.dtype());
  MLMultiArray* array = [[[MLMultiArray alloc] initWithDataPointer:base
                                                             shape:to_numbers(shape)
                                                          dataType:dtype
                                                           strides:to_numbers(strides)
                                                       deallocator:^(void* there) {
                                                         free(there);
                                                       }
                                                             error:nullptr] autorelease];
  if (!array) {
    free(base);
    return nil;
  }
  write_tensor(array, tensor);
  return array;
}

namespace {

Datum text_datum(NSString* text) { return *string_scalar(to_text(text)); }
Datum key_datum(id key) {
  return [key isKindOfClass:[NSString class]]
             ? text_datum(key)
             : Datum(*Tensor::of_ints(DType::kInt64, {}, std::vector<int64_t>{[key longLongValue]}));
}
id key_object(const Datum& key) {
  const Tensor& tensor = *key.tensor();
  return tensor.dtype() == DType::kString ? (id)to_ns(tensor.strings()[0]) : (id) @(read_int(tensor, 0));
}

// uint8 [H, W, 3] in RGB order, [H, W], or fp16 [H, W].
Datum to_pixels(CVPixelBufferRef buffer) {
  const PixelView view = view_of(buffer);
  const auto height = static_cast<int64_t>(view.height), width = static_cast<int64_t>(view.width);
  if (view.format == kCVPixelFormatType_32BGRA) {
    Tensor out = *Tensor::allocate(DType::kUInt8, {height, width, 3});
    for (int64_t y = 0; y < height; ++y) {
      for (int64_t x = 0; x < width; ++x) {
        for (int64_t c = 0; c < 3; ++c)
          out.store<uint8_t>((y * width + x) * 3 + c,
                             view.base[y * static_cast<int64_t>(view.bytes_per_row) + x * 4 + 2 - c]);
      }
    }
    return out;
  }
  const bool half = view.format == kCVPixelFormatType_OneComponent16Half;
  Tensor out = *Tensor::allocate(half ? DType::kFloat16 : DType::kUInt8, {height, width});
  const size_t row = view.width * (half ? 2 : 1);
  for (int64_t y = 0; y < height; ++y)
    memcpy(out.mutable_bytes().data() + static_cast<size_t>(y) * row,
           view.base + static_cast<size_t>(y) * view.bytes_per_row, row);
  return out;
}

MLFeatureValue* image_value(const ImageFeature& image, const Tensor& pixels) {
  const auto height = static_cast<size_t>(pixels.shape()[0]), width = static_cast<size_t>(pixels.shape()[1]);
  const OSType format = image.layout == ColorLayout::kGrayscale ? kCVPixelFormatType_OneComponent8
                        : image.layout == ColorLayout::kGrayscaleFloat16
                            ? kCVPixelFormatType_OneComponent16Half
                            : kCVPixelFormatType_32BGRA;
  CVPixelBufferRef buffer = nullptr;
  CVPixelBufferCreate(nullptr, width, height, format, nullptr,
                      &buffer);  // rows are padded, the padding is poisoned
  const PixelView view = view_of(buffer);
  const size_t component = format == kCVPixelFormatType_OneComponent16Half ? 2 : 1;
  for (size_t y = 0; y < height; ++y) {
    uint8_t* row = view.base + y * view.bytes_per_row;
    if (format != kCVPixelFormatType_32BGRA) {
      memcpy(row, pixels.bytes().data() + y * width * component, width * component);
      continue;
    }
    for (size_t x = 0; x < width; ++x) {
      for (size_t c = 0; c < 3; ++c)
        row[x * 4 + 2 - c] = pixels.load<uint8_t>(static_cast<int64_t>((y * width + x) * 3 + c));
      row[x * 4 + 3] = 255;
    }
  }
  MLFeatureValue* value = [MLFeatureValue featureValueWithPixelBuffer:buffer];
  CVPixelBufferRelease(buffer);
  return value;
}

}  // namespace

std::optional<Datum> to_datum(MLFeatureValue* value) {
  switch ([value type]) {
    case MLFeatureTypeMultiArray:
      if (auto tensor = to_tensor([value multiArrayValue])) return Datum(*tensor);
      return std::nullopt;
    case MLFeatureTypeImage:
      return to_pixels([value imageBufferValue]);
    case MLFeatureTypeInt64:
      return Datum(*Tensor::of_ints(DType::kInt64, {}, std::vector<int64_t>{[value int64Value]}));
    case MLFeatureTypeDouble:
      return Datum(*Tensor::scalar(DType::kFloat64, [value doubleValue]));
    case MLFeatureTypeString:
      return text_datum([value stringValue]);
    case MLFeatureTypeDictionary: {
      Dict dict;
      NSDictionary* given = [value dictionaryValue];
      for (id key in given)
        dict.items.emplace_back(key_datum(key),
                                *Tensor::scalar(DType::kFloat64, [[given objectForKey:key] doubleValue]));
      return Datum(std::move(dict));
    }
    case MLFeatureTypeSequence: {
      List list;
      MLSequence* given = [value sequenceValue];
      for (id item in [given type] == MLFeatureTypeInt64 ? (NSArray*)[given int64Values]
                                                         : (NSArray*)[given stringValues])
        list.items.push_back(key_datum(item));
      return Datum(std::move(list));
    }
    default:
      return std::nullopt;
  }
}

MLFeatureValue* to_feature_value(const Feature& feature, const Datum& value) {
  if (const ImageFeature* image = feature.image()) return image_value(*image, *value.tensor());
  if (feature.array()) return [MLFeatureValue featureValueWithMultiArray:to_array(*value.tensor())];
  if (const Dict* dict = value.dict()) {
    NSMutableDictionary* out = [NSMutableDictionary dictionary];
    for (const auto& [key, number] : dict->items)
      [out setObject:@(read_double(*number.tensor(), 0)) forKey:key_object(key)];
    return [MLFeatureValue featureValueWithDictionary:out error:nullptr];
  }
  if (const List* list = value.list()) {
    NSMutableArray* out = [NSMutableArray array];
    for (const Datum& item : list->items) [out addObject:key_object(item)];
    const bool integers = std::get<SequenceFeature>(feature.type).element == KeyKind::kInt64;
    return [MLFeatureValue featureValueWithSequence:integers ? [MLSequence sequenceWithInt64Array:out]
                                                             : [MLSequence sequenceWithStringArray:out]];
  }
  const Tensor& scalar = *value.tensor();
  if (scalar.dtype() == DType::kString)
    return [MLFeatureValue featureValueWithString:to_ns(scalar.strings()[0])];
  if (scalar.dtype() == DType::kInt64) return [MLFeatureValue featureValueWithInt64:read_int(scalar, 0)];
  return [MLFeatureValue featureValueWithDouble:read_double(scalar, 0)];
}

}  // namespace wf::apple_double

using namespace wf::apple_double;

@implementation MLSequence
+ (instancetype)sequenceWithStringArray:(NSArray<NSString*>*)values {
  MLSequence* made = [[self new] autorelease];
  begin_body<SequenceBody>(made, "MLSequence", MLFeatureTypeString, Held<NSArray*>::adopted([values copy]));
  return made;
}
+ (instancetype)sequenceWithInt64Array:(NSArray<NSNumber*>*)values {
  MLSequence* made = [[self new] autorelease];
  begin_body<SequenceBody>(made, "MLSequence", MLFeatureTypeInt64, Held<NSArray*>::adopted([values copy]));
  return made;
}
- (void)dealloc {
  end_body<SequenceBody>(self, "MLSequence");
  [super dealloc];
}
- (MLFeatureType)type {
  return body_of<SequenceBody>(self).type;
}
- (NSArray<NSString*>*)stringValues {
  return [self type] == MLFeatureTypeString ? body_of<SequenceBody>(self).items.get() : @[];
}
- (NSArray<NSNumber*>*)int64Values {
  return [self type] == MLFeatureTypeInt64 ? body_of<SequenceBody>(self).items.get() : @[];
}
@end

@implementation MLFeatureValue
+ (instancetype)featureValueWithInt64:(int64_t)value {
  ValueBody made;
  made.type = MLFeatureTypeInt64;
  made.integer = value;
  return make_value(std::move(made));
}
+ (instancetype)featureValueWithDouble:(double)value {
  ValueBody made;
  made.type = MLFeatureTypeDouble;
  made.number = value;
  return make_value(std::move(made));
}
+ (instancetype)featureValueWithString:(NSString*)value {
  ValueBody made;
  made.type = MLFeatureTypeString;
  made.object = Held<id>::adopted([value copy]);
  return make_value(std::move(made));
}
+ (instancetype)featureValueWithMultiArray:(MLMultiArray*)value {
  ValueBody made;
  made.type = MLFeatureTypeMultiArray;
  made.object = Held<id>(value);
  return make_value(std::move(made));
}
+ (instancetype)featureValueWithPixelBuffer:(CVPixelBufferRef)value {
  ValueBody made;
  made.type = MLFeatureTypeImage;
  made.pixels = CVPixelBufferRetain(value);
  return make_value(std::move(made));
}
+ (instancetype)featureValueWithSequence:(MLSequence*)value {
  ValueBody made;
  made.type = MLFeatureTypeSequence;
  made.object = Held<id>(value);
  return make_value(std::move(made));
}
+ (instancetype)featureValueWithDictionary:(NSDictionary*)value error:(NSError**)error {
  for (id key in value) {
    if ([key isKindOfClass:[NSString class]] || [key isKindOfClass:[NSNumber class]]) continue;
    set_error(error, error_of(1, @"keys of a dictionary are texts or integers"));
    return nil;
  }
  ValueBody made;
  made.type = MLFeatureTypeDictionary;
  made.object = Held<id>::adopted([value copy]);
  return make_value(std::move(made));
}
- (void)dealloc {
  if (self->body) CVPixelBufferRelease(body_of<ValueBody>(self).pixels);
  end_body<ValueBody>(self, "MLFeatureValue");
  [super dealloc];
}
- (MLFeatureType)type {
  return body_of<ValueBody>(self).type;
}
- (BOOL)isUndefined {
  return [self type] == MLFeatureTypeInvalid;
}
- (int64_t)int64Value {
  return body_of<ValueBody>(self).integer;
}
- (double)doubleValue {
  return body_of<ValueBody>(self).number;
}
- (NSString*)stringValue {
  return [self type] == MLFeatureTypeString ? body_of<ValueBody>(self).object.get() : @"";
}
- (MLMultiArray*)multiArrayValue {
  return [self type] == MLFeatureTypeMultiArray ? body_of<ValueBody>(self).object.get() : nil;
}
- (NSDictionary*)dictionaryValue {
  return [self type] == MLFeatureTypeDictionary ? body_of<ValueBody>(self).object.get() : nil;
}
- (CVPixelBufferRef)imageBufferValue {
  return body_of<ValueBody>(self).pixels;
}
- (MLSequence*)sequenceValue {
  return [self type] == MLFeatureTypeSequence ? body_of<ValueBody>(self).object.get() : nil;
}
@end

@implementation MLDictionaryFeatureProvider
- (instancetype)initWithDictionary:(NSDictionary<NSString*, id>*)dictionary error:(NSError**)error {
  self = [super init];
  NSMutableDictionary<NSString*, id>* features = [NSMutableDictionary dictionary];
  for (NSString* name in dictionary) {
    id value = [dictionary objectForKey:name];
    if ([value isKindOfClass:[MLMultiArray class]]) value = [MLFeatureValue featureValueWithMultiArray:value];
    if (![value isKindOfClass:[MLFeatureValue class]]) {
      set_error(error, error_of(1, @"a value of a dictionary that is no feature"));
      [self release];
      return nil;
    }
    [features setObject:value forKey:name];
  }
  begin_body<ProviderBody>(self, "MLDictionaryFeatureProvider",
                           Held<NSDictionary<NSString*, id>*>::adopted([features copy]));
  return self;
}
- (void)dealloc {
  end_body<ProviderBody>(self, "MLDictionaryFeatureProvider");
  [super dealloc];
}
- (NSSet<NSString*>*)featureNames {
  return [NSSet setWithArray:[body_of<ProviderBody>(self).features.get() allKeys]];
}
- (MLFeatureValue*)featureValueForName:(NSString*)featureName {
  return [body_of<ProviderBody>(self).features.get() objectForKey:featureName];
}
@end

@implementation MLArrayBatchProvider
- (instancetype)initWithFeatureProviderArray:(NSArray<id<MLFeatureProvider>>*)array {
  self = [super init];
  begin_body<BatchBody>(self, "MLArrayBatchProvider",
                        Held<NSArray<id<MLFeatureProvider>>*>::adopted([array copy]));
  return self;
}
- (void)dealloc {
  end_body<BatchBody>(self, "MLArrayBatchProvider");
  [super dealloc];
}
- (NSInteger)count {
  return static_cast<NSInteger>([body_of<BatchBody>(self).rows.get() count]);
}
- (id<MLFeatureProvider>)featuresAtIndex:(NSInteger)index {
  return [body_of<BatchBody>(self).rows.get() objectAtIndex:static_cast<NSUInteger>(index)];
}
@end
