# SPDX-License-Identifier: GPL-2.0-or-later
"""Spec files -> SpecFacts: what a spec says of LTO and of the objects it ships.

The lexical look reads the text and executes nothing; the expanded look has rpm parse it in a sandbox.
"""
