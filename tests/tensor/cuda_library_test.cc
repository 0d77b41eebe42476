// Matrix products of the CUDA libraries against the reference.

#include "tensor/matmul.h"

#include <array>

#include "tests/tensor/cuda_compare.h"

namespace siam {

TEST_CASE("matrix products in all orders, into the type and into f32") {
  for (const DType type : served_types()) {
    Random random(13, Purpose::test, static_cast<uint32_t>(type));
    for (const auto& [m, n, k] :
         {std::array{5, 7, 3}, std::array{64, 128, 256}, std::array{33, 24, 72}})
      for (const Transpose ta : {Transpose::no, Transpose::yes})
        for (const Transpose tb : {Transpose::no, Transpose::yes})
          for (const DType out : {type, DType::f32}) {
            CAPTURE(fmt::format("m {} n {} k {} ta {} tb {}", m, n, k, ta == Transpose::yes,
                                tb == Transpose::yes));
            const Shape a = ta == Transpose::yes ? Shape{k, m} : Shape{m, k};
            const Shape b = tb == Transpose::yes ? Shape{n, k} : Shape{k, n};
            compare("matmul", {normals(a, type, random), normals(b, type, random)},
                    tolerance_of(out),
                    [&](const Tensors& t) { return Tensors{matmul(t[0], ta, t[1], tb, out)}; });
          }
  }
}

}  // namespace siam
