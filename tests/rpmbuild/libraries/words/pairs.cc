/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pairs.h"
template struct Pair<int>;
