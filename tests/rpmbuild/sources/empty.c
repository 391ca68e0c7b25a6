/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Defines nothing: losing its bytecode loses nothing. */
