/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
int area_(const int *, const int *);
int main(void) { int width = 6, height = 7; printf("%d\n", area_(&width, &height)); return 0; }
