#include "base/page_out.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace wf {

void page_out([[maybe_unused]] Bytes bytes) {
#ifdef MADV_PAGEOUT
  const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = (reinterpret_cast<uintptr_t>(bytes.data()) + page - 1) / page * page;
  const auto end = reinterpret_cast<uintptr_t>(bytes.data() + bytes.size()) / page * page;
  if (begin < end)
    ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_PAGEOUT);  // advice: may do nothing
#endif
}

}  // namespace wf
