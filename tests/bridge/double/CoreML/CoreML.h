// Core ML as far as the bridge uses it, written from Apple's public documentation: names, types, numbers and
// the macOS version that brought them. The test double implements it on GNUstep; the syntax check reads it
// for Apple's runtime. There is no dataPointer here: using it fails to compile.
#pragma once

#import <CoreVideo/CoreVideo.h>
#import <Foundation/Foundation.h>

#ifndef WINDFALL_DOUBLE_STORAGE
#define WINDFALL_DOUBLE_STORAGE  // the double keeps one pointer in every object
#endif

typedef NS_ENUM(NSInteger, MLMultiArrayDataType) {
  MLMultiArrayDataTypeDouble = 0x10000 | 64,
  MLMultiArrayDataTypeFloat32 = 0x10000 | 32,
  MLMultiArrayDataTypeFloat16 API_AVAILABLE(macos(12.0), ios(16.0)) = 0x10000 | 16,
  MLMultiArrayDataTypeInt32 = 0x20000 | 32,
  MLMultiArrayDataTypeInt8 API_AVAILABLE(macos(26.0), ios(26.0)) = 0x20000 | 8
};
typedef NS_ENUM(NSInteger, MLComputeUnits) {
  MLComputeUnitsCPUOnly = 0,
  MLComputeUnitsCPUAndGPU = 1,
  MLComputeUnitsAll = 2,
  MLComputeUnitsCPUAndNeuralEngine API_AVAILABLE(macos(13.0), ios(16.0)) = 3
};
typedef NS_ENUM(NSInteger, MLFeatureType) {
  MLFeatureTypeInvalid = 0,
  MLFeatureTypeInt64 = 1,
  MLFeatureTypeDouble = 2,
  MLFeatureTypeString = 3,
  MLFeatureTypeImage = 4,
  MLFeatureTypeMultiArray = 5,
  MLFeatureTypeDictionary = 6,
  MLFeatureTypeSequence API_AVAILABLE(macos(10.14), ios(12.0)) = 7,
  MLFeatureTypeState API_AVAILABLE(macos(15.0), ios(18.0)) = 8
};
typedef NS_ENUM(NSInteger, MLMultiArrayShapeConstraintType) {
  MLMultiArrayShapeConstraintTypeUnspecified = 1,
  MLMultiArrayShapeConstraintTypeEnumerated = 2,
  MLMultiArrayShapeConstraintTypeRange = 3
};
typedef NS_ENUM(NSInteger, MLImageSizeConstraintType) {
  MLImageSizeConstraintTypeUnspecified = 0,
  MLImageSizeConstraintTypeEnumerated = 2,
  MLImageSizeConstraintTypeRange = 3
};
typedef NS_ENUM(NSInteger, MLReshapeFrequencyHint) {
  MLReshapeFrequencyHintFrequent = 0,
  MLReshapeFrequencyHintInfrequent = 1
};
typedef NS_ENUM(NSInteger, MLSpecializationStrategy) {
  MLSpecializationStrategyDefault = 0,
  MLSpecializationStrategyFastPrediction = 1
};

FOUNDATION_EXPORT NSString* const MLModelErrorDomain;

// --- values
// ----------------------------------------------------------------------------------------------------------

@interface MLMultiArray : NSObject
WINDFALL_DOUBLE_STORAGE
@property(readonly, nonatomic) MLMultiArrayDataType dataType;
@property(readonly, nonatomic) NSArray<NSNumber*>* shape;
@property(readonly, nonatomic) NSArray<NSNumber*>* strides;
@property(readonly, nonatomic) NSInteger count;
- (instancetype)initWithShape:(NSArray<NSNumber*>*)shape
                     dataType:(MLMultiArrayDataType)dataType
                        error:(NSError**)error;
