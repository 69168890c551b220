"""The manifest of a run: its files, its options, and the parts that are done."""

from msgspec import DecodeError, Struct, field
from msgspec.json import decode, encode

from .columns import COLUMNS
from .errors import ArchiveError
from .options import Options
from .parts import Part, part_in
from .places import Directory, Input

__all__ = ["MANIFEST", "Manifest"]

MANIFEST = "manifest.json"


class Manifest(Struct, kw_only=True):
    """Written when a run begins, from time to time, and when it ends. The parts that are there may be more.

    Attributes:
        columns: The names of the columns.
        at: The path of the bodies.
        keys: The paths of the operator's own columns.
        inputs: The files, in order. The part of each is numbered like it.
        parts: What became of those that are done.
    """

    columns: list[str]
    at: str | None
    keys: dict[str, str]
    inputs: list[str]
    parts: list[Part] = field(default_factory=list)

    @classmethod
    def of(cls, inputs: list[Input], options: Options) -> "Manifest":
        sources = [one.source for one in inputs]
        return cls(columns=COLUMNS.names, at=options.at, keys=dict(options.keys), inputs=sources)

    def name(self, index: int) -> str:
        """The name of the part of an input."""
        return f"part-{index:06}.parquet"

    def take_over(self, out: Directory) -> None:
        """Take over what an earlier run of the same has done. O(parts), a look into each part it did not note.

        Raises ``ArchiveError`` if the directory has anything of another run.
        """
        names = out.names()
        if MANIFEST not in names:
            if strange := sorted(name for name in names if name.endswith(".parquet")):
                raise ArchiveError(f"{out.path} has a table of another origin, {strange[0]}: use an empty directory")
            return
        try:
            earlier = decode(out.read(MANIFEST), type=Manifest)
        except DecodeError as error:
            raise ArchiveError(f"{out.path}/{MANIFEST} is not the manifest of a run: {error}") from error
        for what, other, own in (
            ("columns", earlier.columns, self.columns),
            ("path of the bodies", earlier.at, self.at),
            ("columns of your own", earlier.keys, self.keys),
            ("files", earlier.inputs, self.inputs),
        ):
            if other != own:
                raise ArchiveError(f"{out.path} is the output of a run with other {what}: use another directory")
        noted = {part.name: part for part in earlier.parts}
        for index in range(len(self.inputs)):
            name = self.name(index)
            if name in names and (part := noted.get(name) or part_in(out, name)):
                self.parts.append(part)

    def write(self, out: Directory) -> None:
        """O(parts)."""
        self.parts.sort(key=lambda part: part.name)
        out.write(MANIFEST, encode(self) + b"\n")
