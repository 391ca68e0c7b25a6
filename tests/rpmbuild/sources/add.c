/* SPDX-License-Identifier: GPL-2.0-or-later */
int add(int a, int b) { return a + b; }
