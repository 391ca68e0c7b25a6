/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "steps.h"
static const struct step *last;
void step_add(struct step *step) { step->before = last; last = step; }
int steps_run(int value) { for (const struct step *step = last; step; step = step->before) value = step->run(value); return value; }
