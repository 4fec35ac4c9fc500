// Descriptions of models, from what Windfall reads in the file.
#include "bridge/double/body.h"
#include "bridge/double/make.h"

namespace wf::apple_double {
namespace {

struct ShapeConstraintBody {
  MLMultiArrayShapeConstraintType type = MLMultiArrayShapeConstraintTypeUnspecified;
  Held<NSArray*> ranges, shapes;
};
struct ArrayConstraintBody {
  Held<NSArray<NSNumber*>*> shape;
  MLMultiArrayDataType dtype = MLMultiArrayDataTypeFloat32;
  Held<MLMultiArrayShapeConstraint*> shapes;
};
struct SizeBody {
  NSInteger wide = 0, high = 0;
};
struct ImageSizesBody {
  MLImageSizeConstraintType type = MLImageSizeConstraintTypeUnspecified;
  NSRange wide, high;
  Held<NSArray*> sizes;
};
struct ImageConstraintBody {
  NSInteger wide = 0, high = 0;
  OSType format = 0;
  Held<MLImageSizeConstraint*> sizes;
};
struct DictionaryConstraintBody {
  MLFeatureType key = MLFeatureTypeString;
};
struct SequenceConstraintBody {
  Held<MLFeatureDescription*> value;
};
struct StateConstraintBody {
  Held<NSArray<NSNumber*>*> shape;
  MLMultiArrayDataType dtype = MLMultiArrayDataTypeFloat16;
};
struct FeatureBody {
  Held<NSString*> name;
  MLFeatureType type = MLFeatureTypeInvalid;
  bool optional = false;
  Held<id> constraint;
};
struct ModelBody {
  Held<NSDictionary*> inputs, outputs, states, metadata;
  Held<NSString*> predicted, probabilities;
};

// Core ML writes an unbounded upper end as a range that reaches to the end of integers.
NSRange range_of(const SizeRange& range) {
  const auto lower = static_cast<NSUInteger>(range.lower);
  return NSMakeRange(lower, range.upper < 0 ? static_cast<NSUInteger>(NSIntegerMax) - lower
                                            : static_cast<NSUInteger>(range.upper - range.lower + 1));
}

template <class Object>
Object* fresh() {
  return [[Object new] autorelease];
}

id array_constraint(const ArrayFeature& array) {
  auto* shapes = fresh<MLMultiArrayShapeConstraint>();
  ShapeConstraintBody body;
  NSMutableArray *ranges = [NSMutableArray array], *enumerated = [NSMutableArray array];
  for (const SizeRange& range : array.ranges) [ranges addObject:[NSValue valueWithRange:range_of(range)]];
  for (const Shape& shape : array.enumerated) [enumerated addObject:to_numbers(shape)];
  if (!array.ranges.empty()) body.type = MLMultiArrayShapeConstraintTypeRange;
  if (!array.enumerated.empty()) body.type = MLMultiArrayShapeConstraintTypeEnumerated;
  body.ranges = Held<NSArray*>(ranges);
  body.shapes = Held<NSArray*>(enumerated);
  begin_body<ShapeConstraintBody>(shapes, "constraint", std::move(body));
  auto* constraint = fresh<MLMultiArrayConstraint>();
  begin_body<ArrayConstraintBody>(constraint, "constraint",
                                  Held<NSArray<NSNumber*>*>(to_numbers(array.shape)),
                                  apple_dtype(array.dtype), Held<MLMultiArrayShapeConstraint*>(shapes));
  return constraint;
}

id image_constraint(const ImageFeature& image) {
  auto* sizes = fresh<MLImageSizeConstraint>();
  ImageSizesBody body;
  NSMutableArray* enumerated = [NSMutableArray array];
  for (const auto& [width, height] : image.enumerated) {
    auto* size = fresh<MLImageSize>();
    begin_body<SizeBody>(size, "constraint", static_cast<NSInteger>(width), static_cast<NSInteger>(height));
    [enumerated addObject:size];
  }
  if (!image.enumerated.empty()) body.type = MLImageSizeConstraintTypeEnumerated;
  if (image.width_range && image.height_range) {
    body.type = MLImageSizeConstraintTypeRange;
    body.wide = range_of(*image.width_range);
    body.high = range_of(*image.height_range);
  }
  body.sizes = Held<NSArray*>(enumerated);
  begin_body<ImageSizesBody>(sizes, "constraint", std::move(body));
  const OSType format = image.layout == ColorLayout::kGrayscale ? kCVPixelFormatType_OneComponent8
                        : image.layout == ColorLayout::kGrayscaleFloat16
                            ? kCVPixelFormatType_OneComponent16Half
                            : kCVPixelFormatType_32BGRA;
  auto* constraint = fresh<MLImageConstraint>();
  begin_body<ImageConstraintBody>(constraint, "constraint", static_cast<NSInteger>(image.width),
                                  static_cast<NSInteger>(image.height), format,
                                  Held<MLImageSizeConstraint*>(sizes));
  return constraint;
}

MLFeatureType type_of_key(KeyKind kind) {
  return kind == KeyKind::kInt64 ? MLFeatureTypeInt64 : MLFeatureTypeString;
}

MLFeatureDescription* describe_value(MLFeatureType type) {
  auto* out = fresh<MLFeatureDescription>();
  FeatureBody body;
  body.name = Held<NSString*>(@"");
  body.type = type;
  begin_body<FeatureBody>(out, "MLFeatureDescription", std::move(body));
  return out;
}

MLFeatureDescription* describe(const Feature& feature) {
  FeatureBody body;
  body.name = Held<NSString*>(to_ns(feature.name));
  body.optional = feature.optional;
  id constraint = nil;
  if (const ArrayFeature* array = feature.array()) {
    body.type = MLFeatureTypeMultiArray;
    constraint = array_constraint(*array);
  } else if (const ImageFeature* image = feature.image()) {
    body.type = MLFeatureTypeImage;
    constraint = image_constraint(*image);
  } else if (const auto* dict = std::get_if<DictFeature>(&feature.type)) {
    body.type = MLFeatureTypeDictionary;
    constraint = fresh<MLDictionaryConstraint>();
    begin_body<DictionaryConstraintBody>((MLDictionaryConstraint*)constraint, "constraint",
                                         type_of_key(dict->key));
  } else if (const auto* sequence = std::get_if<SequenceFeature>(&feature.type)) {
    body.type = MLFeatureTypeSequence;
    constraint = fresh<MLSequenceConstraint>();
    begin_body<SequenceConstraintBody>(
        (MLSequenceConstraint*)constraint, "constraint",
        Held<MLFeatureDescription*>(describe_value(type_of_key(sequence->element))));
  } else if (const auto* state = std::get_if<StateFeature>(&feature.type)) {
    body.type = MLFeatureTypeState;
    constraint = fresh<MLStateConstraint>();
    begin_body<StateConstraintBody>((MLStateConstraint*)constraint, "constraint",
                                    Held<NSArray<NSNumber*>*>(to_numbers(state->array.shape)),
                                    apple_dtype(state->array.dtype));
  } else if (std::holds_alternative<Int64Feature>(feature.type)) {
    body.type = MLFeatureTypeInt64;
  } else if (std::holds_alternative<DoubleFeature>(feature.type)) {
    body.type = MLFeatureTypeDouble;
  } else if (std::holds_alternative<StringFeature>(feature.type)) {
    body.type = MLFeatureTypeString;
  }
  body.constraint = Held<id>(constraint);
  auto* out = fresh<MLFeatureDescription>();
  begin_body<FeatureBody>(out, "MLFeatureDescription", std::move(body));
  return out;
}

NSDictionary* describe_all(const std::vector<Feature>& features) {
  NSMutableDictionary* out = [NSMutableDictionary dictionary];
  for (const Feature& feature : features) [out setObject:describe(feature) forKey:to_ns(feature.name)];
  return out;
}

template <class Object>
Object* constraint_of(MLFeatureDescription* feature) {
  id constraint = body_of<FeatureBody>(feature).constraint.get();
  return [constraint isKindOfClass:[Object class]] ? constraint : nil;
}

}  // namespace

MLModelDescription* to_description(const ModelFile& file, const Interface& interface) {
  NSMutableDictionary* metadata = [NSMutableDictionary dictionary];
  const Metadata& given = file.description.metadata;
  [metadata setObject:to_ns(given.author) forKey:@"MLModelAuthorKey"];
  [metadata setObject:to_ns(given.license) forKey:@"MLModelLicenseKey"];
  [metadata setObject:to_ns(given.short_description) forKey:@"MLModelDescriptionKey"];
  [metadata setObject:[NSDictionary dictionary] forKey:@"MLModelCreatorDefinedKey"];
  auto* out = fresh<MLModelDescription>();
  begin_body<ModelBody>(out, "MLModelDescription", Held<NSDictionary*>(describe_all(interface.inputs)),
                        Held<NSDictionary*>(describe_all(interface.outputs)),
                        Held<NSDictionary*>(describe_all(interface.states)), Held<NSDictionary*>(metadata),
                        Held<NSString*>(to_ns(interface.predicted_feature_name)),
                        Held<NSString*>(to_ns(interface.predicted_probabilities_name)));
  return out;
}

}  // namespace wf::apple_double

