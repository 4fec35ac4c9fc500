// Compute plans, from the program as Windfall reads it and a rule for devices.
#include "bridge/double/body.h"
#include "bridge/double/make.h"

#include <thread>

#include "runtime/model.h"

namespace wf::apple_double {

std::shared_ptr<const Model> load_quietly(const std::string& path);

namespace {

struct NeuralEngineBody {
  NSInteger cores = 16;
};
struct NamedBody {
  Held<NSString*> name;
};
struct OperationBody {
  Held<NSString*> name;
  Held<NSArray*> outputs, blocks;
};
struct ArrayBody {
  Held<NSArray*> items;
};
struct FunctionBody {
  Held<MLModelStructureProgramBlock*> block;
};
struct ProgramBody {
  Held<NSDictionary*> functions;
};
struct LayerBody {
  Held<NSString*> name, type;
};
struct PipelineBody {
  Held<NSArray*> names, parts;
};
struct StructureBody {
  Held<id> of;
};
struct UsageBody {
  Held<NSArray*> supported;
  Held<id> preferred;
};
struct CostBody {
  double weight = 0;
};
struct PlanBody {
  Held<MLModelStructure*> structure;
  MLComputeUnits units = MLComputeUnitsAll;
  int64_t operations = 0;
};

template <class Object>
Object* fresh() {
  return [[Object new] autorelease];
}

MLModelStructureProgramBlock* block_of(const Function& function, const Block& block, int64_t& count) {
  NSMutableArray* operations = [NSMutableArray array];
  for (const Op& op : block.ops) {
    NSMutableArray *outputs = [NSMutableArray array], *blocks = [NSMutableArray array];
    for (const ValueId id : op.outputs) {
      auto* named = fresh<MLModelStructureProgramNamedValueType>();
      begin_body<NamedBody>(named, "structure", Held<NSString*>(to_ns(function.value(id).name)));
      [outputs addObject:named];
    }
    for (const Block& inner : op.blocks) [blocks addObject:block_of(function, inner, count)];
    auto* operation = fresh<MLModelStructureProgramOperation>();
    const std::string prefix = op.type == "const" ? "" : std::string(text_name(function.opset)) + ".";
    begin_body<OperationBody>(operation, "structure", Held<NSString*>(to_ns(prefix + op.type)),
                              Held<NSArray*>(outputs), Held<NSArray*>(blocks));
    [operations addObject:operation];
    ++count;
  }
  auto* out = fresh<MLModelStructureProgramBlock>();
  begin_body<ArrayBody>(out, "structure", Held<NSArray*>(operations));
  return out;
}

MLModelStructure* structure_of(const ModelFile& file, int64_t& count) {
  id of = nil;
  if (!file.parts.empty()) {
    NSMutableArray *names = [NSMutableArray array], *parts = [NSMutableArray array];
    for (const ModelFile& part : file.parts) {
      [names addObject:to_ns("part" + std::to_string([names count]))];
      [parts addObject:structure_of(part, count)];
    }
    of = fresh<MLModelStructurePipeline>();
    begin_body<PipelineBody>((MLModelStructurePipeline*)of, "structure", Held<NSArray*>(names),
                             Held<NSArray*>(parts));
  } else if (!file.layer_types.empty()) {
    NSMutableArray* layers = [NSMutableArray array];
    for (const std::string& type : file.layer_types) {
      auto* layer = fresh<MLModelStructureNeuralNetworkLayer>();
      begin_body<LayerBody>(layer, "structure",
                            Held<NSString*>(to_ns("layer" + std::to_string([layers count]))),
                            Held<NSString*>(to_ns(type)));
      [layers addObject:layer];
      ++count;
    }
    of = fresh<MLModelStructureNeuralNetwork>();
    begin_body<ArrayBody>((MLModelStructureNeuralNetwork*)of, "structure", Held<NSArray*>(layers));
  } else if (file.program) {
    NSMutableDictionary* functions = [NSMutableDictionary dictionary];
    for (const Function& function : file.program->functions) {
      auto* each = fresh<MLModelStructureProgramFunction>();
      begin_body<FunctionBody>(each, "structure",
                               Held<MLModelStructureProgramBlock*>(block_of(function, function.body, count)));
      [functions setObject:each forKey:to_ns(function.name)];
    }
    of = fresh<MLModelStructureProgram>();
    begin_body<ProgramBody>((MLModelStructureProgram*)of, "structure", Held<NSDictionary*>(functions));
  }
  auto* out = fresh<MLModelStructure>();
  begin_body<StructureBody>(out, "structure", Held<id>(of));
  return out;
}

// Matrix work goes where the configuration and the script let it; the rest stays on the CPU.
id device_for(const std::string& name, MLComputeUnits units) {
  const std::string asked = script_text("plan.device");
  const bool heavy = name.find("conv") != std::string::npos || name.find("matmul") != std::string::npos ||
                     name.find("linear") != std::string::npos ||
                     name.find("innerProduct") != std::string::npos;
  const bool ane = units == MLComputeUnitsAll || units == MLComputeUnitsCPUAndNeuralEngine;
  const bool gpu = units == MLComputeUnitsAll || units == MLComputeUnitsCPUAndGPU;
  if (ane && (asked == "ane" || (asked == "mixed" && heavy))) return fresh<MLNeuralEngineComputeDevice>();
  if (gpu && asked == "gpu") return fresh<MLGPUComputeDevice>();
  return fresh<MLCPUComputeDevice>();
}

MLComputePlanDeviceUsage* usage_for(const std::string& name, MLComputeUnits units) {
  if (name == "const") return nil;
  id preferred = device_for(name, units);
  NSMutableArray* supported = [NSMutableArray arrayWithObject:fresh<MLCPUComputeDevice>()];
  if (![preferred isKindOfClass:[MLCPUComputeDevice class]]) [supported addObject:preferred];
  auto* usage = fresh<MLComputePlanDeviceUsage>();
  begin_body<UsageBody>(usage, "usage", Held<NSArray*>(supported), Held<id>(preferred));
  return usage;
}

MLComputePlan* plan_of(const std::string& path, MLComputeUnits units, NSError** error) {
  if (!path.ends_with(".mlmodelc")) abort();  // as Core ML does over packages
  if (fault("plan.error")) {
    set_error(error, error_of(0, @"no plan, as the script says"));
    return nil;
  }
  const auto model = load_quietly(path);
  if (!model) {
    set_error(error, error_of(3, @"the model cannot be read"));
    return nil;
  }
  PlanBody body;
  body.units = units;
  body.structure = Held<MLModelStructure*>(structure_of(model->file(), body.operations));
  auto* plan = fresh<MLComputePlan>();
  begin_body<PlanBody>(plan, "MLComputePlan", std::move(body));
  return plan;
}

template <class Object>
Object* kind_of(MLModelStructure* structure) {
  id of = body_of<StructureBody>(structure).of.get();
  return [of isKindOfClass:[Object class]] ? of : nil;
}

}  // namespace
}  // namespace wf::apple_double

