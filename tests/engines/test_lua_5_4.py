# SPDX-License-Identifier: GPL-2.0-or-later
"""The same tests with the Lua of other distributions: Debian builds rpm with 5.3, Fedora with 5.4."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.engines.both import in_lua, in_python
from tests.engines.test_engines import (  # noqa: F401 pytest runs them here
    root,
    test_build_roots,
    test_files_that_are_nearly_sound,
    test_policies,
    test_samples,
)
from tests.engines.test_inflate import test_as_zlib_does  # noqa: F401 as above
from tests.engines.test_policies import test_values_that_are_wrong  # noqa: F401 as above
from tests.toolbox import ROOT


@pytest.fixture(autouse=True)
def lua(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts an rpmlua of Lua 5.4 before the one of the system."""
    assert shutil.which("lua5.4"), "lua5.4 is not installed"
    folder = tmp_path_factory.mktemp("lua")
    (folder / "rpmlua").symlink_to(ROOT / "tests" / "engines" / "rpmlua-5.4")
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_it_is_that_one(tmp_path: Path) -> None:
    script = tmp_path / "version.lua"
    script.write_text("print(_VERSION)\n")
    assert subprocess.check_output(["rpmlua", "--", script], text=True) == "Lua 5.4\n"


def test_options_of_the_collector_in_lua_5_5(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has others, and rpm will be built with it some day."""
    folder, rpmlua = tmp_path / "folder", tmp_path / "rpmlua"
    folder.mkdir()
    shutil.copy(ROOT / "fixtures/corpus/gcc12/code.slim.o", folder / "x.o")
    rpmlua.write_text(
        f"""#!/usr/bin/lua5.4
        local options, collect = {{}}, collectgarbage
        function collectgarbage(option, name)
            if option == nil or option == "count" then
                return collect(option)
            end
            assert(option == "param", "invalid option " .. option)
            options[name] = true
        end
        dofile("{ROOT}/tests/engines/rpmlua-5.4")
        assert(options.pause and options.stepmul)
        """
    )
    rpmlua.chmod(0o755)
    environment = {"RPM_BUILD_ROOT": str(folder)}
    answer = in_python([], environment)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert in_lua([], environment) == answer