using namespace wf::apple_double;

#define GONE(Body, name)        \
  -(void)dealloc {              \
    end_body<Body>(self, name); \
    [super dealloc];            \
  }

@implementation MLMultiArrayShapeConstraint
GONE(ShapeConstraintBody, "constraint")
- (MLMultiArrayShapeConstraintType)type {
  return body_of<ShapeConstraintBody>(self).type;
}
- (NSArray<NSValue*>*)sizeRangeForDimension {
  return body_of<ShapeConstraintBody>(self).ranges.get();
}
- (NSArray<NSArray<NSNumber*>*>*)enumeratedShapes {
  return body_of<ShapeConstraintBody>(self).shapes.get();
}
@end

@implementation MLMultiArrayConstraint
GONE(ArrayConstraintBody, "constraint")
- (NSArray<NSNumber*>*)shape {
  return body_of<ArrayConstraintBody>(self).shape.get();
}
- (MLMultiArrayDataType)dataType {
  return body_of<ArrayConstraintBody>(self).dtype;
}
- (MLMultiArrayShapeConstraint*)shapeConstraint {
  return body_of<ArrayConstraintBody>(self).shapes.get();
}
@end

@implementation MLImageSize
GONE(SizeBody, "constraint")
- (NSInteger)pixelsWide {
  return body_of<SizeBody>(self).wide;
}
- (NSInteger)pixelsHigh {
  return body_of<SizeBody>(self).high;
}
@end

