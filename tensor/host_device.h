#pragma once
// Formulas marked SIAM_HOST_DEVICE compile for the CPU and, under nvcc, for the GPU as well.

#ifdef __CUDACC__
#define SIAM_HOST_DEVICE __host__ __device__
#else
#define SIAM_HOST_DEVICE
#endif
