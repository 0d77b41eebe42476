#include <doctest/doctest.h>

#include <fmt/format.h>

#include <string>

#include "autograd/graph_visitor.h"
#include "autograd/ops.h"

namespace siam {

namespace {

// What it was told.
class Log : public GraphVisitor {
 public:
  std::string text;

  void recorded(const char* op, const Variable& result,
                const std::vector<Variable>& inputs) override {
    text += fmt::format("{}({}){};", op, inputs.size(), result.requires_grad() ? "" : " constant");
  }
  void detached(const Variable& x, const Variable& result) override {
    text += fmt::format("detach {};", x.value().raw() == result.value().raw());
  }
  void passed(const Node& op, size_t input, const Tensor& dx) override {
    text += fmt::format("{}.{} {};", op.op, input, dx.item());
  }
};

}  // namespace

TEST_CASE("a visitor is told of ops, of detach, and of each gradient on its way") {
  const Variable x(Tensor::full({}, 3), true), c(Tensor::full({}, 1));
  Log log;
  const Variable y = scale(x, 2);
  const Variable sum = add(y, detach(scale(x, 5)));
  CHECK(log.text == "scale(1);scale(1);detach true;add(2);");
  log.text.clear();
  backward(add(sum, c));
  CHECK(log.text == "add(2);add.0 1;add.0 1;scale.0 2;");
  CHECK(x.grad().item() == 2);
}

TEST_CASE("a visitor is told of ops on constants, and of none inside NoGrad") {
  const Variable c(Tensor::full({}, 1));
  Log log;
  scale(c, 2);
  {
    const NoGrad no_grad;
    detach(scale(c, 3));
  }
  CHECK(log.text == "scale(1) constant;");
}

TEST_CASE("a visitor is told nothing behind its end, or while a later one lives") {
  const Variable x(Tensor::full({}, 3), true);
  Log outer;
  {
    Log inner;
    scale(x, 2);
    CHECK(inner.text == "scale(1);");
  }
  CHECK(outer.text.empty());
  scale(x, 2);
  CHECK(outer.text == "scale(1);");
}

}  // namespace siam
