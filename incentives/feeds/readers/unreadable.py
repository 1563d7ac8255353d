"""The one error of a file that cannot be read as a whole."""

from __future__ import annotations

from incentives.errors import InputError


class UnreadableFileError(InputError):
    """A delivered file is refused whole; landing sets it aside, byte for byte.

    Args:
        reason: Stable code such as `truncated_gzip`.
        sentence: The same for people, naming what was found.
    """

    def __init__(self, reason: str, sentence: str) -> None:
        self.reason = reason
        self.sentence = sentence
        super().__init__(sentence)
