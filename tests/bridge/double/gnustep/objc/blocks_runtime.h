// GNUstep's headers ask for it by this name; Debian's block runtime has it as Block.h.
#pragma once
#include <Block.h>
