/* SPDX-License-Identifier: GPL-2.0-or-later */
int sub(int a, int b) { return a - b; }
