"""A compiled graph put into the folder of an Oxigraph store: built beside it, verified, then given its name."""

import errno
import os
import re
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress

import pyoxigraph as ox

from rejoinder.errors import StoreError, UsageError
from rejoinder.graph.compiled import Compiled
from rejoinder.outputs import ledger
from rejoinder.outputs.chunks import contents_of
from rejoinder.outputs.digests import Content
from rejoinder.outputs.load import Loaded, Progress, Watch, graphs_of
from rejoinder.vocabulary import LOADED

__all__ = ["into_folder", "out_of_folder"]

# What RocksDB, which keeps the store, names its files; and what some systems leave in any folder.
_OF_THE_STORE = re.compile(
    r"CURRENT|IDENTITY|LOCK|LOG(\.old\.\d+)?|(MANIFEST|OPTIONS)-\d+(\.dbtmp)?|\.nfs.*|\.DS_Store|\d+\.(sst|log|blob|dbtmp)"
)
_IN_USE = "does a server run on it? Stop it first; else see whether you may read and write it."


def into_folder(
    compiled: Compiled,
    path: str,
    *,
    replace: bool = False,
    dry_run: bool = False,
    progress: Watch = lambda now: None,
) -> Loaded:
    """Put all graphs into the store of a folder; what others keep there stays.

    A load that fails or is killed leaves what was there. Raises UsageError where the folder is no store, or holds
    graphs with our names that no load has recorded and `replace` is not set; StoreError where the disk or the store
    fails, or somebody else has the store open.
    """
    path = _place(path)
    with _alone(path, dry_run):
        return _into_folder(compiled, path, replace, dry_run, progress)


def _into_folder(compiled: Compiled, path: str, replace: bool, dry_run: bool, progress: Watch) -> Loaded:
    progress(Progress("reading the graph", 0, 0))
    names = graphs_of(compiled)
    contents = contents_of(compiled.store, names)
    old, is_new = _opened(path)
    record = ledger.recorded(old)
    held = contents_of(old, sorted({*names, *record.graphs}))
    same = {name for name in names if record.graphs.get(name) == contents[name] == held[name]}
    sent = [name for name in names if name not in same]
    done = Loaded(
        len(sent),
        sum(contents[name].triples for name in sent),
        len(record.graphs.keys() - set(names)),
        len(same),
    )
    foreign = [name for name in names if name not in record.graphs and held[name].triples]
    if foreign and not replace:
        raise UsageError(
            f"{path}: holds graphs with our names that no load has recorded: {len(foreign)}, such as {foreign[0]}",
            "add --replace to replace them",
        )
    if not dry_run and (done.graphs or done.removed):
        progress(Progress("building"))
        new = _built(path, _others(old, {*names, *record.graphs}), compiled.store, contents)
        del old  # closes it: RocksDB would write to a folder that has its name then
        _swap(new, path, is_new)
    return done


def out_of_folder(path: str, *, dry_run: bool = False) -> Loaded:
    """Take our graphs out of the store of a folder; what others keep there stays. Raises like `into_folder`."""
    path = _place(path)
    if not os.path.exists(path) and not os.path.exists(_beside(path)):
        raise UsageError(f"{path}: there is no such folder", "give that of a store")
    with _alone(path, dry_run):
        old, is_new = _opened(path)
        record = ledger.recorded(old)
        if record.graphs and not dry_run:
            new = _built(path, _others(old, set(record.graphs)), old, {})
            del old
            _swap(new, path, is_new)
    return Loaded(0, 0, len(record.graphs))


def _place(path: str) -> str:
    """Return where a folder really is. Raises UsageError for one that cannot be put in the place of another."""
    if not path:
        raise UsageError("the name of the folder is empty", "give the name of a folder, or the address of a server")
    path = os.path.realpath(path)
    if path == os.path.realpath(os.getcwd()) or os.path.ismount(path):
        what = "the folder that you are in" if path == os.path.realpath(os.getcwd()) else "a mount point"
        raise UsageError(f"{path}: is {what}, in whose place no other can be put", "give a folder in it")
    return path


@contextmanager
def _alone(path: str, dry_run: bool) -> Iterator[None]:
    """Be the only load in the folder that a folder is in: the lock goes when we do, however that is."""
    parent = os.path.dirname(path)
    handle = None
    try:
        if not dry_run:
            os.makedirs(parent, exist_ok=True)
        import fcntl

        handle = os.open(parent, os.O_RDONLY)
    except OSError as error:
        if not dry_run:  # which needs no lock where nothing is, or nothing can be read
            raise _unwritten(path, error) from None
    except ImportError:
        pass  # there are no such locks there
    try:
        if handle is not None:
            with suppress(OSError):  # there are none on that file system
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    raise StoreError(f"{parent}: another load is under way there", "wait for it") from None
        yield
    finally:
        if handle is not None:
            os.close(handle)


