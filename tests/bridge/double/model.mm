// Models: compiled by copying, run for real by Windfall's own engine.
#include "bridge/double/body.h"
#include "bridge/double/make.h"
#include "support/wrong_values.h"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include <fmt/format.h>
#include <unistd.h>

#include "runtime/model.h"

namespace wf::apple_double {
namespace {

namespace fs = std::filesystem;

struct HintsBody {
  MLReshapeFrequencyHint reshape = MLReshapeFrequencyHintFrequent;
  MLSpecializationStrategy specialization = MLSpecializationStrategyDefault;
};
struct ConfigurationBody {
  MLComputeUnits units = MLComputeUnitsAll;
  bool low_precision = false;
  Held<MLOptimizationHints*> hints;
  Held<NSString*> function;
};
struct OptionsBody {
  Held<NSDictionary<NSString*, id>*> backings;
};
struct StateBody {
  std::vector<std::pair<std::string, Held<MLMultiArray*>>> arrays;
  std::atomic<int> users{0};
};
struct ModelBody {
  std::shared_ptr<const Model> model;
  std::atomic<int> users{0};
  Held<id> kept;  // what an earlier prediction was given
};

// Counts for as long as it lives; more than one at once is noted.
class Use {
 public:
  Use(std::atomic<int>& users, const char* event) : users_(users) {
    if (++users_ > 1) note(event);
  }
  ~Use() { --users_; }

