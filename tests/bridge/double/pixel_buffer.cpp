#include "bridge/double/pixel_buffer.h"

#include <atomic>
#include <cstdlib>
#include <cstring>

#include "bridge/double/control.h"

using wf::apple_double::count_object;
using wf::apple_double::note;
using wf::apple_double::PixelView;

struct __IOSurface {
  std::atomic<int> references{1};
  PixelView view{};
};

struct __CVBuffer {
  std::atomic<int> references{1};
  std::atomic<int> locks{0};
  PixelView view{};
  CVPixelBufferReleaseBytesCallback release = nullptr;
  void* context = nullptr;
  IOSurfaceRef surface = nullptr;
  bool owns_bytes = false;
};

namespace {

size_t bytes_per_pixel(OSType format) {
  switch (format) {
    case kCVPixelFormatType_32BGRA:
      return 4;
    case kCVPixelFormatType_OneComponent16Half:
      return 2;
    case kCVPixelFormatType_OneComponent8:
      return 1;
    default:
      return 0;
  }
}

PixelView padded_pixels(size_t width, size_t height, OSType format) {
  const size_t row = (width * bytes_per_pixel(format) + 63) / 64 * 64 + 64;  // always some padding
  auto* base = static_cast<uint8_t*>(std::malloc(row * height));
  std::memset(base, 0xFE, row * height);
  return {base, width, height, row, format};
}

__CVBuffer* new_buffer(PixelView view) {
  count_object("CVPixelBuffer", 1);
  auto* buffer = new __CVBuffer;
  buffer->view = view;
  return buffer;
}

}  // namespace

namespace wf::apple_double {

PixelView view_of(CVPixelBufferRef buffer) { return buffer->view; }
PixelView view_of(IOSurfaceRef surface) { return surface->view; }

IOSurfaceRef make_surface(size_t width, size_t height, OSType format) {
  auto* surface = new __IOSurface;
  surface->view = padded_pixels(width, height, format);
  count_object("IOSurface", 1);
  return surface;
}

void release_surface(IOSurfaceRef surface) {
  if (!surface || --surface->references > 0) return;
  std::free(surface->view.base);
  delete surface;
  count_object("IOSurface", -1);
}

}  // namespace wf::apple_double

extern "C" {

CVReturn CVPixelBufferCreate(CFAllocatorRef, size_t width, size_t height, OSType format, CFDictionaryRef,
                             CVPixelBufferRef* out) {
  if (bytes_per_pixel(format) == 0) return kCVReturnInvalidArgument;
  *out = new_buffer(padded_pixels(width, height, format));
  (*out)->owns_bytes = true;
  return kCVReturnSuccess;
}

CVReturn CVPixelBufferCreateWithBytes(CFAllocatorRef, size_t width, size_t height, OSType format, void* base,
                                      size_t bytes_per_row, CVPixelBufferReleaseBytesCallback release,
                                      void* context, CFDictionaryRef, CVPixelBufferRef* out) {
  if (bytes_per_pixel(format) == 0 || wf::apple_double::fault("pixels.fail")) return kCVReturnInvalidArgument;
  *out = new_buffer({static_cast<uint8_t*>(base), width, height, bytes_per_row, format});
  (*out)->release = release;
  (*out)->context = context;
  return kCVReturnSuccess;
}

CVReturn CVPixelBufferCreateWithIOSurface(CFAllocatorRef, IOSurfaceRef surface, CFDictionaryRef,
                                          CVPixelBufferRef* out) {
  if (!surface || wf::apple_double::fault("pixels.fail")) return kCVReturnInvalidArgument;
  ++surface->references;
  *out = new_buffer(surface->view);
  (*out)->surface = surface;
  return kCVReturnSuccess;
}

CVPixelBufferRef CVPixelBufferRetain(CVPixelBufferRef buffer) {
  if (buffer) ++buffer->references;
  return buffer;
}

void CVPixelBufferRelease(CVPixelBufferRef buffer) {
  if (!buffer || --buffer->references > 0) return;
  if (buffer->locks != 0) note("pixels freed while locked");
  if (buffer->release) buffer->release(buffer->context, buffer->view.base);
  if (buffer->owns_bytes) std::free(buffer->view.base);
  wf::apple_double::release_surface(buffer->surface);
  delete buffer;
  count_object("CVPixelBuffer", -1);
}

CVReturn CVPixelBufferLockBaseAddress(CVPixelBufferRef buffer, CVPixelBufferLockFlags) {
  ++buffer->locks;
  return kCVReturnSuccess;
}
CVReturn CVPixelBufferUnlockBaseAddress(CVPixelBufferRef buffer, CVPixelBufferLockFlags) {
  --buffer->locks;
  return kCVReturnSuccess;
}

// Without a lock there is no address.
void* CVPixelBufferGetBaseAddress(CVPixelBufferRef buffer) {
  return buffer->locks > 0 ? buffer->view.base : nullptr;
}
size_t CVPixelBufferGetBytesPerRow(CVPixelBufferRef buffer) { return buffer->view.bytes_per_row; }
size_t CVPixelBufferGetWidth(CVPixelBufferRef buffer) { return buffer->view.width; }
size_t CVPixelBufferGetHeight(CVPixelBufferRef buffer) { return buffer->view.height; }
OSType CVPixelBufferGetPixelFormatType(CVPixelBufferRef buffer) { return buffer->view.format; }

}  // extern "C"
