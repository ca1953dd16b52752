"""No customer's own values are in what is meant to be kept and passed on."""

from __future__ import annotations

import random

CANARIES = ("Zyxwvut", "qxjkvz", "KND-98", "Wolkenheim")


def _table(path):
    draw = random.Random(4)
    lines = ["kundennummer;vorname;nachname;email;telefon;geburtsdatum;umsatz;bestellungen;ort"]
    for i in range(300):
        group = i % 3
        lines.append(
            f"KND-98{i:05d};Zyxwvut{i};Zyxwvut-{i};qxjkvz{i}@example.com;+49 30 {7_000_000 + i};"
            f"{1 + i % 28:02d}.{1 + i % 12:02d}.{[1950, 1972, 1995][group] + draw.randrange(6)};"
            f"{[150, 900, 4000][group] * draw.uniform(0.8, 1.2):.2f};".replace(".", ",", 0)
            + f"{[2, 9, 30][group] + draw.randrange(3)};Wolkenheim-{i}"
        )
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_canaries_stay_in_the_labelled_customers(segmentry, tmp_path):
    """Ids, names, addresses and phone numbers are in customers.csv, and in no other output nor on the screen."""
    folder = tmp_path / "out"
    outcome = segmentry("fit", _table(tmp_path / "kunden.csv"), "-o", folder, "--k", "3", "--as-of", "2024-12-31")
    assert outcome.code == 0, outcome.err
    assert "Zyxwvut7" in (folder / "customers.csv").read_text(encoding="utf-8")
    for path in (p for p in folder.rglob("*") if p.is_file() and p.name != "customers.csv"):
        content = path.read_bytes()
        for canary in CANARIES:
            assert canary.encode() not in content, f"{canary} in {path.name}"
    assert not any(canary in outcome.out + outcome.err for canary in CANARIES)


def test_rejects_and_errors_mask_values(segmentry, tmp_path):
    """A row that cannot be read is listed with its line, column and reason, its value masked; so are errors."""
    path = _table(tmp_path / "kunden.csv")
    lines = path.read_text(encoding="utf-8").splitlines()
    cells = lines[5].split(";")
    cells[6] = "Zyxwvut-Euro"
    lines[5] = ";".join(cells)
    path.write_text("\n".join(lines), encoding="utf-8")
    outcome = segmentry("fit", "--no-pictures", path, "-o", tmp_path / "out", "--k", "3", "--as-of", "2024-12-31")
    assert outcome.code == 0, outcome.err
    rejects = (tmp_path / "out" / "rejects.csv").read_text(encoding="utf-8")
    assert rejects.splitlines()[1].startswith("6,umsatz,")
    assert "Zyxwvut" not in rejects + outcome.out + outcome.err
    assert "1 row rejected" in outcome.out


def test_a_shared_report_draws_no_customer(segmentry, tmp_path):
    """`fit --share` says of its scatter that a point stands for ten or more; so does the help of fit and of report."""
    table = _table(tmp_path / "kunden.csv")
    folder = tmp_path / "out"
    features = "--features", "umsatz,bestellungen"  # a picture of points needs two
    outcome = segmentry("fit", table, "-o", folder, "--k", "3", "--as-of", "2024-12-31", "--share", *features)
    assert outcome.code == 0, outcome.err
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "One point stands for 10 customers or more" in page
    assert "One point a customer" not in page
    again = segmentry("report", folder / "segmentation.seg", "-o", tmp_path / "again.html", "--share")
    assert again.code == 0, again.err
    assert "<svg" in (tmp_path / "again.html").read_text(encoding="utf-8")
    for command in ("fit", "report"):
        said = " ".join(segmentry(command, "--help").out.replace("│", " ").split())
        assert "no point, bar or cell for fewer than ten customers" in said or "a point, bar or cell" in said
