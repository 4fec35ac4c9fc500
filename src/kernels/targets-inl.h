// Compiles the including file once for each instruction set. It must define HWY_TARGET_INCLUDE as its own
// path first, put its code between HWY_BEFORE_NAMESPACE() and HWY_AFTER_NAMESPACE() in namespace
// wf::HWY_NAMESPACE, and choose among the results below #if HWY_ONCE with WF_FOR_ISA.
//
// Highway is used for its vector types alone: the choice is ours (kernels/isa.h), so that plans can be made
// for any instruction set in one process and nothing has to be linked.
#ifndef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
#endif
#ifndef HWY_IS_DEBUG_BUILD
#define HWY_IS_DEBUG_BUILD 0  // its checks call into the library that is not linked
#endif
#include <hwy/foreach_target.h>  // NOLINT: must come before highway.h
#include <hwy/highway.h>

#include "kernels/isa.h"

#ifndef WF_FOR_ISA
// &function of the form compiled for this instruction set; in namespace wf.
#if HWY_ARCH_X86
#define WF_FOR_ISA(isa, function)            \
  ((isa) == Isa::kAvx512 ? &N_AVX3::function \
   : (isa) == Isa::kAvx2 ? &N_AVX2::function \
                         : &HWY_STATIC_DISPATCH(function))
#else
#define WF_FOR_ISA(isa, function) (&HWY_STATIC_DISPATCH(function))
#endif
#endif