- (instancetype)initWithDataPointer:(void*)dataPointer
                              shape:(NSArray<NSNumber*>*)shape
                           dataType:(MLMultiArrayDataType)dataType
                            strides:(NSArray<NSNumber*>*)strides
                        deallocator:(void (^)(void* bytes))deallocator
                              error:(NSError**)error;
- (void)getBytesWithHandler:(void (^)(const void* bytes, NSInteger size))handler
    API_AVAILABLE(macos(12.3), ios(15.4));
- (void)getMutableBytesWithHandler:(void (^)(void* bytes, NSInteger size, NSArray<NSNumber*>* strides))handler
    API_AVAILABLE(macos(12.3), ios(15.4));
@end

@interface MLSequence : NSObject
WINDFALL_DOUBLE_STORAGE
@property(readonly, nonatomic) MLFeatureType type;
@property(readonly, nonatomic) NSArray<NSString*>* stringValues;
@property(readonly, nonatomic) NSArray<NSNumber*>* int64Values;
+ (instancetype)sequenceWithStringArray:(NSArray<NSString*>*)values;
+ (instancetype)sequenceWithInt64Array:(NSArray<NSNumber*>*)values;
@end

@interface MLFeatureValue : NSObject
WINDFALL_DOUBLE_STORAGE
@property(readonly, nonatomic) MLFeatureType type;
@property(readonly, nonatomic, getter=isUndefined) BOOL undefined;
@property(readonly, nonatomic) int64_t int64Value;
@property(readonly, nonatomic) double doubleValue;
@property(readonly, nonatomic) NSString* stringValue;
@property(readonly, nonatomic) MLMultiArray* multiArrayValue;
@property(readonly, nonatomic) NSDictionary* dictionaryValue;
@property(readonly, nonatomic) CVPixelBufferRef imageBufferValue;
@property(readonly, nonatomic) MLSequence* sequenceValue;
+ (instancetype)featureValueWithInt64:(int64_t)value;
+ (instancetype)featureValueWithDouble:(double)value;
+ (instancetype)featureValueWithString:(NSString*)value;
+ (instancetype)featureValueWithMultiArray:(MLMultiArray*)value;
+ (instancetype)featureValueWithPixelBuffer:(CVPixelBufferRef)value;
+ (instancetype)featureValueWithSequence:(MLSequence*)value;
+ (instancetype)featureValueWithDictionary:(NSDictionary*)value error:(NSError**)error;
@end

@protocol MLFeatureProvider <NSObject>
@property(readonly, nonatomic) NSSet<NSString*>* featureNames;
- (MLFeatureValue*)featureValueForName:(NSString*)featureName;
@end

@interface MLDictionaryFeatureProvider : NSObject <MLFeatureProvider>
WINDFALL_DOUBLE_STORAGE
- (instancetype)initWithDictionary:(NSDictionary<NSString*, id>*)dictionary error:(NSError**)error;
@end

@protocol MLBatchProvider
@property(readonly, nonatomic) NSInteger count;
- (id<MLFeatureProvider>)featuresAtIndex:(NSInteger)index;
@end

@interface MLArrayBatchProvider : NSObject <MLBatchProvider>
WINDFALL_DOUBLE_STORAGE
- (instancetype)initWithFeatureProviderArray:(NSArray<id<MLFeatureProvider>>*)array;
@end

// --- descriptions
// ----------------------------------------------------------------------------------------------------

@interface MLMultiArrayShapeConstraint : NSObject
WINDFALL_DOUBLE_STORAGE
@property(readonly, nonatomic) MLMultiArrayShapeConstraintType type;
@property(readonly, nonatomic) NSArray<NSValue*>* sizeRangeForDimension;
@property(readonly, nonatomic) NSArray<NSArray<NSNumber*>*>* enumeratedShapes;
@end

@interface MLMultiArrayConstraint : NSObject
WINDFALL_DOUBLE_STORAGE
@property(readonly, nonatomic) NSArray<NSNumber*>* shape;
@property(readonly, nonatomic) MLMultiArrayDataType dataType;
@property(readonly, nonatomic) MLMultiArrayShapeConstraint* shapeConstraint;
@end

