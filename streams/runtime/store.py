"""The local store of one partition: rows, due index and changelog positions in one RocksDB.

Key space: `r`+key → due (8 bytes, big endian) + form (1 byte) + row; `d`+due+key → empty; `m`+name → what the store
is. The form says whether the row is in the changelog's bytes or in the processor's local ones.
Every write of a batch is one atomic write batch, so the store is always at a committed position.
"""

import json
import logging
import os
import shutil
import struct
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rocksdict import BlockBasedOptions, Cache, DBCompressionType, Options, Rdict, WriteBatch

from hub.domain.errors import Unavailable
from streams.runtime.api import Row
from streams.runtime.rows import Changes

log = logging.getLogger(__name__)

_DUE = struct.Struct(">Q")
_NO_DUE = 0xFFFF_FFFF_FFFF_FFFF
_NO_DUE_BYTES = _DUE.pack(_NO_DUE)
_PORTABLE, _LOCAL = b"p", b"l"
_IDENTITY, _POSITIONS, _TALLIES, _WRITTEN = b"midentity", b"mpositions", b"mtallies", b"mwritten"


class Store:
    """Rows and timers of one partition. One process at a time may have it open."""

    def __init__(self, path: Path, *, lock_wait: float = 20.0) -> None:
        self.path = path
        self._lock_wait = lock_wait
        self._db = _open(path, lock_wait)
        # No timer is due before this instant: a search starts here, past the tombstones of timers gone by.
        self._floor = 0
        self._positions: dict[str, int] = self._meta(_POSITIONS, {})

    def get(self, keys: Sequence[bytes]) -> dict[bytes, Row | None]:
        with _disk(self.path):
            found: Any = self._db[[b"r" + key for key in keys]]
        rows: dict[bytes, Row | None] = dict.fromkeys(keys)
        for key, data in zip(keys, found, strict=True):
            if data is not None:
                rows[key] = _row(data)
        return rows

    def due(self, until: int, limit: int) -> list[tuple[int, bytes]]:
        return self._timers(until, limit)

    def next_due(self) -> int | None:
        first = self._timers(_NO_DUE - 1, 1)
        if not first:
            self._floor = _NO_DUE - 1
            return None
        self._floor = first[0][0]
        return self._floor

    def tallies(self) -> dict[str, int]:
        tallies: dict[str, int] = self._meta(_TALLIES, {})
        return tallies

    def positions(self) -> dict[str, int]:
        """Topic → offset of the first changelog record that is not yet in the store."""
        return dict(self._positions)

    def apply(self, changes: Changes) -> None:
        batch = WriteBatch(raw_mode=True)
        put, delete, pack = batch.put, batch.delete, _DUE.pack
        before = changes.before
        floor = self._floor
        for key, row in changes.rows.items():
            old = before[key]
            old_due = old.due if old is not None else None
            if row is None:
                delete(b"r" + key)
                due = None
            else:
                due = row.due
                form = _PORTABLE + row.value if row.local is None else _LOCAL + row.local
                put(b"r" + key, (_NO_DUE_BYTES if due is None else pack(due)) + form)
            if due != old_due:
                if old_due is not None:
                    delete(b"d" + pack(old_due) + key)
                if due is not None:
                    put(b"d" + pack(due) + key, b"")
                    if due < floor:
                        floor = due
        if changes.tallies:
            put(_TALLIES, json.dumps(dict(changes.tallies)).encode())
        if changes.positions:
            self._positions = {**self._positions, **changes.positions}
            put(_POSITIONS, json.dumps(self._positions).encode())
        put(_WRITTEN, json.dumps(time.time()).encode())
        with _disk(self.path):
            self._db.write(batch)
        self._floor = floor

    def be(self, identity: Mapping[str, Any], *, valid_hours: float) -> None:
        """Make sure the store belongs to this partition of this cluster and is not too old; else empty it."""
        found = self._meta(_IDENTITY, None)
        wanted = dict(identity)
        age_hours = (time.time() - self._meta(_WRITTEN, time.time())) / 3600
        if found is not None and found != wanted:
            differing = ", ".join(sorted(name for name in wanted | found if wanted.get(name) != found.get(name)))
            log.warning("store %s belongs to another %s: emptied, rebuilt from the changelog", self.path, differing)
            self.wipe()
        elif age_hours > valid_hours:
            log.warning(
                "store %s was left alone for %.0f h: emptied, rebuilt from the changelog", self.path, age_hours
            )
            self.wipe()
        if self._meta(_IDENTITY, None) is None:
            with _disk(self.path):
                self._db[_IDENTITY] = json.dumps(wanted).encode()

    def wipe(self) -> None:
        """Begin anew, keeping who the store is."""
        identity = self._db.get(_IDENTITY)
        self.close()
        shutil.rmtree(self.path)
        self._db = _open(self.path, self._lock_wait)
        self._floor = 0
        self._positions = {}
        if identity is not None:
            self._db[_IDENTITY] = identity

    def bytes_on_disk(self) -> int:
        """Size of the sorted files and the memtables, as RocksDB knows it."""
        names = ("rocksdb.total-sst-files-size", "rocksdb.cur-size-all-mem-tables")
        return sum(self._db.property_int_value(name) or 0 for name in names)

    def row_estimate(self) -> int:
        """About how many keys of all kinds there are."""
        return int(self._db.property_int_value("rocksdb.estimate-num-keys") or 0)

    def items(self) -> Iterator[tuple[bytes, Row]]:
        """Every row, in key order."""
        cursor = self._db.iter()
        cursor.seek(b"r")
        while cursor.valid() and (key := cursor.key())[:1] == b"r":
            yield key[1:], _row(cursor.value())
            cursor.next()

    def close(self) -> None:
        """Let go of the files; closing twice does no harm."""
        self._db.close()

    def _timers(self, until: int, limit: int) -> list[tuple[int, bytes]]:
        found: list[tuple[int, bytes]] = []
        with _disk(self.path):
            cursor = self._db.iter()
            cursor.seek(b"d" + _DUE.pack(self._floor))
            while len(found) < limit and cursor.valid():
                key = cursor.key()
                if key[:1] != b"d" or (due := _DUE.unpack_from(key, 1)[0]) > until:
                    break
                found.append((due, key[9:]))
                cursor.next()
        return found

    def _meta(self, name: bytes, default: Any) -> Any:
        with _disk(self.path):
            data = self._db.get(name)
        return default if data is None else json.loads(data)


