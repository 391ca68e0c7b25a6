# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes the completions for bash, zsh and fish where these look for them: `python -m docs.completions SHARE`.

As the program itself prints them: they ask it what comes next.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from docs.commands import PROGRAM

FILES = {
    "bash": f"bash-completion/completions/{PROGRAM}",
    "zsh": f"zsh/site-functions/_{PROGRAM}",
    "fish": f"fish/vendor_completions.d/{PROGRAM}.fish",
}
"""Below the folder of shared data, usually /usr/share."""

ZSH_FIRST_TIME = f'[[ $zsh_eval_context[-1] == loadautofunc ]] && _{PROGRAM}_completion "$@"\n'
"""zsh runs the file for the first completion, and typer's script would only define how to do it."""

BASH_COLONS = """
_ltocheck_word() {
    # bash breaks words at colons, and replaces only what follows the last one.
    local line=${COMP_LINE:0:COMP_POINT} word
    word=${line##*[[:space:]]}
    if [[ $word != *:* || $word == [\\"\\']* ]]; then
        _ltocheck_completion "$@"
        return
    fi
    local IFS=$'\\n' before=${word%"${word##*:}"} all
    read -ra all -d '' <<< "${line// /$IFS}"
    COMPREPLY=($(COMP_WORDS="$line" COMP_CWORD=$((${#all[@]} - 1)) _LTOCHECK_COMPLETE=complete_bash "$1"))
    COMPREPLY=("${COMPREPLY[@]#"$before"}")
}

complete -o default -F _ltocheck_word ltocheck
"""
"""For `inspect FILE:MEMBER`, instead of what typer's script ends with."""

LAST = {"bash": BASH_COLONS, "zsh": ZSH_FIRST_TIME, "fish": ""}


def completions() -> Iterator[tuple[str, str]]:
    """The file of each shell below the folder of shared data, and its text."""
    for shell, file in FILES.items():
        environment = {**os.environ, f"_{PROGRAM.upper()}_COMPLETE": f"source_{shell}"}
        command = [sys.executable, "-c", "from checker.cli import main; main()"]
        text = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()
        yield file, f"{text}\n{LAST[shell]}"


def main(share: Path) -> None:
    """Write every file below `share`."""
    for name, text in completions():
        file = share / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
