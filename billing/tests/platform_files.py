"""A tax platform for tests, by hand: it takes, refuses and answers exactly what it is told to.

The files it leaves are typed from the platform's field lists; the stand-in of the demo is another program.
"""

from __future__ import annotations

from pathlib import Path

ROUTING = (
    "<RoutingInfo><From><PartyId>0000000001</PartyId></From><FromVAC><RoutingId>EINV</RoutingId></FromVAC>"
    "<To><PartyId>22099131</PartyId></To><ToVAC><RoutingId>22099131</RoutingId></ToVAC></RoutingInfo>"
)


class Platform:
    """Turnkey's folder below `root`, on the morning of 2026-11-23."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.answers = 0

    @property
    def source(self) -> Path:
        return self.root / "UpCast/B2SSTORAGE/F0401/SRC"

    def waiting(self) -> list[str]:
        """What lies in SRC."""
        return sorted(path.name for path in self.source.glob("*")) if self.source.is_dir() else []

    def move(self, name: str, to: str) -> Path:
        """Take a file from SRC into BAK or ERR."""
        target = self.root / f"UpCast/B2SSTORAGE/F0401/{to}/20261123/10"
        target.mkdir(parents=True, exist_ok=True)
        return (self.source / name).rename(target / name)

    def take_all(self) -> list[str]:
        names = self.waiting()
        for name in names:
            self.move(name, "BAK")
        return names

    def leave(self, kind: str, xml: str, name: str = "") -> Path:
        """Put a result file where Turnkey unpacks it."""
        self.answers += 1
        folder = self.root / f"Unpack/BAK/{kind}/20261123/10"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / (name or f"{kind}-{self.answers}.xml")
        path.write_text(xml, encoding="utf-8")
        return path

    def process(self, number: str, code: str = "0", text: str = "成功", name: str = "") -> Path:
        """A ProcessResult about one F0401 of that day."""
        return self.leave(
            "ProcessResult",
            f'<?xml version="1.0" encoding="UTF-8"?><ProcessResult xmlns="urn:GEINV:ProcessResult:4.1">{ROUTING}'
            "<MessageInfo><Id>pack</Id><Size>1</Size><MessageType>F0401</MessageType><Service>B2S</Service>"
            f"<Action>STORAGE</Action></MessageInfo><Result><Info><Code>{code}</Code>"
            f"<Description>{text}</Description><Parameter0>F0401{number}20261123</Parameter0></Info></Result>"
            "</ProcessResult>",
            name,
        )

    def summary(self, good: list[str] = [], failed: list[str] = [], date: str = "20261123") -> Path:  # noqa: B006
        """A daily SummaryResult over these numbers."""

        def group(numbers: list[str]) -> str:
            listed = "".join(
                f"<Invoice><ReferenceNumber>{n}</ReferenceNumber><InvoiceDate>{date}</InvoiceDate></Invoice>"
                for n in numbers
            )
            inside = f"<Invoices>{listed}</Invoices>" if listed else ""
            return f"<ResultDetailType><Count>{len(numbers)}</Count>{inside}</ResultDetailType>"

        return self.leave(
            "SummaryResult",
            f'<SummaryResult xmlns="urn:GEINV:SummaryResult:4.1">{ROUTING}<DetailList><Message><Info><Id>pack</Id>'
            "<Size>1</Size><MessageType>F0401</MessageType><Service>B2S</Service><Action>STORAGE</Action></Info>"
            f"<ResultType><Total>{group(good + failed)}</Total><Good>{group(good)}</Good>"
            f"<Failed>{group(failed)}</Failed></ResultType></Message></DetailList></SummaryResult>",
        )
