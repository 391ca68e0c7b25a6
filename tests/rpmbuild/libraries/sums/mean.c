/* SPDX-License-Identifier: GPL-2.0-or-later */
int sum(int, int);
double mean(int one, int other) { return sum(one, other) / 2.0; }
