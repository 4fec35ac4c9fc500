// A file of packed weights, laid out to be mapped: processes that map it share its pages, and what nobody
// reads is never loaded. All numbers are little-endian.
//
//   "WFPACK01"                8 bytes
//   u64 offset, u64 bytes     the index, at the end of the file
//   u32 isa, u32 0            the instruction set the panels are as wide as, in the numbers of wf::Isa
//   16 bytes                  the planner's fingerprint, as text
//   then the bytes of each matrix, at multiples of 64
//   the index: u32 number of scopes, each u32 length and its bytes
//              u32 number of entries, each u32 scope, u32 value, u64 form, u32 number of matrices,
//              each u64 inner, u64 columns, u32 width, u32 element (wf::WeightElement), u64 offset, u64 bytes
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>

#include "base/error.h"
#include "base/file.h"
#include "plan/weight_store.h"

namespace wf {

// Read: any range the index names lies in the file, or the file is refused whole.
class PackedFile final : public WeightStore {
 public:
  // kUnsupported: of another instruction set or another planner; weights have to be packed anew.
  static Result<std::shared_ptr<PackedFile>> open(const std::filesystem::path& path, Isa isa);

  Matrices find(const WeightKey& key, Isa isa, std::span<const MatrixExtent> extents) const override;
  std::shared_ptr<AlignedBuffer> find_floats(const WeightKey& key, int64_t count) const override;

 private:
  struct Stored {
    MatrixExtent extent;
    int64_t width = 0;
    WeightElement element = WeightElement::kFloat;
    uint64_t offset = 0;
    int64_t bytes = 0;
  };
  PackedFile() = default;
  AlignedBuffer view(const Stored& stored) const;

  std::shared_ptr<const MappedFile> file_;
  Isa isa_ = Isa::kPortable;
  std::map<WeightKey, std::vector<Stored>> entries_;
};

// Keeps what a planner packs, then writes it.
class PackedRecorder final : public WeightStore {
 public:
  Matrices find(const WeightKey&, Isa, std::span<const MatrixExtent>) const override { return {}; }
  std::shared_ptr<AlignedBuffer> find_floats(const WeightKey&, int64_t) const override { return nullptr; }
  void made(const WeightKey& key, const Matrices& matrices) override;
  void made_floats(const WeightKey& key, const std::shared_ptr<AlignedBuffer>& floats) override;

  bool empty() const { return matrices_.empty() && floats_.empty(); }
  Status write(const std::filesystem::path& path, Isa isa) const;

 private:
  mutable std::mutex lock_;
  std::map<WeightKey, Matrices> matrices_;
  std::map<WeightKey, std::shared_ptr<AlignedBuffer>> floats_;
};

}  // namespace wf
