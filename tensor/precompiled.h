// Parsed once for the folder's sources, which include what they use all the same: -Db_pch=false
// builds without it.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "tensor/backends.h"
#include "tensor/dispatch.h"
#include "tensor/dispatch_types.h"
#include "tensor/math.h"
#include "tensor/parallel.h"