@implementation MLImageSizeConstraint
GONE(ImageSizesBody, "constraint")
- (MLImageSizeConstraintType)type {
  return body_of<ImageSizesBody>(self).type;
}
- (NSRange)pixelsWideRange {
  return body_of<ImageSizesBody>(self).wide;
}
- (NSRange)pixelsHighRange {
  return body_of<ImageSizesBody>(self).high;
}
- (NSArray<MLImageSize*>*)enumeratedImageSizes {
  return body_of<ImageSizesBody>(self).sizes.get();
}
@end

@implementation MLImageConstraint
GONE(ImageConstraintBody, "constraint")
- (NSInteger)pixelsWide {
  return body_of<ImageConstraintBody>(self).wide;
}
- (NSInteger)pixelsHigh {
  return body_of<ImageConstraintBody>(self).high;
}
- (OSType)pixelFormatType {
  return body_of<ImageConstraintBody>(self).format;
}
- (MLImageSizeConstraint*)sizeConstraint {
  return body_of<ImageConstraintBody>(self).sizes.get();
}
@end

@implementation MLDictionaryConstraint
GONE(DictionaryConstraintBody, "constraint")
- (MLFeatureType)keyType {
  return body_of<DictionaryConstraintBody>(self).key;
}
@end

@implementation MLSequenceConstraint
GONE(SequenceConstraintBody, "constraint")
- (MLFeatureDescription*)valueDescription {
  return body_of<SequenceConstraintBody>(self).value.get();
}
@end

@implementation MLStateConstraint
GONE(StateConstraintBody, "constraint")
- (NSArray<NSNumber*>*)bufferShape {
  return body_of<StateConstraintBody>(self).shape.get();
}
- (MLMultiArrayDataType)dataType {
  return body_of<StateConstraintBody>(self).dtype;
}
@end

@implementation MLFeatureDescription
GONE(FeatureBody, "MLFeatureDescription")
- (NSString*)name {
  return body_of<FeatureBody>(self).name.get();
}
- (MLFeatureType)type {
  return body_of<FeatureBody>(self).type;
}
- (BOOL)isOptional {
  return body_of<FeatureBody>(self).optional;
}
- (MLMultiArrayConstraint*)multiArrayConstraint {
  return constraint_of<MLMultiArrayConstraint>(self);
}
- (MLImageConstraint*)imageConstraint {
  return constraint_of<MLImageConstraint>(self);
}
- (MLDictionaryConstraint*)dictionaryConstraint {
  return constraint_of<MLDictionaryConstraint>(self);
}
- (MLSequenceConstraint*)sequenceConstraint {
  return constraint_of<MLSequenceConstraint>(self);
}
- (MLStateConstraint*)stateConstraint {
  return constraint_of<MLStateConstraint>(self);
}
@end

@implementation MLModelDescription
GONE(ModelBody, "MLModelDescription")
- (NSDictionary<NSString*, MLFeatureDescription*>*)inputDescriptionsByName {
  return body_of<ModelBody>(self).inputs.get();
}
- (NSDictionary<NSString*, MLFeatureDescription*>*)outputDescriptionsByName {
  return body_of<ModelBody>(self).outputs.get();
}
- (NSDictionary<NSString*, MLFeatureDescription*>*)stateDescriptionsByName {
  return body_of<ModelBody>(self).states.get();
}
- (NSString*)predictedFeatureName {
  return body_of<ModelBody>(self).predicted.get();
}
- (NSString*)predictedProbabilitiesName {
  return body_of<ModelBody>(self).probabilities.get();
}
- (NSDictionary<NSString*, id>*)metadata {
  return body_of<ModelBody>(self).metadata.get();
}
@end
