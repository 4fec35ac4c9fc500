// Compile, load, describe.
#include "bridge/apple/objc.h"

#include "bridge/array_dtype.h"
#include "bridge/compute_units.h"
#include "bridge/move_folder.h"

namespace wf::bridge {
namespace {

constexpr const char* kTooOld = "this version of the system's Core ML cannot do it";

bool asks_for_function(const wfa_load_options& options) { return options.function && options.function[0]; }

int check_options(const wfa_load_options& options, wfa_failure* failure) {
  if (!apple_units(options.compute_units)) {
    return fail(failure, WFA_INVALID,
                "compute units are 0 (all), 1 (CPU), 2 (CPU and GPU) or 3 (CPU and Neural Engine)");
  }
  if (asks_for_function(options)) {
    if (@available(macOS 15.0, iOS 18.0, *)) return WFA_OK;
    return fail(failure, WFA_UNSUPPORTED, std::string("a function by name: ") + kTooOld, "it needs macOS 15");
  }
  return WFA_OK;
}

void set_hints(MLModelConfiguration* configuration, const wfa_load_options& options) {
  if (options.reshape_frequent < 0 && options.specialize_fast < 0) return;
  if (@available(macOS 14.4, iOS 17.4, *)) {  // hints: without them all works as well
    const Ref<MLOptimizationHints*> hints = Ref<MLOptimizationHints*>::adopted([MLOptimizationHints new]);
    if (options.reshape_frequent >= 0) {
      [hints.get() setReshapeFrequency:options.reshape_frequent ? MLReshapeFrequencyHintFrequent
                                                                : MLReshapeFrequencyHintInfrequent];
    }
    if (@available(macOS 15.0, iOS 18.0, *)) {
      if (options.specialize_fast >= 0) {
        [hints.get() setSpecializationStrategy:options.specialize_fast
                                                   ? MLSpecializationStrategyFastPrediction
                                                   : MLSpecializationStrategyDefault];
      }
    }
    [configuration setOptimizationHints:hints.get()];
  }
}

std::string dtype_text(int64_t number) {
  const auto dtype = dtype_of_apple(number);
  return dtype ? std::string(name_of(*dtype)) : "?";
}

std::string pixels_text(uint32_t format) {
  switch (format) {
    case kCVPixelFormatType_32BGRA:
    case kCVPixelFormatType_32ARGB:
      return "bgra";
    case kCVPixelFormatType_OneComponent8:
      return "gray8";
    case kCVPixelFormatType_OneComponent16Half:
      return "gray16f";
    default:
      return std::to_string(format);
  }
}

std::pair<int64_t, int64_t> range_of(NSRange range) {
  const bool open = range.length >= static_cast<NSUInteger>(NSIntegerMax) - range.location;
  const auto lower = static_cast<int64_t>(range.location);
  return {lower, open ? -1 : lower + static_cast<int64_t>(range.length) - 1};
}

void describe_array(MLMultiArrayConstraint* constraint, FeatureFacts& out) {
  out.dtype = dtype_text([constraint dataType]);
  out.shape = numbers_of([constraint shape]);
  MLMultiArrayShapeConstraint* shapes = [constraint shapeConstraint];
  if ([shapes type] == MLMultiArrayShapeConstraintTypeEnumerated) {
    for (NSArray<NSNumber*>* shape in [shapes enumeratedShapes]) out.enumerated.push_back(numbers_of(shape));
  } else if ([shapes type] == MLMultiArrayShapeConstraintTypeRange) {
    for (NSValue* range in [shapes sizeRangeForDimension]) out.range.push_back(range_of([range rangeValue]));
  }
}

void describe_image(MLImageConstraint* constraint, FeatureFacts& out) {
  out.width = static_cast<int64_t>([constraint pixelsWide]);
  out.height = static_cast<int64_t>([constraint pixelsHigh]);
  out.pixels = pixels_text([constraint pixelFormatType]);
  MLImageSizeConstraint* sizes = [constraint sizeConstraint];
  if ([sizes type] == MLImageSizeConstraintTypeEnumerated) {
    for (MLImageSize* size in [sizes enumeratedImageSizes]) {
      out.enumerated.push_back(
          {static_cast<int64_t>([size pixelsHigh]), static_cast<int64_t>([size pixelsWide])});
    }
  } else if ([sizes type] == MLImageSizeConstraintTypeRange) {
    out.range = {range_of([sizes pixelsHighRange]), range_of([sizes pixelsWideRange])};
  }
}

const char* key_text(MLFeatureType type) { return type == MLFeatureTypeInt64 ? "int64" : "string"; }

void describe_state(MLFeatureDescription* feature, FeatureFacts& out) {
  if (@available(macOS 15.0, iOS 18.0, *)) {
    out.dtype = dtype_text([[feature stateConstraint] dataType]);
    out.shape = numbers_of([[feature stateConstraint] bufferShape]);
  }
}

FeatureFacts describe(MLFeatureDescription* feature) {
  FeatureFacts out;
  out.name = text_of([feature name]);
  out.optional = [feature isOptional];
  switch ([feature type]) {
    case MLFeatureTypeMultiArray:
      out.type = "array";
      describe_array([feature multiArrayConstraint], out);
      break;
    case MLFeatureTypeImage:
      out.type = "image";
      describe_image([feature imageConstraint], out);
      break;
    case MLFeatureTypeInt64:
      out.type = "int64";
      break;
    case MLFeatureTypeDouble:
      out.type = "double";
      break;
    case MLFeatureTypeString:
      out.type = "string";
      break;
    case MLFeatureTypeDictionary:
      out.type = "dictionary";
      out.element = key_text([[feature dictionaryConstraint] keyType]);
      break;
    case MLFeatureTypeSequence:
      out.type = "sequence";
      out.element = key_text([[[feature sequenceConstraint] valueDescription] type]);
      break;
    case MLFeatureTypeState:
      out.type = "state";
      describe_state(feature, out);
      break;
    default:
      out.type = "unknown";
  }
  return out;
}

std::vector<FeatureFacts> describe_all(NSDictionary<NSString*, MLFeatureDescription*>* features) {
  std::vector<FeatureFacts> out;
  for (NSString* name in [[features allKeys] sortedArrayUsingSelector:@selector(compare:)])
    out.push_back(describe([features objectForKey:name]));
  return out;
}

ModelFacts describe(MLModelDescription* description) {
  ModelFacts facts;
  facts.inputs = describe_all([description inputDescriptionsByName]);
  facts.outputs = describe_all([description outputDescriptionsByName]);
  if (@available(macOS 15.0, iOS 18.0, *)) facts.states = describe_all([description stateDescriptionsByName]);
  facts.predicted_feature_name = text_of([description predictedFeatureName]);
  facts.predicted_probabilities_name = text_of([description predictedProbabilitiesName]);
  NSDictionary* metadata = [description metadata];
  for (id key in [[metadata allKeys] sortedArrayUsingSelector:@selector(compare:)]) {
    id value = [metadata objectForKey:key];
    if ([key isKindOfClass:[NSString class]] && [value isKindOfClass:[NSString class]])
      facts.metadata.emplace_back(text_of(key), text_of(value));
  }
  return facts;
}

}  // namespace

Ref<MLModelConfiguration*> configuration_of(const wfa_load_options& options) {
  auto configuration = Ref<MLModelConfiguration*>::adopted([MLModelConfiguration new]);
  [configuration.get() setComputeUnits:static_cast<MLComputeUnits>(*apple_units(options.compute_units))];
  [configuration.get() setAllowLowPrecisionAccumulationOnGPU:options.low_precision_gpu != 0];
  if (asks_for_function(options)) {
    if (@available(macOS 15.0, iOS 18.0, *)) [configuration.get() setFunctionName:ns_text(options.function)];
  }
  set_hints(configuration.get(), options);
  return configuration;
}

}  // namespace wf::bridge

