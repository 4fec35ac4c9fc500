// Memory that will hardly be read again.
#pragma once

#include "base/file.h"

namespace wf {

// Lets the system take these pages back now; they are read from their file again if they are needed after
// all. What is no mapped file is left to the system's swap, if it has one. Linux alone; elsewhere nothing
// happens.
void page_out(Bytes bytes);

}  // namespace wf
