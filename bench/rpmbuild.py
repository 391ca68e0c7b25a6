# SPDX-License-Identifier: GPL-2.0-or-later
"""What the macros cost rpm, rpmspec and a build of next to nothing, which starts the hook."""

from bench.inputs import Inputs
from bench.measure import compare, processor_time
from bench.peers import CHECKOUT, HOOK
from bench.tables import MEASURED, Table

SPEC = """\
Name: demo
Version: 1
Release: 1
Summary: Measured
License: none
%description
Measured.
%install
mkdir -p %{buildroot}/etc
echo text >%{buildroot}/etc/demo
%files
/etc/demo
"""
LINE = """\
%__spec_install_post \\
    %{?__brp_ltocheck} \\
    %{__arch_install_post} \\
    %{__os_install_post} \\
%{nil}
"""
MACROS = CHECKOUT / "macros"


def hook_in_rpmbuild(inputs: Inputs, runs: int) -> Table:
    table = Table(
        "The hook in rpmbuild",
        "Processor time with the macros less without, medians. The package has one small file. The engine that does "
        "nothing is /bin/true: its rows are the cost of the placement, by the vendor's line and by "
        "macros.ltocheck-hook. That one starts an rpm here to learn what the spec has changed, "
        "because a setting is in use.",
        MEASURED,
    )
    folder = inputs.cache / "rpmbuild"
    folder.mkdir(parents=True, exist_ok=True)
    spec, line = folder / "demo.spec", folder / "line"
    spec.write_text(SPEC)
    line.write_text(LINE)
    build = ["rpmbuild", "-bi", f"--define=_topdir {folder}/top"]

    def added(what: str, command: list[str], last: str, bar: float, hook: str = "/bin/true", place: str = "") -> None:
        macros = [f"--load={MACROS}/macros.ltocheck", f"--load={place or MACROS / 'macros.ltocheck-hook'}"]
        with_macros = [*command, *macros, f"--define=_ltocheck_brp {hook}", last]
        result = compare(processor_time(with_macros), processor_time([*command, last]), runs)
        table.measured(what, (result.ours.median - result.peer.median) * 1e3, "ms", bar)

    added("rpm --eval", ["rpm"], "--eval=%optflags", 1)
    added("rpmspec --parse", ["rpmspec", "--parse"], str(spec), 1)
    added("rpmbuild, the vendor's line, an engine that does nothing", build, str(spec), 15, place=str(line))
    added("rpmbuild, macros.ltocheck-hook, an engine that does nothing", build, str(spec), 30)
    added("rpmbuild, the vendor's line, brp-ltocheck", build, str(spec), 40, HOOK, str(line))
    added("rpmbuild, the vendor's line, brp-ltocheck-lua", build, str(spec), 40, f"{HOOK}-lua", str(line))
    return table