using namespace wf::bridge;  // NOLINT(google-build-using-namespace): the C functions below are of this room

extern "C" int wfa_compile(const char* source, const char* destination, wfa_failure* failure) {
  if (!source || !destination) return fail(failure, WFA_INVALID, "no path");
  return guarded(failure, [&]() -> int {
    NSURL* url = url_of(source, false);
    if (!url) return fail(failure, WFA_INVALID, "the path is no path to Foundation: " + to_utf8(source));
    const auto completion = std::make_shared<Completion>();
    [MLModel compileModelAtURL:url
             completionHandler:^(NSURL* compiled, NSError* error) {
               completion->arrived(compiled, error);
             }];
    id compiled = nil;
    const std::string doing = "cannot compile " + to_utf8(source);
    if (const int code = completion->wait(failure, doing, &compiled)) return code;
    // The result lies in a temporary place that the system may clear at any time.
    const wf::Status moved = move_folder([[(NSURL*)compiled path] fileSystemRepresentation], destination);
    return moved ? WFA_OK : fail(failure, moved.error());
  });
}

extern "C" int wfa_load(const char* compiled, const wfa_load_options* options, wfa_model** out,
                        wfa_failure* failure) {
  if (!compiled || !options || !out)
    return fail(failure, WFA_INVALID, "no path, options or place for the model");
  *out = nullptr;
  return guarded(failure, [&]() -> int {
    if (const int code = check_options(*options, failure)) return code;
    NSURL* url = url_of(compiled, true);
    if (!url) return fail(failure, WFA_INVALID, "the path is no path to Foundation: " + to_utf8(compiled));
    NSError* error = nil;
    MLModel* model = [MLModel modelWithContentsOfURL:url
                                       configuration:configuration_of(*options).get()
                                               error:&error];
    if (!model) return fail_with(failure, error, "cannot load " + to_utf8(compiled));
    *out = new wfa_model{Ref<MLModel*>::retained(model)};
    return WFA_OK;
  });
}

extern "C" void wfa_free_model(wfa_model* model) {
  if (!model) return;
  guarded(nullptr, [&]() -> int {
    delete model;
    return WFA_OK;
  });
}

extern "C" int wfa_model_schema(wfa_model* model, char** out_json, wfa_failure* failure) {
  if (!model || !out_json) return fail(failure, WFA_INVALID, "no model or place for the text");
  *out_json = nullptr;
  return guarded(failure, [&]() -> int {
    *out_json = copy_text(to_json(describe([model->model.get() modelDescription])));
    return WFA_OK;
  });
}
