/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
extern int total;
double mean(int, int);
int main(void) { printf("%.1f", mean(3, 4)); printf(" %d\n", total); return 0; }
