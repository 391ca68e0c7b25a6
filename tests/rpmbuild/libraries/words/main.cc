/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include "pairs.h"
int main() { return puts(Speaker().said(Pair<int>{2, 3})) < 0; }
