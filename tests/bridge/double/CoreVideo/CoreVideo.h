// Pixel buffers: the part of CoreVideo that the bridge uses, written from its public documentation.
#pragma once

#include <IOSurface/IOSurface.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef uint32_t OSType;  // of MacTypes.h
typedef int32_t CVReturn;
typedef struct __CVBuffer* CVPixelBufferRef;
typedef const struct __CFAllocator* CFAllocatorRef;
typedef const struct __CFDictionary* CFDictionaryRef;
typedef uint64_t CVPixelBufferLockFlags;
typedef void (*CVPixelBufferReleaseBytesCallback)(void* context, const void* base);

enum { kCVReturnSuccess = 0, kCVReturnInvalidArgument = -6661 };
enum { kCVPixelBufferLock_ReadOnly = 1 };
enum {
  kCVPixelFormatType_32ARGB = 0x00000020,
  kCVPixelFormatType_32BGRA = 'BGRA',
  kCVPixelFormatType_OneComponent8 = 'L008',
  kCVPixelFormatType_OneComponent16Half = 'L00h'
};

CVReturn CVPixelBufferCreate(CFAllocatorRef allocator, size_t width, size_t height, OSType format,
                             CFDictionaryRef attributes, CVPixelBufferRef* out);
CVReturn CVPixelBufferCreateWithBytes(CFAllocatorRef allocator, size_t width, size_t height, OSType format,
                                      void* base, size_t bytes_per_row,
                                      CVPixelBufferReleaseBytesCallback release, void* context,
                                      CFDictionaryRef attributes, CVPixelBufferRef* out);
CVReturn CVPixelBufferCreateWithIOSurface(CFAllocatorRef allocator, IOSurfaceRef surface,
                                          CFDictionaryRef attributes, CVPixelBufferRef* out);
CVPixelBufferRef CVPixelBufferRetain(CVPixelBufferRef buffer);
void CVPixelBufferRelease(CVPixelBufferRef buffer);
CVReturn CVPixelBufferLockBaseAddress(CVPixelBufferRef buffer, CVPixelBufferLockFlags flags);
CVReturn CVPixelBufferUnlockBaseAddress(CVPixelBufferRef buffer, CVPixelBufferLockFlags flags);
void* CVPixelBufferGetBaseAddress(CVPixelBufferRef buffer);
size_t CVPixelBufferGetBytesPerRow(CVPixelBufferRef buffer);
size_t CVPixelBufferGetWidth(CVPixelBufferRef buffer);
size_t CVPixelBufferGetHeight(CVPixelBufferRef buffer);
OSType CVPixelBufferGetPixelFormatType(CVPixelBufferRef buffer);

#ifdef __cplusplus
}
#endif
