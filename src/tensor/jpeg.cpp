// JPEG through libjpeg, whose errors are longjmps: see png.cpp for how they are kept away from C++ objects.
#include <fmt/format.h>

#include <csetjmp>
#include <cstdio>  // jpeglib.h needs it and does not include it
#include <cstring>

#include <jpeglib.h>

#include <jerror.h>

#include "tensor/image_codec.h"

namespace wf {
namespace {

class JpegReader {
 public:
  explicit JpegReader(Bytes bytes) : bytes_(bytes) {
    info_.err = jpeg_std_error(&errors_);
    errors_.error_exit = on_error;
    errors_.emit_message = on_message;
    info_.client_data = this;
    progress_.progress_monitor = on_progress;
  }
  ~JpegReader() {
    if (created_) jpeg_destroy_decompress(&info_);
  }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  const char* message() const { return message_; }
  uint32_t width() const { return info_.image_width; }
  uint32_t height() const { return info_.image_height; }
  int channels() const { return info_.out_color_components; }
  // Adobe's programs store CMYK inverted, and say so by a marker of theirs.
  bool inverted() const { return info_.saw_Adobe_marker != 0; }

  bool read_header() {
    if (setjmp(jump_)) return false;
    jpeg_create_decompress(&info_);
    created_ = true;
    info_.progress = &progress_;
    jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(bytes_.data()), bytes_.size());
    jpeg_save_markers(&info_, JPEG_APP0 + 1, 0xFFFF);
    jpeg_read_header(&info_, TRUE);
    return true;
  }

  bool start_pixels() {
    if (setjmp(jump_)) return false;
    const J_COLOR_SPACE stored = info_.jpeg_color_space;
    const bool is_cmyk = stored == JCS_CMYK || stored == JCS_YCCK;
    info_.out_color_space = stored == JCS_GRAYSCALE ? JCS_GRAYSCALE : is_cmyk ? JCS_CMYK : JCS_RGB;
    jpeg_start_decompress(&info_);
    return true;
  }

  bool read_pixels(unsigned char* out) {
    if (setjmp(jump_)) return false;
    const size_t row_bytes = size_t{info_.output_width} * static_cast<size_t>(info_.output_components);
    while (info_.output_scanline < info_.output_height) {
      JSAMPROW row = out + info_.output_scanline * row_bytes;
      jpeg_read_scanlines(&info_, &row, 1);
    }
    jpeg_finish_decompress(&info_);
    return true;
  }

  int orientation() const {
    constexpr std::string_view kLead{"Exif\0\0", 6};
    for (const jpeg_marker_struct* marker = info_.marker_list; marker; marker = marker->next) {
      const Bytes data(reinterpret_cast<const std::byte*>(marker->data), marker->data_length);
      if (as_text(data).starts_with(kLead)) return exif_orientation(data.subspan(kLead.size()));
    }
    return 1;
  }

 private:
  static JpegReader& self(j_common_ptr info) { return *static_cast<JpegReader*>(info->client_data); }
  [[noreturn]] static void fail(j_common_ptr info, const char* message) {
    JpegReader& reader = self(info);
    std::strncpy(reader.message_, message, sizeof(reader.message_) - 1);
    std::longjmp(reader.jump_, 1);
  }
  [[noreturn]] static void on_error(j_common_ptr info) {
    char buffer[JMSG_LENGTH_MAX] = {};
    info->err->format_message(info, buffer);
    fail(info, buffer);
  }
  // Most warnings are about harmless oddities; these two mean that part of the picture is not there.
  static void on_message(j_common_ptr info, int level) {
    const int code = info->err->msg_code;
    if (level < 0 && (code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER))
      fail(info, "the file is cut off or damaged");
  }
  // A tiny progressive file can name thousands of passes over a huge picture.
  static void on_progress(j_common_ptr info) {
    constexpr int kMaxScans = 200;
    if (info->is_decompressor && reinterpret_cast<j_decompress_ptr>(info)->input_scan_number > kMaxScans) {
      fail(info, "more than 200 scans");
    }
  }

  Bytes bytes_;
  jpeg_decompress_struct info_{};
  jpeg_error_mgr errors_{};
  jpeg_progress_mgr progress_{};
  std::jmp_buf jump_;
  bool created_ = false;
  char message_[JMSG_LENGTH_MAX] = {};
};

Result<Tensor> cmyk_to_rgb(const Tensor& cmyk, bool inverted) {
  WF_TRY(Tensor rgb, Tensor::allocate(DType::kUInt8, {cmyk.shape()[0], cmyk.shape()[1], 3}));
  const int64_t count = cmyk.shape()[0] * cmyk.shape()[1];
  for (int64_t i = 0; i < count; ++i) {
    const auto light = [&](int64_t c) {  // 255: no ink
      const int value = cmyk.load<uint8_t>(i * 4 + c);
      return inverted ? value : 255 - value;
    };
    for (int64_t c = 0; c < 3; ++c)
      rgb.store(i * 3 + c, static_cast<uint8_t>((light(c) * light(3) + 127) / 255));
  }
  return rgb;
}

}  // namespace

Result<DecodedImage> decode_jpeg(Bytes bytes) {
  JpegReader reader(bytes);
  const auto damaged = [&] { return Error(ErrorCode::kBadModel, fmt::format("JPEG: {}", reader.message())); };
  if (!reader.read_header()) return damaged();
  WF_CHECK(check_image_size(reader.width(), reader.height()));
  const int orientation = reader.orientation();  // the markers are gone when the picture is read
  const bool inverted = reader.inverted();
  if (!reader.start_pixels()) return damaged();
  const int channels = reader.channels();
  if (channels != 1 && channels != 3 && channels != 4) {
    return Error(ErrorCode::kUnsupported, fmt::format("JPEG: {} channels", channels));
  }
  Shape shape{reader.height(), reader.width()};
  if (channels > 1) shape.push_back(channels);
  WF_TRY(Tensor pixels, Tensor::allocate(DType::kUInt8, std::move(shape)));
  if (!reader.read_pixels(reinterpret_cast<unsigned char*>(pixels.mutable_bytes().data()))) return damaged();
  if (channels == 4) {
    WF_TRY(pixels, cmyk_to_rgb(pixels, inverted));
  }
  return DecodedImage{std::move(pixels), orientation};
}

}  // namespace wf