 private:
  std::atomic<int>& users_;
};

// The common ways of failing, by the first word of the script's keys. True: an error was set.
bool fails(const std::string& what, NSError** error) {
  sleep_if(what + ".sleep_ms");
  hang_if(what + ".hang");
  if (fault(what + ".die")) abort();
  if (fault(what + ".throw"))
    [NSException raise:NSInvalidArgumentException
                format:@"MultiArray shape (2 x 3) does not match in %s", what.c_str()];
  if (fault(what + ".throw_object")) @throw @"a text that is no exception";
  if (fault(what + ".throw_cpp")) throw std::runtime_error("std::runtime_error from within Core ML");
  if (fault(what + ".nil")) return true;  // nothing came, and no reason
  if (fault(what + ".chain")) {
    NSError* deep = error_of(-7, @"E5RT: the true reason");
    set_error(error, error_of(0, @"outer", error_of(11, @"middle", deep)));
    return true;
  }
  if (fault(what + ".error")) {
    set_error(error, error_of(0, @"as the script says",
                              [NSError errorWithDomain:@"com.apple.appleneuralengine"
                                                  code:-14
                                              userInfo:nil]));
    return true;
  }
  if (fault(what + ".error_but_fine")) set_error(error, error_of(3, @"an error though all went well"));
  return false;
}

// The model that a folder of ours holds, or that the folder is.
fs::path source_in(const fs::path& compiled) {
  for (const char* name : {"source.mlpackage", "source.mlmodel", "source.mlmodelc"}) {
    if (fs::exists(compiled / name)) return compiled / name;
  }
  return compiled;
}

fs::path fresh_folder() {
  static std::atomic<int> next{0};
  std::string base = script_text("compile.folder");
  if (base.empty()) base = fs::temp_directory_path().string();
  return fs::path(base) / fmt::format("windfall_double_{}_{}.mlmodelc", ::getpid(), next.fetch_add(1));
}

NSURL* compile(const std::string& source, NSError** error) {
  note("compiles");
  if (fails("compile", error)) return nil;
  const auto file = read_model_file(source, {.allow_missing_weights = true});
  if (!file) {
    set_error(error, error_of(3, to_ns("compiler error: " + file.error().to_string())));
    return nil;
  }
  const fs::path folder = fresh_folder();
  fs::create_directories(folder);
  fs::copy(source, folder / ("source" + file->container), fs::copy_options::recursive);
  if (fault("compile.vanish")) fs::remove_all(folder);
  return [NSURL fileURLWithPath:to_ns(folder.string()) isDirectory:YES];
}

// A model file that Windfall's readers know but which none of its engines may run here is as good as broken.
std::shared_ptr<const Model> load(const std::string& path, MLModelConfiguration* configuration,
                                  NSError** error) {
  note("loads");
  note_last("path", path);
  note_last("units", std::to_string(static_cast<long>([configuration computeUnits])));
  note_last("function", to_text([configuration functionName]));
  MLOptimizationHints* hints = [configuration optimizationHints];
  note_last("reshape", hints ? std::to_string(static_cast<long>([hints reshapeFrequency])) : "");
  note_last("specialization", hints ? std::to_string(static_cast<long>([hints specializationStrategy])) : "");
  note_last("low_precision", [configuration allowLowPrecisionAccumulationOnGPU] ? "1" : "0");
  if (fails("load", error)) return nullptr;
  if (!fs::path(path).string().ends_with(".mlmodelc")) {
    set_error(error, error_of(3, to_ns(path + " is not a compiled model")));
    return nullptr;
  }
  const char* engine = std::getenv("WINDFALL_DOUBLE_ENGINE");
  LoadOptions options;
  options.engine = engine ? engine : "reference";
  options.prepare.function = to_text([configuration functionName]);
  auto model = Model::load(source_in(path), options);
  if (!model) {
    set_error(error, error_of(3, to_ns("Unable to load model: " + model.error().to_string())));
    return nullptr;
  }
  return std::make_shared<const Model>(*std::move(model));
}

// The arrays must be declared as the model has them: Core ML refuses others.
NSError* wrong_input(const Interface& interface, id<MLFeatureProvider> input) {
  for (const Feature& feature : interface.inputs) {
    MLFeatureValue* value = [input featureValueForName:to_ns(feature.name)];
    if (!value && !feature.optional) {
      NSError* below = error_of(-7, @"E5RT: missing buffer");
      return error_of(1, to_ns("Feature " + feature.name + " is required but not specified."), below);
    }
    if (value && feature.array() && [value type] != MLFeatureTypeMultiArray)
      return error_of(1, to_ns("Feature " + feature.name + " is not of the declared type"));
    if (value && feature.image() && [value type] != MLFeatureTypeImage)
      return error_of(1, to_ns("Feature " + feature.name + " is not an image"));
  }
  return nil;
}

ModelState borrowed_state(MLState* state) {
  ModelState out;
  for (const auto& [name, array] : body_of<StateBody>(state).arrays)
    out.cells.emplace_back(name, std::make_shared<StateCell>(StateCell{*to_tensor(array.get())}));
  return out;
}

void give_back(MLState* state, const ModelState& cells) {
  const auto& arrays = body_of<StateBody>(state).arrays;
  for (size_t i = 0; i < arrays.size(); ++i)
    write_tensor(arrays[i].second.get(), cells.cells[i].second->tensor);
}

MLFeatureValue* scripted_value(const Feature& feature, Datum value) {
  if (script_text("predict.as_text") == feature.name)
    return [MLFeatureValue featureValueWithString:@"no array"];
  if (const std::string kind = script_text("predict.wrong");
      !kind.empty() && value.tensor() && feature.array())
    value = Datum(test::made_wrong(*value.tensor(), kind));
  return to_feature_value(feature, value);
}

// What was offered for an output, if the script lets it be used.
MLFeatureValue* into_backing(MLPredictionOptions* options, const Feature& feature, const Datum& value) {
  MLMultiArray* offered = [[options outputBackings] objectForKey:to_ns(feature.name)];
  if (!offered || !feature.array() || script_text("backing") == "ignore") return nil;
  const std::optional<Tensor> there = to_tensor(offered);
  if (!there || there->shape() != value.tensor()->shape() || there->dtype() != value.tensor()->dtype())
    return nil;
  write_tensor(offered, *value.tensor());
  return [MLFeatureValue featureValueWithMultiArray:offered];
}

bool rejects_backings(MLPredictionOptions* options, NSError** error) {
  if ([[options outputBackings] count] == 0) return false;
  const std::string how = script_text("backing");
  if (how == "raise")
    [NSException raise:NSInvalidArgumentException format:@"the output backing is not usable"];
  if (how != "reject") return false;
  set_error(error, error_of(0, @"The output backing is of another type"));
  return true;
}

id<MLFeatureProvider> predict(MLModel* object, id<MLFeatureProvider> input, MLState* state,
                              MLPredictionOptions* options, NSError** error) {
  ModelBody& body = body_of<ModelBody>(object);
  const Use use(body.users, "overlaps");
  note("predictions");
  if (script_number("predict.keep_inputs") != 0) body.kept = Held<id>(input);
  if (fails("predict", error) || rejects_backings(options, error)) return nil;
  const Interface& interface = body.model->interface();
  if (NSError* wrong = wrong_input(interface, input)) {
    set_error(error, wrong);
    return nil;
  }
  Features features;
  for (const Feature& feature : interface.inputs) {
    if (MLFeatureValue* value = [input featureValueForName:to_ns(feature.name)]) {
      if (auto datum = to_datum(value)) features.emplace_back(feature.name, *datum);
    }
  }
  ModelState cells;
  if (state) cells = borrowed_state(state);
  const auto outputs = body.model->predict(features, state ? &cells : nullptr);
  if (!outputs) {
    set_error(error, error_of(0, to_ns("Error computing NN outputs."),
                              error_of(-1, to_ns(outputs.error().to_string()))));
    return nil;
  }
  if (state) give_back(state, cells);
  NSMutableDictionary<NSString*, id>* out = [NSMutableDictionary dictionary];
  for (const Feature& feature : interface.outputs) {
    if (script_text("predict.drop_output") == feature.name) continue;
    const Datum& value = *find_feature(*outputs, feature.name);
    MLFeatureValue* there = into_backing(options, feature, value);
    [out setObject:there ? there : scripted_value(feature, value) forKey:to_ns(feature.name)];
  }
  return [[[MLDictionaryFeatureProvider alloc] initWithDictionary:out error:error] autorelease];
}

}  // namespace

extern "C" {
__attribute__((weak)) void __lsan_disable();
__attribute__((weak)) void __lsan_enable();
}

void warm_up() {
  if (__lsan_disable) __lsan_disable();
  @autoreleasepool {
    [NSURL fileURLWithPath:@"/"];
    [NSThread currentThread];
    [NSProcessInfo processInfo];
    [[NSFileManager defaultManager] fileExistsAtPath:@"/"];
    @try {
      [NSException raise:@"warm" format:@"up %d", 1];
    } @catch (NSException* raised) {
      [[raised reason] UTF8String];
    }
    [@[ @"b", @"a" ] sortedArrayUsingSelector:@selector(compare:)];
  }
  if (__lsan_enable) __lsan_enable();
}

// For the compute plan, which reads the same files.
std::shared_ptr<const Model> load_quietly(const std::string& path) {
  auto model = Model::load(source_in(path), {.engine = "reference", .prepare = {}});
  return model ? std::make_shared<const Model>(*std::move(model)) : nullptr;
}

}  // namespace wf::apple_double

