/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Data, a weak function, and a constructor that another unit needs in order to know of it. */
#include "steps.h"
__attribute__((weak)) int step_limit(void) { return 100; }
static int square(int value) { return value < step_limit() ? value * value : value; }
struct step step_square = {square, 0};
static void __attribute__((constructor)) add(void) { step_add(&step_square); }
