# SPDX-License-Identifier: GPL-2.0-or-later
"""Specs of source packages in folders of every layout."""

from pathlib import Path

from checker.specs.folder import SpecFolder

MACRO = "_fat_lto_objects"


def folder_of(root: Path, files: dict[str, str]) -> SpecFolder:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return SpecFolder(str(root), MACRO)


def test_specs_are_found_by_file_then_by_folder_then_by_name(tmp_path: Path) -> None:
    specs = folder_of(
        tmp_path,
        {
            "a.spec": "Name: other\n",
            "a/a.spec": "Name: a\n",
            "b/b.spec": "Name: anything\n",
            "deep/down/some.spec": "\n  name :\tc\n",
            "macros.spec": "%global base d\nName: lib%{base}\n",
            "z.spec": "Name: c\n",
            "template.spec.in": "Name: e\n",
        },
    )
    found = specs.found(["a", "b", "c", "libd", "e", "no"])
    assert {name: str(Path(path).relative_to(tmp_path)) for name, path in found.items()} == {
        "a": "a.spec",
        "b": "b/b.spec",
        "c": "z.spec",
        "libd": "macros.spec",
    }


def test_names_from_packages_lead_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "secret.spec").write_text("Name: secret\n")
    specs = folder_of(tmp_path / "specs", {"a.spec": "Name: a\n"})
    assert specs.found(["../secret", "/etc/passwd", "a\0", "", ".", "\udc80"]) == {}


def test_specs_that_opt_in(tmp_path: Path) -> None:
    specs = folder_of(
        tmp_path,
        {
            "macro.spec": "%global _fat_lto_objects 1\nName: macro\n",
            "flags.spec": "%global _lto_cflags %{?_lto_cflags} -ffat-lto-objects\nName: flags\n",
            "off.spec": "%global _fat_lto_objects 0\nName: off\n",
            "comment.spec": "#global _fat_lto_objects 1\nName: comment\n",
            "plain.spec": "Name: plain\n",
        },
    )
    (tmp_path / "gone.spec").symlink_to("nowhere")
    assert [(Path(path).name, facts.name) for path, facts in specs.opted_in()] == [
        ("flags.spec", "flags"),
        ("macro.spec", "macro"),
    ]
