// Parsed once for the folder's sources, which still include what they use: -Db_pch=false builds
// without it.

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
