# SPDX-License-Identifier: GPL-2.0-or-later
"""JSON on one line, in ASCII and without blanks."""

import json

encode = json.JSONEncoder(separators=(",", ":")).encode
