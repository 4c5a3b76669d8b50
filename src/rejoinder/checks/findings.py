"""What the checks find, and where."""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from rejoinder.sources.turtle import Place

__all__ = ["SEVERITIES", "Finding", "Report", "Severity"]

Severity = Literal["violation", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("violation", "warning", "info")


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: how bad, by which rule, where, what, and the cure in plain words.

    `also` names further places that have to do with it, such as the other side of a dispute.
    """

    severity: Severity
    rule: str
    place: Place
    message: str
    cure: str = ""
    also: tuple[Place, ...] = ()
    subject: str = ""

    @property
    def order(self) -> tuple[int, Place, str, str]:
        """The worst first, then by place."""
        return (SEVERITIES.index(self.severity), self.place, self.rule, self.message)


@dataclass(frozen=True)
class Report:
    """All findings in order; `checked` says what was looked at; `shacl` is the SHACL report in Turtle, if it ran."""

    findings: tuple[Finding, ...]
    checked: str
    shacl: str = ""

    @property
    def conforms(self) -> bool:
        """True where there is no violation."""
        return not self.at_least("violation")

    def at_least(self, severity: Severity) -> list[Finding]:
        """Return the findings of a severity or worse."""
        bound = SEVERITIES.index(severity)
        return [finding for finding in self.findings if SEVERITIES.index(finding.severity) <= bound]

    def about(self, files: set[str]) -> "Report":
        """Return the report without what has nothing to do with these files: mere warnings about others."""
        kept = [
            one
            for one in self.findings
            if one.severity == "violation" or files & {one.place.file, *(place.file for place in one.also)}
        ]
        left_out = len(self.findings) - len(kept)
        more = f"; {left_out} findings about the other files are left out" if left_out else ""
        return Report(tuple(kept), self.checked + more, self.shacl)

    def counts(self) -> str:
        """Say how many findings there are of each severity.

        >>> Report((), "0 files").counts()
        'no findings'
        """
        count = Counter(finding.severity for finding in self.findings)
        return (
            ", ".join(f"{count[s]} {s}{'s' if count[s] > 1 else ''}" for s in SEVERITIES if count[s]) or "no findings"
        )
