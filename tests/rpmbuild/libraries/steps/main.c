/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include "steps.h"
int main(void) { printf("%d %d\n", steps_run(9), step_square.before == 0); return 0; }