def _opened(path: str) -> tuple[ox.Store, bool]:
    """Open the store of a folder, or an empty one, and tell whether that is new.

    Whoever else writes to it would hold its lock, so nobody does.
    """
    left, new = (os.path.join(_beside(path), name) for name in ("old", "new"))
    if not os.path.exists(path) and os.path.exists(left):
        os.rename(left, path)  # a load was killed between two renames
    # Killed after them, it has left the old store alone, which is taken away below.
    if os.path.exists(left) and os.path.exists(new):
        raise _made_anew(path)
    if not os.path.exists(path) or (os.path.isdir(path) and not os.listdir(path)):
        return ox.Store(), True
    if not os.path.isfile(os.path.join(path, "CURRENT")):
        raise UsageError(f"{path}: is there and is no Oxigraph store", "give a new folder, or that of a store")
    theirs = sorted(name for name in os.listdir(path) if not _OF_THE_STORE.fullmatch(name))
    if theirs:
        raise UsageError(
            f"{path}: holds {theirs[0]}, which is not of the store, and the folder is replaced as a whole",
            "move that elsewhere, and call it again",
        )
    try:
        store = ox.Store(path)
    except (OSError, RuntimeError) as error:
        raise StoreError(f"{path}: the store cannot be opened: {error}", _IN_USE) from None
    _clear(path)  # of what a killed load has left
    return store, False


def _others(old: ox.Store, ours: set[str]) -> Callable[[], Iterable[ox.Quad]]:
    """Return what others keep in a store, as often as it is asked for."""
    gone = {ox.NamedNode(name) for name in (*ours, LOADED)}
    return lambda: (quad for quad in old if quad.graph_name not in gone)


def _built(
    path: str, others: Callable[[], Iterable[ox.Quad]], compiled: ox.Store, contents: Mapping[str, Content]
) -> str:
    """Build the store that a folder is to hold beside it: what others keep, and our graphs with these contents."""
    folder = os.path.join(_beside(path), "new")
    try:
        os.makedirs(_beside(path), exist_ok=True)
        new = _new_store(folder)
        new.bulk_extend(others())
        theirs = len(new)
        new.bulk_extend(
            quad for name in contents for quad in compiled.quads_for_pattern(None, None, None, ox.NamedNode(name))
        )
        if contents:
            new.extend(ledger.published(contents))
        new.flush()
        if contents_of(new, contents) != contents or theirs != sum(1 for _ in others()):
            raise OSError("not all statements have arrived")
    except (OSError, RuntimeError) as error:
        shutil.rmtree(_beside(path), ignore_errors=True)
        raise _unwritten(path, error) from None
    return folder


def _swap(new: str, path: str, is_new: bool) -> None:
    """Let a new store take the name of the old one. Raises StoreError where somebody has begun to use that one."""
    old = os.path.join(_beside(path), "old")
    try:
        if is_new:
            if os.path.isdir(path):
                os.rmdir(path)  # which fails where somebody has made a store there meanwhile
            os.rename(new, path)
        else:
            _give_to_owner(new, os.stat(path))
            os.rename(path, old)  # between the two renames nothing has the name; `_opened` mends that if we are killed
            try:
                ox.Store(old)  # nobody has its lock
                os.rename(new, path)
            except BaseException:
                if os.path.exists(path):  # the name was given to another store in that moment
                    raise _made_anew(path) from None
                os.rename(old, path)
                raise
    except (OSError, RuntimeError) as error:
        if not os.path.exists(old):
            shutil.rmtree(_beside(path), ignore_errors=True)
        if isinstance(error, OSError) and error.errno not in (None, errno.ENOTEMPTY, errno.EEXIST):
            raise _unwritten(path, error) from None
        raise StoreError(f"{path}: somebody has begun to use it meanwhile; nothing was changed", _IN_USE) from None
    _clear(path)


def _clear(path: str) -> None:
    """Take away what a load leaves beside a store; an old one loses its name first, lest half of it is given back."""
    old = os.path.join(_beside(path), "old")
    if os.path.exists(old):
        with suppress(OSError):
            os.rename(old, os.path.join(_beside(path), "gone"))
    shutil.rmtree(_beside(path), ignore_errors=True)


def _made_anew(path: str) -> StoreError:
    left = os.path.join(_beside(path), "old")
    return StoreError(
        f"{path}: was made anew by somebody else; what was there before is {left}",
        "move that back to its place, or delete it, and load again",
    )


def _give_to_owner(new: str, old: os.stat_result) -> None:
    """Let a new store have the access rights of the old one, and its owner, as far as we may give it away."""
    os.chmod(new, stat.S_IMODE(old.st_mode))
    for path in (new, *(os.path.join(new, name) for name in os.listdir(new))):
        now = os.stat(path)
        if (now.st_uid, now.st_gid) != (old.st_uid, old.st_gid):
            with suppress(OSError, AttributeError):  # not ours to give away, or no such owners there
                os.chown(path, old.st_uid, old.st_gid)


def _unwritten(path: str, error: Exception) -> StoreError:
    is_beside_a_file = isinstance(error, FileExistsError | NotADirectoryError)
    reason = "a part of its path is a file" if is_beside_a_file else getattr(error, "strerror", None) or str(error)
    return StoreError(
        f"{path}: cannot be written: {reason}", "may you write there, and is there space? Nothing was changed."
    )


def _beside(path: str) -> str:
    """Return the folder that a store is built in. One for each, so that what a killed load leaves is found again."""
    return os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.loading")


def _new_store(folder: str) -> ox.Store:
    """Return an empty store in a folder. Raises StoreError where another load holds it."""
    try:
        store = ox.Store(folder)
    except (OSError, RuntimeError) as error:
        raise StoreError(f"{folder}: cannot be opened: {error}", "is another load under way? Wait for it.") from None
    if not len(store):
        return store
    del store
    shutil.rmtree(folder)
    return ox.Store(folder)
