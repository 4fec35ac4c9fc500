// The name of a surface that processes and devices share; making one is the camera's or the GPU's business,
// and here the test's.
#pragma once

typedef struct __IOSurface* IOSurfaceRef;