using namespace wf::apple_double;

#define GONE(Body, name)        \
  -(void)dealloc {              \
    end_body<Body>(self, name); \
    [super dealloc];            \
  }

@implementation MLCPUComputeDevice
@end
@implementation MLGPUComputeDevice
- (id)metalDevice {
  return nil;
}
@end
@implementation MLNeuralEngineComputeDevice
- (NSInteger)totalCoreCount {
  return 16;
}
@end

NSArray<id<MLComputeDeviceProtocol>>* MLAllComputeDevices(void) {
  return @[ fresh<MLCPUComputeDevice>(), fresh<MLGPUComputeDevice>(), fresh<MLNeuralEngineComputeDevice>() ];
}

@implementation MLModelStructureProgramNamedValueType
GONE(NamedBody, "structure")
- (NSString*)name {
  return body_of<NamedBody>(self).name.get();
}
@end
@implementation MLModelStructureProgramOperation
GONE(OperationBody, "structure")
- (NSString*)operatorName {
  return body_of<OperationBody>(self).name.get();
}
- (NSArray<MLModelStructureProgramNamedValueType*>*)outputs {
  return body_of<OperationBody>(self).outputs.get();
}
- (NSArray<MLModelStructureProgramBlock*>*)blocks {
  return body_of<OperationBody>(self).blocks.get();
}
@end
@implementation MLModelStructureProgramBlock
GONE(ArrayBody, "structure")
- (NSArray<MLModelStructureProgramOperation*>*)operations {
  return body_of<ArrayBody>(self).items.get();
}
@end
@implementation MLModelStructureProgramFunction
GONE(FunctionBody, "structure")
- (MLModelStructureProgramBlock*)block {
  return body_of<FunctionBody>(self).block.get();
}
@end
@implementation MLModelStructureProgram
GONE(ProgramBody, "structure")
- (NSDictionary<NSString*, MLModelStructureProgramFunction*>*)functions {
  return body_of<ProgramBody>(self).functions.get();
}
@end
@implementation MLModelStructureNeuralNetworkLayer
GONE(LayerBody, "structure")
- (NSString*)name {
  return body_of<LayerBody>(self).name.get();
}
- (NSString*)type {
  return body_of<LayerBody>(self).type.get();
}
@end
@implementation MLModelStructureNeuralNetwork
GONE(ArrayBody, "structure")
- (NSArray<MLModelStructureNeuralNetworkLayer*>*)layers {
  return body_of<ArrayBody>(self).items.get();
}
@end
@implementation MLModelStructurePipeline
GONE(PipelineBody, "structure")
- (NSArray<NSString*>*)subModelNames {
  return body_of<PipelineBody>(self).names.get();
}
- (NSArray<MLModelStructure*>*)subModels {
  return body_of<PipelineBody>(self).parts.get();
}
@end
@implementation MLModelStructure
GONE(StructureBody, "structure")
- (MLModelStructureNeuralNetwork*)neuralNetwork {
  return kind_of<MLModelStructureNeuralNetwork>(self);
}
- (MLModelStructureProgram*)program {
  return kind_of<MLModelStructureProgram>(self);
}
- (MLModelStructurePipeline*)pipeline {
  return kind_of<MLModelStructurePipeline>(self);
}
@end
@implementation MLComputePlanDeviceUsage
GONE(UsageBody, "usage")
- (NSArray<id<MLComputeDeviceProtocol>>*)supportedComputeDevices {
  return body_of<UsageBody>(self).supported.get();
}
- (id<MLComputeDeviceProtocol>)preferredComputeDevice {
  return body_of<UsageBody>(self).preferred.get();
}
@end
@implementation MLComputePlanCost
GONE(CostBody, "cost")
- (double)weight {
  return body_of<CostBody>(self).weight;
}
@end
@implementation MLComputePlan
GONE(PlanBody, "MLComputePlan")
- (MLModelStructure*)modelStructure {
  return body_of<PlanBody>(self).structure.get();
}
+ (void)loadContentsOfURL:(NSURL*)url
            configuration:(MLModelConfiguration*)configuration
        completionHandler:(void (^)(MLComputePlan* computePlan, NSError* error))handler {
  if (fault("plan.never")) return;
  void (^kept)(MLComputePlan*, NSError*) = Block_copy(handler);
  const std::string path = to_text([url path]);
  const MLComputeUnits units = [configuration computeUnits];
  std::thread([kept, path, units] {
    GSRegisterCurrentThread();
    @autoreleasepool {
      sleep_if("plan.late_ms");
      NSError* error = nil;
      MLComputePlan* plan = plan_of(path, units, &error);
      kept(plan, error);
      Block_release(kept);
    }
    GSUnregisterCurrentThread();
  }).detach();
}
- (MLComputePlanDeviceUsage*)computeDeviceUsageForMLProgramOperation:
    (MLModelStructureProgramOperation*)operation {
  return usage_for(to_text([operation operatorName]), body_of<PlanBody>(self).units);
}
- (MLComputePlanCost*)estimatedCostOfMLProgramOperation:(MLModelStructureProgramOperation*)operation {
  if ([[operation operatorName] isEqualToString:@"const"]) return nil;
  auto* cost = fresh<MLComputePlanCost>();
  begin_body<CostBody>(cost, "cost").weight = 1.0 / static_cast<double>(body_of<PlanBody>(self).operations);
  return cost;
}
- (MLComputePlanDeviceUsage*)computeDeviceUsageForNeuralNetworkLayer:
    (MLModelStructureNeuralNetworkLayer*)layer {
  return usage_for(to_text([layer type]), body_of<PlanBody>(self).units);
}
@end
