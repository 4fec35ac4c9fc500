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

// Every object of the double keeps its C++ part behind one pointer.
#define WINDFALL_DOUBLE_STORAGE \
  {                             \
   @public                      \
    void* body;                 \
  }

// Of MacTypes.h.
typedef uint32_t OSType;

#ifdef __cplusplus
extern "C" {
#endif
BOOL GSRegisterCurrentThread(void);
void GSUnregisterCurrentThread(void);
#ifdef __cplusplus
}
#endif
