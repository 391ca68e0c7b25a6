# SPDX-License-Identifier: GPL-2.0-or-later
"""Every file of a folder that may be an object, by its first bytes.

Nothing inside the folder is followed out of it: every component of a path is opened without following symbolic
links, and no FIFO, socket or device is opened. The hook looks at build roots without objects by this module alone, so
it imports next to nothing.
"""

import errno
import os

from checker.objects.magic import HEAD_SIZE, is_no_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.errors import Unavailable

DEBUG_FILES = "usr/lib/debug"
"""Where find-debuginfo puts debug information, in files that nobody links unless a link from elsewhere leads there."""

DEBUG_SUFFIX, DWZ_FOLDER = ".debug", ".dwz"
"""How find-debuginfo names its files, and where below DEBUG_FILES dwz puts what several of them share."""

READ_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
"""For a file that may be anything: a FIFO is not waited for, a terminal does not become ours."""

FILE_FLAGS = READ_FLAGS | os.O_NOFOLLOW
ROOT_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
FOLDER_FLAGS = ROOT_FLAGS | os.O_NOFOLLOW


class Candidate:
    """A file that may be an object, open until the next one is asked for; or a place that could not be looked at.

    `folder` is the path of its folder below the root, empty or ending in a slash.
    """

    __slots__ = ("fd", "folder", "name", "unavailable")

    def __init__(self, folder: str, name: str, fd: int = -1, unavailable: "Unavailable | None" = None) -> None:
        self.folder = folder
        self.name = name
        self.fd = fd
        self.unavailable = unavailable


def _not_opened(folder: str, name: str, error: OSError) -> Candidate:
    obstacle = "FORBIDDEN" if error.errno == errno.EACCES else "INACCESSIBLE"
    return _unavailable(folder, name, obstacle, f"cannot be opened: {error.strerror}")


def _not_read(folder: str, name: str, error: OSError) -> Candidate:
    return _unavailable(folder, name, "INACCESSIBLE", f"cannot be read: {error.strerror}")


def _unavailable(folder: str, name: str, obstacle: str, detail: str) -> Candidate:
    from checker.errors import Obstacle, Unavailable  # noqa: PLC0415 nearly always every file can be read

    return Candidate(folder, name, unavailable=Unavailable(Obstacle[obstacle], detail))


def is_debug_file(path: str) -> bool:
    """Whether a file, by its path below the root, is one that find-debuginfo makes."""
    return path.startswith(f"{DEBUG_FILES}/") and (path.endswith(DEBUG_SUFFIX) or f"/{DWZ_FOLDER}/" in path)


def leads_to_debug_files(folder: str, target: str) -> bool:
    """Whether a symbolic link in a folder leads to DEBUG_FILES or into it, also by the name `/lib` for `/usr/lib`."""
    path = os.path.normpath(f"/{target}" if target.startswith("/") else f"/{folder}/{target}")
    return f"{path.lstrip('/')}/".removeprefix("usr/").startswith("lib/debug/")


def leads_outside(folder: str, target: str) -> bool:
    """Whether a symbolic link leads out of the folder below which `folder` is, by its words alone."""
    return target.startswith("/") or f"{os.path.normpath(folder + target)}/".startswith("../")


class _Folder:
    """A folder that is being walked, and its subfolders still to be walked, the next one last."""

    __slots__ = ("fd", "path", "subfolders")

    def __init__(self, fd: int, path: str) -> None:
        self.fd = fd
        self.path = path
        self.subfolders: list[str] = []


