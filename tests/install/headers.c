/* Both C headers, twice, in any order, with and without a dlpack.h: compiled as C99 and as C++. */
#include <windfall/windfall.h>
#include <windfall/coreml_bridge.h>
#include <windfall/dlpack.h>
#include <windfall/windfall.h>
#include <windfall/coreml_bridge.h>
#include <windfall/dlpack.h>

int main(void) { return windfall_abi() == WINDFALL_ABI ? 0 : 1; }