using namespace wf::apple_double;

@implementation MLOptimizationHints
- (instancetype)init {
  self = [super init];
  begin_body<HintsBody>(self, "MLOptimizationHints");
  return self;
}
- (void)dealloc {
  end_body<HintsBody>(self, "MLOptimizationHints");
  [super dealloc];
}
- (MLReshapeFrequencyHint)reshapeFrequency {
  return body_of<HintsBody>(self).reshape;
}
- (void)setReshapeFrequency:(MLReshapeFrequencyHint)value {
  body_of<HintsBody>(self).reshape = value;
}
- (MLSpecializationStrategy)specializationStrategy {
  return body_of<HintsBody>(self).specialization;
}
- (void)setSpecializationStrategy:(MLSpecializationStrategy)value {
  body_of<HintsBody>(self).specialization = value;
}
@end

@implementation MLModelConfiguration
- (instancetype)init {
  self = [super init];
  begin_body<ConfigurationBody>(self, "MLModelConfiguration");
  return self;
}
- (void)dealloc {
  end_body<ConfigurationBody>(self, "MLModelConfiguration");
  [super dealloc];
}
- (MLComputeUnits)computeUnits {
  return body_of<ConfigurationBody>(self).units;
}
- (void)setComputeUnits:(MLComputeUnits)value {
  body_of<ConfigurationBody>(self).units = value;
}
- (BOOL)allowLowPrecisionAccumulationOnGPU {
  return body_of<ConfigurationBody>(self).low_precision;
}
- (void)setAllowLowPrecisionAccumulationOnGPU:(BOOL)value {
  body_of<ConfigurationBody>(self).low_precision = value;
}
- (MLOptimizationHints*)optimizationHints {
  return body_of<ConfigurationBody>(self).hints.get();
}
- (void)setOptimizationHints:(MLOptimizationHints*)value {
  body_of<ConfigurationBody>(self).hints = Held<MLOptimizationHints*>(value);
}
- (NSString*)functionName {
  return body_of<ConfigurationBody>(self).function.get();
}
- (void)setFunctionName:(NSString*)value {
  body_of<ConfigurationBody>(self).function = Held<NSString*>::adopted([value copy]);
}
@end