def _row(data: bytes) -> Row:
    due = _DUE.unpack_from(data)[0]
    instant = None if due == _NO_DUE else due
    return Row(data[9:], instant) if data[8:9] == _PORTABLE else Row(b"", instant, data[9:])


def _options() -> Options:
    table = BlockBasedOptions()
    table.set_bloom_filter(10, False)
    table.set_block_cache(Cache(16 << 20))
    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_block_based_table_factory(table)
    options.set_compression_type(DBCompressionType.lz4())
    # After kill -9 the log is read back before the first record: keep it short.
    options.set_write_buffer_size(16 << 20)
    options.set_max_write_buffer_number(3)
    options.set_max_total_wal_size(32 << 20)
    options.set_max_background_jobs(2)
    options.set_skip_stats_update_on_db_open(True)
    options.set_keep_log_file_num(2)
    options.set_max_log_file_size(1 << 20)
    options.set_stats_dump_period_sec(0)
    return options


def _open(path: Path, lock_wait: float) -> Rdict:
    """A predecessor that is just dying may hold the lock for a moment longer."""
    path.mkdir(parents=True, exist_ok=True)
    give_up = time.monotonic() + lock_wait
    said = False
    while True:
        try:
            return Rdict(os.fspath(path), _options())
        except Exception as error:
            if "lock" not in str(error).lower():
                raise Unavailable(f"store {path} does not open: {error}") from error
            if time.monotonic() >= give_up:
                message = f"store {path} is still held by another process after {lock_wait:g} s; stop that process"
                raise Unavailable(message) from error
            if not said:
                log.warning("store %s is held by another process, waiting up to %g s", path, lock_wait)
                said = True
            time.sleep(0.05)


@contextmanager
def _disk(path: Path) -> Iterator[None]:
    """RocksDB reports every trouble as a bare Exception: it is the disk's."""
    try:
        yield
    except Exception as error:
        raise Unavailable(f"store {path} cannot be read or written: {error}") from error