class Files:
    """The files below a folder, in the order of names; `others` counts those that are no objects for sure.

    `debug`, `special` and `outside` count what is not looked at: debug files or their folder, FIFOs and the like, and
    symbolic links that lead out of the folder, which no link does where `is_root`: there it is the root of all paths.
    """

    def __init__(self, root_fd: int, folder_depth: int, is_root: bool = True) -> None:
        self.others = self.debug = self.special = self.outside = 0
        self._is_root = is_root
        self._root_fd = root_fd
        self._folder_depth = folder_depth
        self._has_link_to_debug_files = False

    def candidates(self) -> "Iterator[Candidate]":
        """Every file that may be an object. The descriptor of the root stays the caller's.

        The debug files come last, when it is known whether a link leads there, and not at all if none does.
        """
        stack = [_Folder(os.dup(self._root_fd), "")]
        try:
            yield from self._enter(stack[-1])
            while stack:
                folder = stack[-1]
                if not folder.subfolders:
                    os.close(stack.pop().fd)
                    continue
                name = folder.subfolders.pop()
                if folder.path + name == DEBUG_FILES:
                    if len(stack) > 1:
                        stack.insert(0, _Folder(os.dup(folder.fd), folder.path))
                        stack[0].subfolders.append(name)
                        continue
                    if not self._has_link_to_debug_files:
                        self.debug += 1
                        continue
                if folder.path.count("/") + 1 >= self._folder_depth:
                    detail = f"folders nested deeper than {self._folder_depth}"
                    yield _unavailable(folder.path, name, "TOO_LARGE", detail)
                    continue
                try:
                    fd = os.open(name, FOLDER_FLAGS, dir_fd=folder.fd)
                except OSError as error:
                    yield _not_opened(folder.path, name, error)
                    continue
                stack.append(_Folder(fd, f"{folder.path}{name}/"))
                yield from self._enter(stack[-1])
        finally:
            for folder in stack:
                os.close(folder.fd)

    def _enter(self, folder: _Folder) -> "Iterator[Candidate]":
        """The candidates directly in a folder; notes its subfolders."""
        names = []
        try:
            with os.scandir(folder.fd) as entries:
                for entry in entries:
                    if entry.is_file(follow_symlinks=False):
                        names.append(entry.name)
                    else:
                        self._note(folder, entry)
        except OSError as error:
            yield _not_read(folder.path, "", error)
        folder.subfolders.sort(key=os.fsencode, reverse=True)
        names.sort(key=os.fsencode)
        for name in names:
            if is_debug_file(folder.path + name):
                self.debug += 1
                continue
            try:
                fd = os.open(name, FILE_FLAGS, dir_fd=folder.fd)
            except OSError as error:
                yield from self._unless_empty(folder, name, error)
                continue
            try:
                if is_no_object(os.read(fd, HEAD_SIZE)):
                    self.others += 1
                else:
                    yield Candidate(folder.path, name, fd)
            except OSError as error:
                yield _not_read(folder.path, name, error)
            finally:
                os.close(fd)

    def _unless_empty(self, folder: _Folder, name: str, error: OSError) -> "Iterator[Candidate]":
        """A file that cannot be opened; an empty one is no object in any case."""
        try:
            if os.stat(name, dir_fd=folder.fd, follow_symlinks=False).st_size == 0:
                self.others += 1
                return
        except OSError:
            pass
        yield _not_opened(folder.path, name, error)

    def _note(self, folder: _Folder, entry: "os.DirEntry[str]") -> None:
        """What an entry that is no file means for the rest of the walk."""
        if entry.is_dir(follow_symlinks=False):
            folder.subfolders.append(entry.name)
        elif not entry.is_symlink():
            self.special += 1
        elif not (self._is_root and self._has_link_to_debug_files):
            target = os.readlink(entry.name, dir_fd=folder.fd)
            self._has_link_to_debug_files |= leads_to_debug_files(folder.path, target)
            self.outside += not self._is_root and leads_outside(folder.path, target)


def may_hold_objects(root: str) -> bool:
    """Whether a folder may hold objects; also true if it, or something in it, cannot be read."""
    try:
        root_fd = os.open(root, ROOT_FLAGS)
    except OSError:
        return True
    try:
        files = Files(root_fd, 100)
        return next(files.candidates(), None) is not None or files.special > 0
    finally:
        os.close(root_fd)
