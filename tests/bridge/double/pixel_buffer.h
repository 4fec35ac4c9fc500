// Pixel buffers of the double, and the surfaces below them.
#pragma once

#include <cstdint>

// CoreVideo.h needs this name from MacTypes.h.
typedef uint32_t OSType;

#include <CoreVideo/CoreVideo.h>

namespace wf::apple_double {

struct PixelView {
  uint8_t* base;
  size_t width, height, bytes_per_row;
  OSType format;
};
PixelView view_of(CVPixelBufferRef buffer);  // past all locks

// A surface with rows padded to 64 bytes, one reference.
IOSurfaceRef make_surface(size_t width, size_t height, OSType format);
PixelView view_of(IOSurfaceRef surface);
void release_surface(IOSurfaceRef surface);

}  // namespace wf::apple_double
