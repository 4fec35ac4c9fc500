// As much of Foundation as the bridge names, written from its public documentation, for a check of syntax,
// types and availability by clang for Apple's runtime (apple_syntax.sh). Nothing here has an implementation.
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef bool BOOL;  // on arm64; elsewhere a signed char
#define YES __objc_yes
#define NO __objc_no
#define nil nullptr
typedef long NSInteger;
typedef unsigned long NSUInteger;
typedef uint32_t OSType;
#define NSIntegerMax LONG_MAX
#ifndef LONG_MAX
#define LONG_MAX __LONG_MAX__
#endif
#define NS_ENUM(type, name) \
  enum name : type name;    \
  enum name : type
#define FOUNDATION_EXPORT extern "C"
#define WF_AVAILABLE_macos(v) macos, introduced = v
#define WF_AVAILABLE_ios(v) ios, introduced = v
#define API_AVAILABLE(a, b) \
  __attribute__((availability(WF_AVAILABLE_##a))) __attribute__((availability(WF_AVAILABLE_##b)))

typedef struct {
  NSUInteger location, length;
} NSRange;

typedef struct {
  unsigned long state;
  id __unsafe_unretained* itemsPtr;
  unsigned long* mutationsPtr;
  unsigned long extra[5];
} NSFastEnumerationState;

@class NSString, NSDictionary, NSNumber, NSSet;

@protocol NSObject
- (BOOL)isKindOfClass:(Class)aClass;
- (BOOL)respondsToSelector:(SEL)aSelector;
- (id)performSelector:(SEL)aSelector;
- (instancetype)retain;
- (void)release;
- (instancetype)autorelease;
@end
@protocol NSCopying
@end
@protocol NSFastEnumeration
- (NSUInteger)countByEnumeratingWithState:(NSFastEnumerationState*)state
                                  objects:(id __unsafe_unretained[])buffer
                                    count:(NSUInteger)len;
@end

__attribute__((objc_root_class))
@interface NSObject<NSObject>
+ (instancetype)alloc;
+ (instancetype)new;
+ (Class)class;
- (instancetype)init;
@end

@interface NSValue : NSObject <NSCopying>
@property(readonly) NSRange rangeValue;
@end
@interface NSNumber : NSValue
@property(readonly) long long longLongValue;
@property(readonly) double doubleValue;
+ (NSNumber*)numberWithInt:(int)value;
+ (NSNumber*)numberWithLong:(long)value;
+ (NSNumber*)numberWithLongLong:(long long)value;
+ (NSNumber*)numberWithDouble:(double)value;
@end

@interface NSString : NSObject <NSCopying>
@property(readonly) const char* UTF8String;
@property(readonly) const char* fileSystemRepresentation;
@property(readonly, copy) NSString* pathExtension;
+ (instancetype)stringWithUTF8String:(const char*)bytes;
- (BOOL)isEqualToString:(NSString*)other;
- (NSInteger)compare:(NSString*)other;
@end

@interface NSArray<__covariant ObjectType> : NSObject <NSCopying, NSFastEnumeration>
@property(readonly) NSUInteger count;
@property(readonly) ObjectType firstObject;
- (ObjectType)objectAtIndex:(NSUInteger)index;
- (NSArray<ObjectType>*)sortedArrayUsingSelector:(SEL)comparator;
@end
@interface NSMutableArray<ObjectType> : NSArray <ObjectType>
+ (instancetype)arrayWithCapacity:(NSUInteger)count;
- (void)addObject:(ObjectType)object;
@end

@interface NSDictionary<__covariant KeyType, __covariant ObjectType> : NSObject <NSCopying, NSFastEnumeration>
@property(readonly, copy) NSArray<KeyType>* allKeys;
- (ObjectType)objectForKey:(KeyType)key;
@end
@interface NSMutableDictionary<KeyType, ObjectType> : NSDictionary <KeyType, ObjectType>
+ (instancetype)dictionary;
- (void)setObject:(ObjectType)object forKey:(KeyType)key;
@end

@interface NSSet<__covariant ObjectType> : NSObject
@property(readonly, copy) NSArray<ObjectType>* allObjects;
@end

@interface NSError : NSObject
@property(readonly, copy) NSString* domain;
@property(readonly) NSInteger code;
@property(readonly, copy) NSDictionary* userInfo;
@property(readonly, copy) NSString* localizedDescription;
@end
FOUNDATION_EXPORT NSString* const NSUnderlyingErrorKey;

@interface NSException : NSObject
@property(readonly, copy) NSString* name;
@property(readonly, copy) NSString* reason;
@end

@interface NSURL : NSObject
@property(readonly, copy) NSString* path;
+ (NSURL*)fileURLWithPath:(NSString*)path isDirectory:(BOOL)isDirectory;
@end

@interface NSFileManager : NSObject
+ (NSFileManager*)defaultManager;
- (BOOL)fileExistsAtPath:(NSString*)path isDirectory:(BOOL*)isDirectory;
@end
