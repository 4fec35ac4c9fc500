// PNG through libpng, whose errors are longjmps: each step that calls libpng is a function of its own with
// nothing in its frame that a jump could skip, and what must be released belongs to PngReader.
#include <fmt/format.h>
#include <png.h>

#include <csetjmp>
#include <cstring>

#include "base/checked_math.h"
#include "tensor/image.h"
#include "tensor/image_codec.h"

namespace wf {
namespace {

class PngReader {
 public:
  explicit PngReader(Bytes bytes) : bytes_(bytes) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, on_warning);
    if (png_) info_ = png_create_info_struct(png_);
  }
  ~PngReader() {
    if (png_) png_destroy_read_struct(&png_, &info_, nullptr);
  }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  bool created() const { return info_ != nullptr; }
  const char* message() const { return message_; }
  uint32_t width() const { return width_; }
  uint32_t height() const { return height_; }
  int channels() const { return channels_; }
  size_t row_bytes() const { return row_bytes_; }

  bool read_header() {
    if (setjmp(png_jmpbuf(png_))) return false;
    png_set_read_fn(png_, this, on_read);
    png_set_user_limits(png_, 1 << 24, 1 << 24);
    png_set_chunk_malloc_max(png_, 16 << 20);
    png_set_chunk_cache_max(png_, 128);
    png_read_info(png_, info_);
    width_ = png_get_image_width(png_, info_);
    height_ = png_get_image_height(png_, info_);
    return true;
  }

  // 8 bits a channel, no palette, no alpha.
  bool start_pixels() {
    if (setjmp(png_jmpbuf(png_))) return false;
    png_set_expand(png_);
    png_set_strip_16(png_);
    png_set_strip_alpha(png_);
    passes_ = png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    channels_ = png_get_channels(png_, info_);
    row_bytes_ = png_get_rowbytes(png_, info_);
    return true;
  }

  bool read_pixels(unsigned char* out) {
    if (setjmp(png_jmpbuf(png_))) return false;
    for (int pass = 0; pass < passes_; ++pass) {
      for (uint32_t y = 0; y < height_; ++y) png_read_row(png_, out + y * row_bytes_, nullptr);
    }
    png_read_end(png_, info_);
    return true;
  }

  Bytes exif() {
    png_uint_32 size = 0;
    png_bytep data = nullptr;
    if (png_get_eXIf_1(png_, info_, &size, &data) == 0) return {};
    return {reinterpret_cast<const std::byte*>(data), size};
  }

 private:
  [[noreturn]] static void on_error(png_structp png, png_const_charp message) {
    auto* reader = static_cast<PngReader*>(png_get_error_ptr(png));
    std::strncpy(reader->message_, message, sizeof(reader->message_) - 1);
    png_longjmp(png, 1);
  }
  static void on_warning(png_structp, png_const_charp) {}
  static void on_read(png_structp png, png_bytep out, size_t size) {
    auto* reader = static_cast<PngReader*>(png_get_io_ptr(png));
    if (!range_fits(reader->offset_, size, reader->bytes_.size())) png_error(png, "the file is cut off");
    std::memcpy(out, reader->bytes_.data() + reader->offset_, size);
    reader->offset_ += size;
  }

  Bytes bytes_;
  size_t offset_ = 0;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  char message_[200] = {};
  uint32_t width_ = 0, height_ = 0;
  int channels_ = 0, passes_ = 0;
  size_t row_bytes_ = 0;
};

}  // namespace

Result<DecodedImage> decode_png(Bytes bytes) {
  PngReader reader(bytes);
  WF_REQUIRE(reader.created(), kEnvironment, "no memory to read a PNG");
  const auto damaged = [&] { return Error(ErrorCode::kBadModel, fmt::format("PNG: {}", reader.message())); };
  if (!reader.read_header()) return damaged();
  WF_CHECK(check_image_size(reader.width(), reader.height()));
  if (!reader.start_pixels()) return damaged();
  const int channels = reader.channels();
  if ((channels != 1 && channels != 3) ||
      reader.row_bytes() != size_t{reader.width()} * static_cast<size_t>(channels)) {
    return Error(ErrorCode::kUnsupported, fmt::format("PNG: {} channels", channels));
  }
  Shape shape{reader.height(), reader.width()};
  if (channels == 3) shape.push_back(3);
  WF_TRY(Tensor pixels, Tensor::allocate(DType::kUInt8, std::move(shape)));
  if (!reader.read_pixels(reinterpret_cast<unsigned char*>(pixels.mutable_bytes().data()))) return damaged();
  return DecodedImage{std::move(pixels), exif_orientation(reader.exif())};
}

Result<std::string> format_png(const Tensor& pixels) {
  const Shape& shape = pixels.shape();
  const bool gray = shape.size() == 2 || (shape.size() == 3 && shape[2] == 1);
  if (pixels.dtype() != DType::kUInt8 || (!gray && !(shape.size() == 3 && shape[2] == 3))) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("a PNG needs uint8 [height, width] or [height, width, 3], given {} {}",
                             name_of(pixels.dtype()), to_string(shape)));
  }
  WF_CHECK(check_image_size(shape[1], shape[0]));
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(shape[1]);
  image.height = static_cast<png_uint_32>(shape[0]);
  image.format = gray ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  std::string out(PNG_IMAGE_PNG_SIZE_MAX(image), '\0');
  png_alloc_size_t size = out.size();
  if (png_image_write_to_memory(&image, out.data(), &size, 0, pixels.bytes().data(), 0, nullptr) == 0) {
    return Error(ErrorCode::kEnvironment, fmt::format("PNG: {}", image.message));
  }
  out.resize(size);
  return out;
}

Status write_png(const std::filesystem::path& path, const Tensor& pixels) {
  WF_TRY(const std::string bytes, format_png(pixels));
  return write_file(path, bytes);
}

}  // namespace wf
