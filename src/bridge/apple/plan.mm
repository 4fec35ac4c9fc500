// What runs where: compute plans and the machine's devices.
#include "bridge/apple/objc.h"

#include "bridge/compute_units.h"

namespace wf::bridge {
namespace {

constexpr const char* kNeeds = "compute plans need macOS 14.4";

API_AVAILABLE(macos(14.0), ios(17.0))
Device device_of(id<MLComputeDeviceProtocol> device) {
  if ([device isKindOfClass:[MLCPUComputeDevice class]]) return Device::kCpu;
  if ([device isKindOfClass:[MLGPUComputeDevice class]]) return Device::kGpu;
  if ([device isKindOfClass:[MLNeuralEngineComputeDevice class]]) return Device::kNeuralEngine;
  return Device::kUnknown;
}

API_AVAILABLE(macos(14.4), ios(17.4))
void set_usage(MLComputePlanDeviceUsage* usage, OperationFacts& out) {
  if (!usage) return;  // constants have none
  out.preferred = device_of([usage preferredComputeDevice]);
  for (id<MLComputeDeviceProtocol> device in [usage supportedComputeDevices])
    out.supported.push_back(device_of(device));
}

API_AVAILABLE(macos(14.4), ios(17.4))
void add_block(MLComputePlan* plan, MLModelStructureProgramBlock* block, const std::string& function,
               int depth, PlanFacts& out) {
  constexpr int kDeepest = 64;
  if (depth > kDeepest) return;
  for (MLModelStructureProgramOperation* operation in [block operations]) {
    OperationFacts facts;
    facts.function = function;
    facts.operation = text_of([operation operatorName]);
    MLModelStructureProgramNamedValueType* first = [[operation outputs] firstObject];
    facts.output = text_of([first name]);
    set_usage([plan computeDeviceUsageForMLProgramOperation:operation], facts);
    if (MLComputePlanCost* cost = [plan estimatedCostOfMLProgramOperation:operation])
      facts.cost = [cost weight];
    out.operations.push_back(std::move(facts));
    for (MLModelStructureProgramBlock* inner in [operation blocks])
      add_block(plan, inner, function, depth + 1, out);
  }
}

API_AVAILABLE(macos(14.4), ios(17.4))
void add_structure(MLComputePlan* plan, MLModelStructure* structure, const std::string& prefix, int depth,
                   PlanFacts& out) {
  constexpr int kDeepest = 8;
  if (depth > kDeepest) return;
  if (MLModelStructureProgram* program = [structure program]) {
    if (depth == 0) out.kind = "program";
    NSDictionary<NSString*, MLModelStructureProgramFunction*>* functions = [program functions];
    for (NSString* name in [[functions allKeys] sortedArrayUsingSelector:@selector(compare:)])
      add_block(plan, [[functions objectForKey:name] block], prefix + text_of(name), 0, out);
  } else if (MLModelStructureNeuralNetwork* network = [structure neuralNetwork]) {
    if (depth == 0) out.kind = "neural network";
    for (MLModelStructureNeuralNetworkLayer* layer in [network layers]) {
      OperationFacts facts;
      facts.function = prefix;
      facts.operation = text_of([layer type]);
      facts.output = text_of([layer name]);
      set_usage([plan computeDeviceUsageForNeuralNetworkLayer:layer], facts);
      out.operations.push_back(std::move(facts));
    }
  } else if (MLModelStructurePipeline* pipeline = [structure pipeline]) {
    if (depth == 0) out.kind = "pipeline";
    NSArray<NSString*>* names = [pipeline subModelNames];
    NSUInteger next = 0;
    for (MLModelStructure* part in [pipeline subModels]) {
      const std::string name =
          next < [names count] ? text_of([names objectAtIndex:next]) : std::to_string(next);
      add_structure(plan, part, prefix + name + "/", depth + 1, out);
      ++next;
    }
  } else if (depth == 0) {
    out.kind = "unknown";
  }
}

// Core ML ends the process over anything but a compiled model.
bool is_compiled(NSURL* url) {
  BOOL is_folder = NO;
  return [[[url path] pathExtension] isEqualToString:@"mlmodelc"] &&
         [[NSFileManager defaultManager] fileExistsAtPath:[url path] isDirectory:&is_folder] && is_folder;
}

API_AVAILABLE(macos(14.0), ios(17.0))
DeviceFacts describe(id<MLComputeDeviceProtocol> device) {
  DeviceFacts facts;
  facts.device = device_of(device);
  if (facts.device == Device::kNeuralEngine)
    facts.cores = static_cast<int64_t>([(MLNeuralEngineComputeDevice*)device totalCoreCount]);
  if (facts.device == Device::kGpu) {
    id metal = [(MLGPUComputeDevice*)device metalDevice];
    if ([metal respondsToSelector:@selector(name)])
      facts.name = text_of([metal performSelector:@selector(name)]);
  }
  return facts;
}

}  // namespace
}  // namespace wf::bridge

using namespace wf::bridge;  // NOLINT(google-build-using-namespace)

extern "C" int wfa_compute_plan(const char* compiled, const wfa_load_options* options, char** out_json,
                                wfa_failure* failure) {
  if (!compiled || !options || !out_json || !apple_units(options->compute_units))
    return fail(failure, WFA_INVALID, "no path, options or place for the plan");
  *out_json = nullptr;
  return guarded(failure, [&]() -> int {
    if (@available(macOS 14.4, iOS 17.4, *)) {
      NSURL* url = url_of(compiled, true);
      if (!url || !is_compiled(url)) {
        return fail(failure, WFA_INVALID, to_utf8(compiled) + " is no compiled model", "compile it first");
      }
      const auto completion = std::make_shared<Completion>();
      [MLComputePlan loadContentsOfURL:url
                         configuration:configuration_of(*options).get()
                     completionHandler:^(MLComputePlan* plan, NSError* error) {
                       completion->arrived(plan, error);
                     }];
      id plan = nil;
      if (const int code = completion->wait(failure, "no compute plan for " + to_utf8(compiled), &plan))
        return code;
      PlanFacts facts;
      add_structure(plan, [(MLComputePlan*)plan modelStructure], "", 0, facts);
      *out_json = copy_text(to_json(facts));
      return WFA_OK;
    }
    return fail(failure, WFA_UNSUPPORTED, kNeeds);
  });
}

extern "C" int wfa_devices(char** out_json, wfa_failure* failure) {
  if (!out_json) return fail(failure, WFA_INVALID, "no place for the text");
  *out_json = nullptr;
  return guarded(failure, [&]() -> int {
    if (@available(macOS 14.0, iOS 17.0, *)) {
      std::vector<DeviceFacts> facts;
      for (id<MLComputeDeviceProtocol> device in MLAllComputeDevices()) facts.push_back(describe(device));
      *out_json = copy_text(to_json(facts));
      return WFA_OK;
    }
    return fail(failure, WFA_UNSUPPORTED, "the list of compute devices needs macOS 14");
  });
}