@interface MLImageSize : NSObject
WINDFALL_DOUBLE_STORAGE
@property(readonly, nonatomic) NSInteger pixelsWide;
@property(readonly, nonatomic) NSInteger pixelsHigh;
@end

@interface MLImageSizeConstraint : NSObject
WINDFALL_DOUBLE_STORAGE
@property(readonly, nonatomic) MLImageSizeConstraintType type;
@property(readonly, nonatomic) NSRange pixelsWideRange;
@property(readonly, nonatomic) NSRange pixelsHighRange;
@property(readonly, nonatomic) NSArray<MLImageSize*>* enumeratedImageSizes;
@end

@interface MLImageConstraint : NSObject
WINDFALL_DOUBLE_STORAGE
@property(readonly, nonatomic) NSInteger pixelsWide;
@property(readonly, nonatomic) NSInteger pixelsHigh;
@property(readonly, nonatomic) OSType pixelFormatType;
@property(readonly, nonatomic) MLImageSizeConstraint* sizeConstraint;
@end

@interface MLDictionaryConstraint : NSObject
WINDFALL_DOUBLE_STORAGE
@property(readonly, nonatomic) MLFeatureType keyType;
@end

@class MLFeatureDescription;
@interface MLSequenceConstraint : NSObject
WINDFALL_DOUBLE_STORAGE
@property(readonly, nonatomic) MLFeatureDescription* valueDescription;
@end

API_AVAILABLE(macos(15.0), ios(18.0))
@interface MLStateConstraint : NSObject
WINDFALL_DOUBLE_STORAGE
@property(readonly, nonatomic) NSArray<NSNumber*>* bufferShape;
@property(readonly, nonatomic) MLMultiArrayDataType dataType;
@end

@interface MLFeatureDescription : NSObject
WINDFALL_DOUBLE_STORAGE
@property(readonly, nonatomic) NSString* name;
@property(readonly, nonatomic) MLFeatureType type;
@property(readonly, nonatomic, getter=isOptional) BOOL optional;
@property(readonly, nonatomic) MLMultiArrayConstraint* multiArrayConstraint;
@property(readonly, nonatomic) MLImageConstraint* imageConstraint;
@property(readonly, nonatomic) MLDictionaryConstraint* dictionaryConstraint;
@property(readonly, nonatomic) MLSequenceConstraint* sequenceConstraint;
@property(readonly, nonatomic) MLStateConstraint* stateConstraint API_AVAILABLE(macos(15.0), ios(18.0));
@end

@interface MLModelDescription : NSObject
WINDFALL_DOUBLE_STORAGE
@property(readonly, nonatomic) NSDictionary<NSString*, MLFeatureDescription*>* inputDescriptionsByName;
@property(readonly, nonatomic) NSDictionary<NSString*, MLFeatureDescription*>* outputDescriptionsByName;
@property(readonly, nonatomic)
    NSDictionary<NSString*, MLFeatureDescription*>* stateDescriptionsByName API_AVAILABLE(macos(15.0),
                                                                                          ios(18.0));
@property(readonly, nonatomic) NSString* predictedFeatureName;
@property(readonly, nonatomic) NSString* predictedProbabilitiesName;
@property(readonly, nonatomic) NSDictionary<NSString*, id>* metadata;
@end

// --- models
// ----------------------------------------------------------------------------------------------------------

API_AVAILABLE(macos(14.4), ios(17.4))
@interface MLOptimizationHints : NSObject
WINDFALL_DOUBLE_STORAGE
@property(nonatomic) MLReshapeFrequencyHint reshapeFrequency;
@property(nonatomic) MLSpecializationStrategy specializationStrategy API_AVAILABLE(macos(15.0), ios(18.0));
@end

