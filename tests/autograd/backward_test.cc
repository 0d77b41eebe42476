#include <doctest/doctest.h>

#include <deque>

#include "autograd/ops.h"
#include "tensor/allocator.h"
#include "tensor/map.h"

namespace siam {

namespace {

Variable scalar(double value) { return Variable(Tensor::full({}, value), true); }

}  // namespace

TEST_CASE("gradients accumulate over uses of a value and over backward calls") {
  const Variable x = scalar(3);
  backward(add(scale(x, 2), add(x, x)));
  CHECK(x.grad().item() == 4);
  backward(scale(x, 10));
  CHECK(x.grad().item() == 14);
}

TEST_CASE("a leaf whose gradient was cleared starts anew") {
  Variable x = scalar(5);
  backward(scale(x, 7));
  x.clear_grad();
  CHECK_FALSE(x.grad().defined());
  backward(scale(x, 2));
  CHECK(x.grad().item() == 2);
}

// A rule that takes two gradients gets the first two as they are; later ones are added.
TEST_CASE("an op may take the gradient of its result as a sum of two") {
  for (const int uses : {1, 2, 3, 5}) {
    CAPTURE(uses);
    const Variable x = scalar(1);
    double first = 0, second = 0;
    const Variable y =
        record("identity", x.value(), {x}, [&](const Tensor& dy, const Tensor& more) {
          first = dy.item();
          second = more.defined() ? more.item() : 0;
          return std::vector{more.defined() ? add(dy, more) : dy};
        });
    Variable sum = scale(y, 1);
    for (int i = 1; i < uses; ++i) sum = add(sum, scale(y, 1 << i));
    backward(sum);
    CHECK(x.grad().item() == (1 << uses) - 1);
    CHECK(first + second == (1 << uses) - 1);
    CHECK((second != 0) == (uses > 1));
  }
}

TEST_CASE("a rule that forgets an input is an error that names its op") {
  const Variable x = scalar(1), y = scalar(2);
  const Variable sum =
      record("half an add", x.value(), {x, y}, [](const Tensor& dy) { return std::vector{dy}; });
  CHECK_THROWS_WITH_AS(
      backward(sum),
      "backward: the rule of `half an add` gave 1 gradients; one for each of its 2 "
      "inputs is needed",
      Error);
}

// Both inputs of add receive one gradient tensor. Adding to one of them must not change the other.
TEST_CASE("leaves that receive a shared gradient do not share their sums") {
  const Variable a = scalar(1), b = scalar(1);
  backward(add(a, b));
  backward(a.requires_grad() ? scale(a, 5) : a);
  CHECK(a.grad().item() == 6);
  CHECK(b.grad().item() == 1);
}

// "Why a heap? Is the order in which gradients arrive not enough?" Here it is not. In
//     x -> a = 2x -> b = 3a -> c = 5b -> y = a + c
// y passes its gradient to a and to c at once. First come, first served takes a next, while its
// gradient is still 1 instead of 1 + 15, and x gets 2 instead of 32. Creation order has c and b
// before a.
TEST_CASE("an op waits until all that used its result have been through") {
  const Variable x = scalar(1);
  const Variable a = scale(x, 2), b = scale(a, 3), c = scale(b, 5), y = add(a, c);

  // The counter-example: the same graph walked in order of arrival, each op once.
  double grad_x = 0;
  std::deque<std::pair<Node*, double>> arrived = {{y.node().get(), 1.0}};
  std::vector<Node*> done;
  while (!arrived.empty()) {
    auto [node, dy] = arrived.front();
    arrived.pop_front();
    if (!node->rule) {
      grad_x += dy;
      continue;
    }
    if (std::find(done.begin(), done.end(), node) != done.end()) continue;
    done.push_back(node);
    const std::vector<Tensor> dx = node->rule(Tensor::full({}, dy), {});
    for (size_t i = 0; i < dx.size(); ++i)
      if (node->inputs[i]) arrived.emplace_back(node->inputs[i].get(), dx[i].item());
  }
  CHECK(grad_x == 2);

  CHECK(backward(y) == 4);
  CHECK(x.grad().item() == 32);
}

TEST_CASE("detach shares the value, passes no gradient, and prunes what is behind it") {
  const Variable x = scalar(3);
  const Variable long_way = scale(scale(scale(x, 2), 2), 2);
  const Variable cut = detach(long_way);
  CHECK(cut.value().raw() == long_way.value().raw());
  CHECK_FALSE(cut.requires_grad());
  const int64_t visited = backward(add(scale(x, 10), cut));
  CHECK(visited == 2);  // add and the scale by 10; none of the three behind the cut
  CHECK(x.grad().item() == 10);
}

TEST_CASE("a second backward through a freed graph is an error that says what to do") {
  const Variable x = scalar(3), shared = scale(x, 2);
  backward(scale(shared, 3));
  CHECK_THROWS_WITH_AS(
      backward(scale(shared, 4)),
      "backward: the graph behind `scale` was freed by an earlier backward; run the "
      "forward pass again",
      Error);
  CHECK(x.grad().item() == 6);
}

TEST_CASE("backward needs a graph, and a scalar or a seed") {
  const Variable x(Tensor::full({2}, 1), true);
  CHECK_THROWS_AS(backward(detach(x)), Error);
  CHECK_THROWS_AS(backward(scale(x, 2)), Error);
  CHECK_THROWS_AS(backward(scale(x, 2), Tensor::full({3}, 1)), Error);
  backward(scale(x, 2), Tensor::full({2}, 1));
  CHECK(x.grad().span<float>()[1] == 2);
}

TEST_CASE("inside NoGrad nothing is recorded, and recording resumes behind it") {
  const Variable x = scalar(1);
  {
    const NoGrad no_grad;
    CHECK_FALSE(scale(x, 2).requires_grad());
  }
  CHECK(scale(x, 2).requires_grad());
}

TEST_CASE(
    "activations that no derivative needs are freed during the forward pass, the rest by "
    "backward") {
  Variable x(Tensor::full({1000}, 1), true);
  const CachingAllocator& memory = caching_allocator(Device::cpu);
  const auto taken_by = [&](const auto& op) {
    const size_t before = memory.statistics().in_use;
    const Variable y = op(scale(x, 2));
    return memory.statistics().in_use - before;
  };
  const size_t one = taken_by([](const Variable& z) { return z; });
  CHECK(one > 0);
  CHECK(taken_by([](const Variable& z) { return scale(z, 3); }) == one);  // keeps no activation
  CHECK(taken_by([](const Variable& z) { return scale(relu(z), 3); }) == 2 * one);  // its result
  Variable y = scale(scale(x, 2), 3);
  CHECK(y.node()->inputs[0]->op == std::string("scale"));
  const std::weak_ptr<Node> inner = y.node()->inputs[0];
  backward(y, Tensor::full({1000}, 1));
  CHECK(inner.expired());
}

TEST_CASE("a graph of 200,000 ops is walked and dropped without recursion") {
  const Variable x = scalar(1);
  auto chain = [&] {
    Variable y = x;
    for (int i = 0; i < 200000; ++i) y = scale(y, 1);
    return y;
  };
  CHECK(backward(chain()) == 200000);
  CHECK(x.grad().item() == 1);
  chain();  // dropped without a backward
}

TEST_CASE("batch norm of one value per channel is an error") {
  const Variable x(Tensor::zeros({2, 5}));
  CHECK_THROWS_AS(batch_norm_train(x, {}, {}, {}, 2, {}, false), Error);
}

}  // namespace siam
