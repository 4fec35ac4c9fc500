#include "formats/milblob/blob_file.h"

#include <fmt/format.h>

#include <cstring>

#include "base/checked_math.h"
#include "formats/milblob/layout.h"

namespace wf {
namespace {

using milblob::Header;
using milblob::Metadata;

template <class T>
T load(Bytes bytes, uint64_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

Status check_header(Bytes bytes) {
  if (bytes.size() < sizeof(Header)) {
    return Error(
        ErrorCode::kBadModel,
        fmt::format("{} bytes long, a weight file begins with a header of {}", bytes.size(), sizeof(Header)),
        {}, "the file is cut off");
  }
  const auto header = load<Header>(bytes, 0);
  if (header.version == milblob::kEspressoVersion) {
    return Error(ErrorCode::kUnsupported,
                 "weights in blob format 1, which belongs to Espresso networks, not to ML programs", {},
                 "convert the model again with a current coremltools");
  }
  if (header.version != milblob::kVersion) {
    return Error(ErrorCode::kBadModel,
                 fmt::format("blob format {}, expected {}", header.version, milblob::kVersion), "byte 4",
                 "the file is damaged or is not a weight file");
  }
  if (header.blob_count > bytes.size() / sizeof(Metadata)) {
    return Error(ErrorCode::kBadModel,
                 fmt::format("{} blobs do not fit into {} bytes", header.blob_count, bytes.size()), "byte 0",
                 "the file is cut off or damaged");
  }
  return {};
}

// Padding bits the format prescribes for `count` elements below 8 bits.
uint64_t padding_bits(DType dtype, int64_t count) {
  const uint64_t used = static_cast<uint64_t>(count) * static_cast<uint64_t>(bit_width(dtype));
  return (8 - used % 8) % 8;
}

}  // namespace

Result<BlobFile> BlobFile::open(std::shared_ptr<const MappedFile> file) {
  if (auto status = check_header(file->bytes()); !status) {
    return std::move(status).error().in_file(file->path().string());
  }
  return BlobFile(std::move(file));
}

Result<BlobFile> BlobFile::open(const std::filesystem::path& path) {
  WF_TRY(auto file, MappedFile::open(path));
  return open(std::move(file));
}

Result<Tensor> BlobFile::read(uint64_t offset, const TensorType& type) const {
  auto tensor = read_checked(offset, type);
  if (!tensor) {
    return std::move(tensor)
        .error()
        .at(fmt::format("blob at byte {}", offset))
        .in_file(file_->path().string());
  }
  return tensor;
}

Result<Tensor> BlobFile::read_checked(uint64_t offset, const TensorType& type) const {
  const Bytes bytes = file_->bytes();
  const auto bad = [](std::string message) {
    return Error(ErrorCode::kBadModel, std::move(message), {},
                 "the weight file does not belong to this program, or is damaged");
  };
  if (!type.is_static())
    return bad(fmt::format("a constant of type {} has no definite size", to_string(type)));
  if (offset < sizeof(Header) || offset % milblob::kAlignment != 0) {
    return bad(fmt::format("the offset is not a multiple of {} beyond the header", milblob::kAlignment));
  }
  if (!range_fits(offset, sizeof(Metadata), bytes.size())) {
    return bad(fmt::format("its record lies beyond the end of the file ({} bytes)", bytes.size()));
  }
  const auto metadata = load<Metadata>(bytes, offset);
  if (metadata.sentinel != milblob::kSentinel) return bad("no blob begins there (its sentinel is missing)");
  const auto dtype = milblob::dtype_of(metadata.dtype);
  if (dtype != type.dtype) {
    return bad(
        fmt::format("holds {}, the program declares {}",
                    dtype ? std::string(name_of(*dtype)) : fmt::format("unknown type {}", metadata.dtype),
                    to_string(type)));
  }
  if (metadata.data_offset % milblob::kAlignment != 0) {
    return bad(fmt::format("its data begin at byte {}, not a multiple of {}", metadata.data_offset,
                           milblob::kAlignment));
  }
  if (!range_fits(metadata.data_offset, metadata.size_in_bytes, bytes.size())) {
    return bad(fmt::format("its data (byte {}, {} bytes) pass the end of the file ({} bytes)",
                           metadata.data_offset, metadata.size_in_bytes, bytes.size()));
  }
  WF_TRY(const int64_t count, element_count(*type.shape));
  WF_TRY(const int64_t needed, packed_byte_size(*dtype, count));
  if (metadata.size_in_bytes != static_cast<uint64_t>(needed)) {
    return bad(fmt::format("holds {} bytes, {} needs {}", metadata.size_in_bytes, to_string(type), needed));
  }
  if (is_sub_byte(*dtype) && metadata.padding_in_bits != padding_bits(*dtype, count)) {
    return bad(fmt::format("{} padding bits, {} needs {}", metadata.padding_in_bits, to_string(type),
                           padding_bits(*dtype, count)));
  }
  return Tensor::view(*dtype, *type.shape, bytes.subspan(metadata.data_offset, metadata.size_in_bytes),
                      file_);
}

}  // namespace wf
