/* SPDX-License-Identifier: GPL-2.0-or-later */
/* No global name, and yet the program changes without it. */
extern int puts(const char *);
static void __attribute__((constructor)) greet(void) { puts("hello"); }
