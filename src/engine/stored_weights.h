// What an engine may be given of an earlier process's work, as the runtime hands it around.
#pragma once

#include "plan/weight_store.h"

namespace wf {

// Packed weights of a model, or of a part or function of it (inner()). Without a store: nothing is stored.
using StoredWeights = ScopedStore;

}  // namespace wf
