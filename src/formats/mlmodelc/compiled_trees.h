// Compiled tree ensembles: a file named in coremldata.bin ("_B0000.DAT"). Worked out from one that Apple's
// compiler wrote, beside the model it was compiled from; all numbers are little-endian.
//
//   at 0x24   8 bytes    the layout of a branch; only 0a 00 04 04 06 00 08 00 is known
//   at 0x40   u64        bytes of the branches that follow, padded with zeros
//   then      10 bytes each, tree after tree, a branch before its children:
//               bits 0-3    the feature it compares
//               bits 4-5    0: two branches below; 2: the false child is a leaf; 3: both are
//               bits 6-7    the comparison, in the format's numbers: 0 is <=, 3 is > (its children changed
//               places) bits 8-9    0 bits 10-15  how many branches on the false child is, or the number of
//               the (first) leaf in its tree;
//                           the true child, if it is a branch, comes next
//               f64         what the feature is compared with
//   then      u64 ?, u64 number of trees, 64 bytes, u64 number of leaves, f64 each
//   then      28 bytes   a base of one 0 and the logistic transform in the only file there is
#pragma once

#include <optional>

#include "base/file.h"
#include "classic/tree_ensemble.h"

namespace wf {

// Nothing unless every byte is as described: a guess would predict something else than the model.
std::optional<TreeEnsembleParams> read_compiled_trees(Bytes file);

}  // namespace wf