@implementation MLPredictionOptions
- (instancetype)init {
  self = [super init];
  begin_body<OptionsBody>(self, "MLPredictionOptions");
  return self;
}
- (void)dealloc {
  end_body<OptionsBody>(self, "MLPredictionOptions");
  [super dealloc];
}
- (NSDictionary<NSString*, id>*)outputBackings {
  return body_of<OptionsBody>(self).backings.get();
}
- (void)setOutputBackings:(NSDictionary<NSString*, id>*)value {
  body_of<OptionsBody>(self).backings = Held<NSDictionary<NSString*, id>*>::adopted([value copy]);
}
@end

@implementation MLState
- (void)dealloc {
  end_body<StateBody>(self, "MLState");
  [super dealloc];
}
- (void)getMultiArrayForStateNamed:(NSString*)stateName handler:(void (^)(MLMultiArray* buffer))handler {
  if (fault("state.throw")) [NSException raise:NSGenericException format:@"the state cannot be reached"];
  for (const auto& [name, array] : body_of<StateBody>(self).arrays) {
    if (name != to_text(stateName)) continue;
    handler(array.get());
    return;
  }
  [NSException raise:NSInvalidArgumentException format:@"no state named %@", stateName];
}
@end

@implementation MLModel
+ (void)compileModelAtURL:(NSURL*)modelURL
        completionHandler:(void (^)(NSURL* compiledModelURL, NSError* error))handler {
  if (fault("compile.never")) return;
  if (fault("compile.throw_at_once"))
    [NSException raise:NSGenericException format:@"the compiler is not there"];
  const std::string source = to_text([modelURL path]);
  if (fault("compile.at_once")) {
    NSError* error = nil;
    NSURL* compiled = compile(source, &error);
    handler(compiled, error);
    return;
  }
  void (^kept)(NSURL*, NSError*) = Block_copy(handler);
  std::thread([kept, source] {
    GSRegisterCurrentThread();
    @autoreleasepool {
      sleep_if("compile.late_ms");
      NSError* error = nil;
      NSURL* compiled = compile(source, &error);
      kept(compiled, error);
      Block_release(kept);
    }
    GSUnregisterCurrentThread();
  }).detach();
}

+ (instancetype)modelWithContentsOfURL:(NSURL*)url
                         configuration:(MLModelConfiguration*)configuration
                                 error:(NSError**)error {
  auto model = load(to_text([url path]), configuration, error);
  if (!model) return nil;
  MLModel* made = [[self new] autorelease];
  begin_body<ModelBody>(made, "MLModel").model = std::move(model);
  return made;
}

- (void)dealloc {
  end_body<ModelBody>(self, "MLModel");
  [super dealloc];
  if (fault("dealloc.throw")) [NSException raise:NSGenericException format:@"raised while a model went away"];
}

- (MLModelDescription*)modelDescription {
  const wf::Model& model = *body_of<ModelBody>(self).model;
  return to_description(model.file(), model.interface());
}

- (id<MLFeatureProvider>)predictionFromFeatures:(id<MLFeatureProvider>)input
                                        options:(MLPredictionOptions*)options
                                          error:(NSError**)error {
  return predict(self, input, nil, options, error);
}

- (id<MLBatchProvider>)predictionsFromBatch:(id<MLBatchProvider>)inputBatch
                                    options:(MLPredictionOptions*)options
                                      error:(NSError**)error {
  NSMutableArray<id<MLFeatureProvider>>* rows = [NSMutableArray array];
  const NSInteger count = [inputBatch count] - (fault("batch.short") ? 1 : 0);
  for (NSInteger i = 0; i < count; ++i) {
    id<MLFeatureProvider> row = predict(self, [inputBatch featuresAtIndex:i], nil, nil, error);
    if (!row) return nil;
    [rows addObject:row];
  }
  return [[[MLArrayBatchProvider alloc] initWithFeatureProviderArray:rows] autorelease];
}

- (MLState*)newState {
  note("states");
  if (fault("state.nil")) return nil;
  auto cells = body_of<ModelBody>(self).model->new_state();
  if (!cells) [NSException raise:NSGenericException format:@"%s", cells.error().to_string().c_str()];
  MLState* state = [MLState new];  // "new": the caller owns it
  StateBody& made = begin_body<StateBody>(state, "MLState");
  for (const auto& [name, cell] : cells->cells)
    made.arrays.emplace_back(name, Held<MLMultiArray*>(to_array(cell->tensor)));
  return state;
}

- (id<MLFeatureProvider>)predictionFromFeatures:(id<MLFeatureProvider>)input
                                     usingState:(MLState*)state
                                        options:(MLPredictionOptions*)options
                                          error:(NSError**)error {
  const Use use(body_of<StateBody>(state).users, "shared states");
  return predict(self, input, state, options, error);
}
@end
