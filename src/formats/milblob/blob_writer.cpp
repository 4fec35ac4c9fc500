#include "formats/milblob/blob_writer.h"

#include <fmt/format.h>

#include <array>

namespace wf {
namespace {

using milblob::Header;
using milblob::Metadata;

template <class T>
void write_record(std::ofstream& out, const T& record) {
  out.write(reinterpret_cast<const char*>(&record), sizeof record);
}

}  // namespace

Result<BlobWriter> BlobWriter::create(const std::filesystem::path& path) {
  BlobWriter writer(path, std::ofstream(path, std::ios::binary | std::ios::trunc));
  write_record(writer.out_, Header{});  // finish() fills it in
  writer.size_ = sizeof(Header);
  WF_CHECK(writer.check());
  return writer;
}

Result<uint64_t> BlobWriter::append(const Tensor& tensor) {
  const auto code = milblob::code_of(tensor.dtype());
  WF_REQUIRE(code, kInvalidArgument,
             fmt::format("{} cannot be stored in a weight file", name_of(tensor.dtype())));
  const Bytes bytes = tensor.bytes();
  const auto key =
      std::tuple(static_cast<const void*>(bytes.data()), bytes.size(), tensor.dtype(), tensor.size());
  if (const auto before = written_.find(key); before != written_.end()) return before->second;

  pad_to_alignment();
  const uint64_t offset = size_;
  const auto used_bits =
      static_cast<uint64_t>(tensor.size()) * static_cast<uint64_t>(bit_width(tensor.dtype()));
  write_record(out_, Metadata{.sentinel = milblob::kSentinel,
                              .dtype = *code,
                              .size_in_bytes = bytes.size(),
                              .data_offset = offset + sizeof(Metadata),
                              .padding_in_bits = bytes.size() * 8 - used_bits,
                              .reserved = {}});
  out_.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  size_ += sizeof(Metadata) + bytes.size();
  ++count_;
  WF_CHECK(check());
  written_.emplace(key, offset);
  return offset;
}

Status BlobWriter::finish() {
  out_.seekp(0);
  write_record(out_, Header{.blob_count = count_, .version = milblob::kVersion, .reserved = {}});
  out_.close();
  return check();
}

void BlobWriter::pad_to_alignment() {
  static constexpr std::array<char, milblob::kAlignment> kZeros{};
  const uint64_t padding = (milblob::kAlignment - size_ % milblob::kAlignment) % milblob::kAlignment;
  out_.write(kZeros.data(), static_cast<std::streamsize>(padding));
  size_ += padding;
}

Status BlobWriter::check() const {
  if (out_) return {};
  return Error(ErrorCode::kEnvironment, "cannot write the weight file", {},
               "is the disk full, the folder writable?")
      .in_file(path_.string());
}

}  // namespace wf