@interface MLModelConfiguration : NSObject
WINDFALL_DOUBLE_STORAGE
@property(nonatomic) MLComputeUnits computeUnits;
@property(nonatomic) BOOL allowLowPrecisionAccumulationOnGPU;
@property(nonatomic, copy) MLOptimizationHints* optimizationHints API_AVAILABLE(macos(14.4), ios(17.4));
@property(nonatomic, copy) NSString* functionName API_AVAILABLE(macos(15.0), ios(18.0));
@end

@interface MLPredictionOptions : NSObject
WINDFALL_DOUBLE_STORAGE
@property(nonatomic, copy) NSDictionary<NSString*, id>* outputBackings API_AVAILABLE(macos(11.0), ios(16.0));
@end

API_AVAILABLE(macos(15.0), ios(18.0))
@interface MLState : NSObject
WINDFALL_DOUBLE_STORAGE
- (void)getMultiArrayForStateNamed:(NSString*)stateName handler:(void (^)(MLMultiArray* buffer))handler;
@end

@interface MLModel : NSObject
WINDFALL_DOUBLE_STORAGE
@property(readonly, nonatomic) MLModelDescription* modelDescription;
+ (void)compileModelAtURL:(NSURL*)modelURL
        completionHandler:(void (^)(NSURL* compiledModelURL, NSError* error))handler
    API_AVAILABLE(macos(13.0), ios(16.0));
+ (instancetype)modelWithContentsOfURL:(NSURL*)url
                         configuration:(MLModelConfiguration*)configuration
                                 error:(NSError**)error;
- (id<MLFeatureProvider>)predictionFromFeatures:(id<MLFeatureProvider>)input
                                        options:(MLPredictionOptions*)options
                                          error:(NSError**)error;
- (id<MLBatchProvider>)predictionsFromBatch:(id<MLBatchProvider>)inputBatch
                                    options:(MLPredictionOptions*)options
                                      error:(NSError**)error;
- (MLState*)newState API_AVAILABLE(macos(15.0), ios(18.0));  // "new": the caller owns it
- (id<MLFeatureProvider>)predictionFromFeatures:(id<MLFeatureProvider>)input
                                     usingState:(MLState*)state
                                        options:(MLPredictionOptions*)options
                                          error:(NSError**)error API_AVAILABLE(macos(15.0), ios(18.0));
@end

// --- what runs where
// -------------------------------------------------------------------------------------------------

API_AVAILABLE(macos(14.0), ios(17.0))
@protocol MLComputeDeviceProtocol <NSObject>
@end
API_AVAILABLE(macos(14.0), ios(17.0))
@interface MLCPUComputeDevice : NSObject <MLComputeDeviceProtocol>
WINDFALL_DOUBLE_STORAGE
@end
API_AVAILABLE(macos(14.0), ios(17.0))
@interface MLGPUComputeDevice : NSObject <MLComputeDeviceProtocol>
WINDFALL_DOUBLE_STORAGE
@property(readonly, nonatomic) id metalDevice;
@end
API_AVAILABLE(macos(14.0), ios(17.0))
@interface MLNeuralEngineComputeDevice : NSObject <MLComputeDeviceProtocol>
WINDFALL_DOUBLE_STORAGE
@property(readonly, nonatomic) NSInteger totalCoreCount;
@end
#ifdef __cplusplus
extern "C"
#endif
    API_AVAILABLE(macos(14.0), ios(17.0)) NSArray<id<MLComputeDeviceProtocol>>* MLAllComputeDevices(void);

