/* SPDX-License-Identifier: GPL-2.0-or-later */
struct step { int (*run)(int); const struct step *before; };
void step_add(struct step *);
int steps_run(int);
extern struct step step_square;
