/* SPDX-License-Identifier: GPL-2.0-or-later */
int total;
static int doubled(int value) { return 2 * value; }
int sum(int one, int other) { total += one; return one + doubled(other); }