API_AVAILABLE(macos(14.4), ios(17.4))
@interface MLModelStructureProgramNamedValueType : NSObject
WINDFALL_DOUBLE_STORAGE
@property(readonly, nonatomic) NSString* name;
@end
@class MLModelStructureProgramBlock;
API_AVAILABLE(macos(14.4), ios(17.4))
@interface MLModelStructureProgramOperation : NSObject
WINDFALL_DOUBLE_STORAGE
@property(readonly, nonatomic) NSString* operatorName;
@property(readonly, nonatomic) NSArray<MLModelStructureProgramNamedValueType*>* outputs;
@property(readonly, nonatomic) NSArray<MLModelStructureProgramBlock*>* blocks;
@end
API_AVAILABLE(macos(14.4), ios(17.4))
@interface MLModelStructureProgramBlock : NSObject
WINDFALL_DOUBLE_STORAGE
@property(readonly, nonatomic) NSArray<MLModelStructureProgramOperation*>* operations;
@end
API_AVAILABLE(macos(14.4), ios(17.4))
@interface MLModelStructureProgramFunction : NSObject
WINDFALL_DOUBLE_STORAGE
@property(readonly, nonatomic) MLModelStructureProgramBlock* block;
@end
API_AVAILABLE(macos(14.4), ios(17.4))
@interface MLModelStructureProgram : NSObject
WINDFALL_DOUBLE_STORAGE
@property(readonly, nonatomic) NSDictionary<NSString*, MLModelStructureProgramFunction*>* functions;
@end
API_AVAILABLE(macos(14.4), ios(17.4))
@interface MLModelStructureNeuralNetworkLayer : NSObject
WINDFALL_DOUBLE_STORAGE
@property(readonly, nonatomic) NSString* name;
@property(readonly, nonatomic) NSString* type;
@end
API_AVAILABLE(macos(14.4), ios(17.4))
@interface MLModelStructureNeuralNetwork : NSObject
WINDFALL_DOUBLE_STORAGE
@property(readonly, nonatomic) NSArray<MLModelStructureNeuralNetworkLayer*>* layers;
@end
@class MLModelStructure;
API_AVAILABLE(macos(14.4), ios(17.4))
@interface MLModelStructurePipeline : NSObject
WINDFALL_DOUBLE_STORAGE
@property(readonly, nonatomic) NSArray<NSString*>* subModelNames;
@property(readonly, nonatomic) NSArray<MLModelStructure*>* subModels;
@end
API_AVAILABLE(macos(14.4), ios(17.4))
@interface MLModelStructure : NSObject
WINDFALL_DOUBLE_STORAGE
@property(readonly, nonatomic) MLModelStructureNeuralNetwork* neuralNetwork;
@property(readonly, nonatomic) MLModelStructureProgram* program;
@property(readonly, nonatomic) MLModelStructurePipeline* pipeline;
@end
API_AVAILABLE(macos(14.4), ios(17.4))
@interface MLComputePlanDeviceUsage : NSObject
WINDFALL_DOUBLE_STORAGE
@property(readonly, nonatomic) NSArray<id<MLComputeDeviceProtocol>>* supportedComputeDevices;
@property(readonly, nonatomic) id<MLComputeDeviceProtocol> preferredComputeDevice;
@end
API_AVAILABLE(macos(14.4), ios(17.4))
@interface MLComputePlanCost : NSObject
WINDFALL_DOUBLE_STORAGE
@property(readonly, nonatomic) double weight;
@end
API_AVAILABLE(macos(14.4), ios(17.4))
@interface MLComputePlan : NSObject
WINDFALL_DOUBLE_STORAGE
@property(readonly, nonatomic) MLModelStructure* modelStructure;
+ (void)loadContentsOfURL:(NSURL*)url
            configuration:(MLModelConfiguration*)configuration
        completionHandler:(void (^)(MLComputePlan* computePlan, NSError* error))handler;
- (MLComputePlanDeviceUsage*)computeDeviceUsageForMLProgramOperation:
    (MLModelStructureProgramOperation*)operation;
- (MLComputePlanCost*)estimatedCostOfMLProgramOperation:(MLModelStructureProgramOperation*)operation;
- (MLComputePlanDeviceUsage*)computeDeviceUsageForNeuralNetworkLayer:
    (MLModelStructureNeuralNetworkLayer*)layer;
@end
