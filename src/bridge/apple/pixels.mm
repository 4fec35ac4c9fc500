#include <cstring>

#include "bridge/apple/values.h"

namespace wf::bridge {
namespace {

struct PixelFormat {
  int pixels;
  OSType native;
  size_t bytes_per_pixel;
};
constexpr PixelFormat kFormats[] = {{WFA_BGRA, kCVPixelFormatType_32BGRA, 4},
                                    {WFA_GRAY8, kCVPixelFormatType_OneComponent8, 1},
                                    {WFA_GRAY16F, kCVPixelFormatType_OneComponent16Half, 2}};

const PixelFormat* format_of(int pixels) {
  for (const PixelFormat& format : kFormats) {
    if (format.pixels == pixels) return &format;
  }
  return nullptr;
}
const PixelFormat* format_of_native(OSType native) {
  for (const PixelFormat& format : kFormats) {
    if (format.native == native) return &format;
  }
  return nullptr;
}

int of_native(const wfa_value& value, CVPixelBufferRef* out, wfa_failure* failure) {
  if (!value.native) return fail(failure, WFA_INVALID, "an image without a pixel buffer");
  if (!value.is_surface) {
    *out = CVPixelBufferRetain(static_cast<CVPixelBufferRef>(value.native));
    return WFA_OK;
  }
  const CVReturn status =
      CVPixelBufferCreateWithIOSurface(nullptr, static_cast<IOSurfaceRef>(value.native), nullptr, out);
  if (status == kCVReturnSuccess) return WFA_OK;
  return fail(failure, WFA_ERROR,
              "the surface cannot be a pixel buffer: CoreVideo says " + std::to_string(status));
}

void end_lease(void* context, const void*) { delete static_cast<std::shared_ptr<Lease>*>(context); }

}  // namespace

int pixel_buffer_of(const wfa_value& value, const std::shared_ptr<Lease>& lease, CVPixelBufferRef* out,
                    wfa_failure* failure) {
  if (value.kind == WFA_NATIVE) return of_native(value, out, failure);
  const std::string what = "image '" + to_utf8(value.name) + "'";
  const PixelFormat* format = format_of(value.pixels);
  if (!format) return fail(failure, WFA_INVALID, what + ": not a known format of pixels");
  if (value.width == 0 || value.height == 0 || value.width > SIZE_MAX / 8 / value.height ||
      value.bytes_per_row < value.width * format->bytes_per_pixel || !value.data ||
      value.bytes < (value.height - 1) * value.bytes_per_row + value.width * format->bytes_per_pixel) {
    return fail(failure, WFA_INVALID, what + ": its sizes do not fit its memory");
  }
  auto context = std::make_unique<std::shared_ptr<Lease>>(lease);
  const CVReturn status =
      CVPixelBufferCreateWithBytes(nullptr, value.width, value.height, format->native, value.data,
                                   value.bytes_per_row, end_lease, context.get(), nullptr, out);
  if (status != kCVReturnSuccess)
    return fail(failure, WFA_ERROR, what + ": CoreVideo says " + std::to_string(status));
  context.release();  // NOLINT(bugprone-unused-return-value): end_lease deletes it
  return WFA_OK;
}

int read_pixels(CVPixelBufferRef buffer, OwnedValue& out, wfa_failure* failure) {
  const std::string what = "output '" + out.name + "'";
  if (!buffer) return fail(failure, WFA_ERROR, what + ": an image without pixels");
  const OSType native = CVPixelBufferGetPixelFormatType(buffer);
  const PixelFormat* format = format_of_native(native);
  if (!format) return fail(failure, WFA_UNSUPPORTED, what + ": pixel format " + std::to_string(native));
  if (CVPixelBufferLockBaseAddress(buffer, kCVPixelBufferLock_ReadOnly) != kCVReturnSuccess)
    return fail(failure, WFA_ERROR, what + ": its pixels cannot be locked");
  const size_t width = CVPixelBufferGetWidth(buffer), height = CVPixelBufferGetHeight(buffer);
  const size_t there = CVPixelBufferGetBytesPerRow(buffer), here = width * format->bytes_per_pixel;
  const auto* base = static_cast<const std::byte*>(CVPixelBufferGetBaseAddress(buffer));
  out.view.kind = WFA_IMAGE;
  out.view.pixels = format->pixels;
  out.view.width = width;
  out.view.height = height;
  out.view.bytes_per_row = here;
  out.view.bytes = here * height;
  out.bytes.reset(new (std::nothrow) std::byte[here * height]);
  const bool readable = base && out.bytes && there >= here;
  for (size_t row = 0; readable && row < height; ++row)
    std::memcpy(out.bytes.get() + row * here, base + row * there, here);
  CVPixelBufferUnlockBaseAddress(buffer, kCVPixelBufferLock_ReadOnly);
  return readable ? WFA_OK : fail(failure, WFA_ERROR, what + ": its pixels cannot be read");
}

}  // namespace wf::bridge
