// Included before everything else in each Objective-C++ file that is compiled for GNUstep.
#pragma once
#include <Block.h>
#import <Foundation/Foundation.h>

// clang's literals (@YES) know these two, GNUstep's casts it does not.
#undef YES
#undef NO
#define YES __objc_yes
#define NO __objc_no

#define API_AVAILABLE(...)  // no system to be too old for

// Of MacTypes.h.
typedef uint32_t OSType;
