"""What every comparison with a peer needs to know: the interpreters, a folder to work in, and how long it may take."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """How one comparison is made."""

    python: Path
    """The interpreter of the peers' environment, `.venv-peers/bin/python`."""
    ours: Path
    """The interpreter that runs whichpool: the same Python, another environment."""
    folder: Path
    """A scratch folder that exists; everything that is written goes below it."""
    quick: bool
    """Whether few and short repetitions do, as for a look at whether everything works."""
    seed: int
    """Decides every order."""
