#include "ops/product.h"

#include <algorithm>

#include "ops/column_tile.h"

namespace wf {
namespace {

// Sums modulo 2^64, so that the result is what 32-bit arithmetic wraps to.
Status multiply_integers(const Evaluation& eval, const Product& p, const Tensor& a, int64_t a_first,
                         const Tensor& b, int64_t b_first, const Tensor* bias, Tensor& out,
                         int64_t out_first) {
  const int64_t rows = p.a_rows.count(), inner = p.a_inner.count(), columns = p.b_columns.count();
  for (int64_t r = 0; r < rows; ++r) {
    WF_CHECK(eval.tick());
    for (int64_t c = 0; c < columns; ++c) {
      uint64_t sum = bias ? static_cast<uint64_t>(read_int(*bias, c)) : 0;
      for (int64_t k = 0; k < inner; ++k) {
        const int64_t left = read_int(a, a_first + p.a_rows.offset(r) + p.a_inner.offset(k));
        const int64_t right = read_int(b, b_first + p.b_inner.offset(k) + p.b_columns.offset(c));
        sum += static_cast<uint64_t>(left) * static_cast<uint64_t>(right);
      }
      const auto wrapped = static_cast<int64_t>(sum);
      write_ints(out, out_first + p.out_rows.offset(r) + p.out_columns.offset(c), std::span(&wrapped, 1));
    }
  }
  return {};
}

// Columns [from, from + count) of b: along whichever of its directions is contiguous.
void fill_tile(ColumnTile& tile, const Product& p, const Tensor& b, int64_t b_first, int64_t from,
               int64_t count, std::span<double> scratch) {
  if (p.b_inner.is_contiguous() && !p.b_columns.is_contiguous()) {
    for (int64_t c = 0; c < count; ++c) {
      gather_doubles(b, b_first + p.b_columns.offset(from + c), p.b_inner, 0, scratch);
      for (int64_t k = 0; k < tile.inner(); ++k)
        tile.row(k)[static_cast<size_t>(c)] = scratch[static_cast<size_t>(k)];
    }
    return;
  }
  for (int64_t k = 0; k < tile.inner(); ++k) {
    gather_doubles(b, b_first + p.b_inner.offset(k), p.b_columns, from,
                   tile.row(k).first(static_cast<size_t>(count)));
  }
}

}  // namespace

Status multiply(const Evaluation& eval, const Product& p, const Tensor& a, int64_t a_first, const Tensor& b,
                int64_t b_first, const Tensor* bias, Tensor& out, int64_t out_first) {
  if (is_integer(a.dtype()) && is_integer(b.dtype())) {
    return multiply_integers(eval, p, a, a_first, b, b_first, bias, out, out_first);
  }
  const int64_t rows = p.a_rows.count(), inner = p.a_inner.count(), columns = p.b_columns.count();
  if (rows == 0 || columns == 0) return {};
  WF_TRY(ColumnTile tile, ColumnTile::make(inner, columns));
  WF_TRY(WorkBuffer left, WorkBuffer::make(inner));
  std::vector<double> sums(static_cast<size_t>(tile.columns()));
  for (int64_t from = 0; from < columns; from += tile.columns()) {
    const int64_t count = std::min(tile.columns(), columns - from);
    const std::span<double> part(sums.data(), static_cast<size_t>(count));
    fill_tile(tile, p, b, b_first, from, count, left.all());
    for (int64_t r = 0; r < rows; ++r) {
      WF_CHECK(eval.tick());
      gather_doubles(a, a_first + p.a_rows.offset(r), p.a_inner, 0, left.all());
      tile.multiply(left.all(), part);
      if (bias) {
        for (int64_t c = 0; c < count; ++c) part[static_cast<size_t>(c)] += read_double(*bias, from + c);
      }
      scatter_doubles(out, out_first + p.out_rows.offset(r), p.out_columns, from, part);
    }
  }
  return {};
}

}  // namespace wf
