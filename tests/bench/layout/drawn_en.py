"""Drawn pages in English."""

from __future__ import annotations

from tests.bench.layout.sheet import Sheet
from tests.bench.layout.texts import english

_WHITE, _NAVY, _SAND = (1.0, 1.0, 1.0), (0.15, 0.2, 0.35), (0.93, 0.9, 0.82)


def resume_right() -> Sheet:
    """A resume with a coloured sidebar on the right."""
    s = Sheet(by_place=True)
    s.fill((400, 0, 595, 842), _SAND)
    s.write("heading", 40, 60, 340, "Edith Marlowe", 26, bold=True)
    s.write("paragraph", 40, 84, 340, "Head of Logistics, Port Services", 12)
    y = s.write("heading", 40, 125, 340, "Profile", 14, bold=True) + 4
    y = s.write("paragraph", 40, y, 340, english(0)) + 10
    y = s.write("heading", 40, y, 340, "Experience", 14, bold=True) + 4
    jobs = [
        ("Northern Ferries", "2019 - present"),
        ("Harbour Freight", "2014 - 2019"),
        ("Lakeside Mills", "2009 - 2014"),
    ]
    for i, (firm, years) in enumerate(jobs):
        s.put(320, y, years, 9)
        y = s.write("paragraph", 40, y, 260, f"{firm}, operations manager", 10.5, bold=True)
        for j in range(2):
            y = s.write("list_item", 52, y, 320, "• " + english(1 + 2 * i + j, 1), 9.5, hang=8)
        y += 8
    y = s.write("heading", 40, y, 340, "Education", 14, bold=True) + 4
    s.put(320, y, "2005 - 2009", 9)
    s.write("paragraph", 40, y, 260, "University of Brant, B.Sc. Transport", 10.5)
    y = s.write("heading", 415, 120, 160, "Contact", 12, bold=True) + 3
    for text in ("+44 20 7946 0991", "edith@example.org", "14 Quay Street, Brant"):
        y = s.write("paragraph", 415, y, 160, text, 8.5) + 3
    y = s.write("heading", 415, y + 14, 160, "Skills", 12, bold=True) + 3
    for text in ("Fleet planning", "Customs law", "SQL and Python", "Negotiation", "Budget control"):
        y = s.write("list_item", 415, y, 160, "• " + text, 8.5) + 2
    y = s.write("heading", 415, y + 14, 160, "Languages", 12, bold=True) + 3
    for text in ("English, native", "Danish, fluent", "German, basic"):
        y = s.write("list_item", 415, y, 160, "• " + text, 8.5) + 2
    return s


def resume_left() -> Sheet:
    """A resume with a dark sidebar on the left, white on blue."""
    s = Sheet()
    s.fill((0, 0, 190, 842), _NAVY)
    s.write("heading", 20, 60, 160, "Peter Lund", 22, bold=True, colour=_WHITE)
    y = s.write("paragraph", 20, 84, 160, "Surveyor", 11, colour=_WHITE)
    y = s.write("heading", 20, y + 30, 150, "CONTACT", 12, bold=True, colour=_WHITE) + 3
    for text in ("peter@example.org", "+47 555 0133", "Bergen, Norway"):
        y = s.write("paragraph", 20, y, 150, text, 9, colour=_WHITE) + 3
    y = s.write("heading", 20, y + 20, 150, "SKILLS", 12, bold=True, colour=_WHITE) + 3
    for text in ("Total stations", "Laser scanning", "Map projections", "Drone flights", "Report writing"):
        y = s.write("list_item", 20, y, 150, "• " + text, 9, colour=_WHITE) + 3
    y = s.write("heading", 20, y + 20, 150, "INTERESTS", 12, bold=True, colour=_WHITE) + 3
    s.write("paragraph", 20, y, 150, "Rowing, choir, old clocks", 9, colour=_WHITE)
    y = s.write("heading", 215, 60, 340, "Work History", 15, bold=True) + 4
    for i, (firm, years) in enumerate(
        (("Fjord Mapping", "2018 - 2024"), ("Tunnel Works", "2012 - 2018"), ("City Cadastre", "2008 - 2012"))
    ):
        s.put(480, y, years, 10)
        y = s.write("paragraph", 215, y, 240, firm + ", senior surveyor", 11, bold=True)
        y = s.write("paragraph", 215, y + 2, 350, english(3 * i + 1, 2)) + 10
    y = s.write("heading", 215, y + 8, 340, "Education", 15, bold=True) + 4
    s.put(480, y, "2004 - 2008", 10)
    y = s.write("paragraph", 215, y, 240, "Institute of Geodesy, M.Sc.", 11, bold=True)
    y = s.write("heading", 215, y + 18, 340, "Projects", 15, bold=True) + 4
    for i in (5, 8, 10):
        y = s.write("list_item", 215, y, 350, "• " + english(i, 1), hang=8) + 3
    return s


def report() -> Sheet:
    """Two pages of a report: chart, table, footnotes, a paragraph that goes on over the page."""
    s = Sheet()
    s.write("header", 60, 36, 475, "Annual report of the harbour trust", 8)
    s.line(60, 42, 535, 42)
    s.write("heading", 60, 80, 475, "3 Traffic in the outer basin", 15, bold=True)
    y = s.write("paragraph", 60, 106, 475, english(2, 4)) + 8
    s.put(300, y - 12.5, "1", 6)
    y = s.write("heading", 60, y + 8, 475, "3.1 Arrivals by month", 12, bold=True) + 4
    y = s.write("paragraph", 60, y, 475, english(5, 3)) + 12
    s.chart((130, y, 460, y + 150), ("Jan", "Feb", "Mar", "Apr", "May", "Jun"))
    y = (
        s.write("caption", 130, y + 166, 330, "Figure 4: Arrivals in the first half of the year, in ships a day", 8.5)
        + 12
    )
    y = s.write("paragraph", 60, y, 475, english(7, 4)) + 8
    y = s.write("caption", 60, y + 4, 475, "Table 2: Berths and their depth", 8.5)
    y = (
        s.table(
            60,
            y - 4,
            (120, 90, 90),
            (("Berth", "Depth", "Length"), ("North pier", "9.5 m", "210 m"), ("Old quay", "6.0 m", "140 m")),
        )
        + 20
    )
    # The last paragraph goes on over the page.
    s.write("paragraph", 60, y, 475, english(9, 4) + " The crane at the end of the pier was repaired and")
    s.line(60, 722, 200, 722, 0.5)
    s.write("footnote", 60, 734, 475, "1 Ships of less than ten metres are not counted.", 8)
    s.write("footnote", 60, 746, 475, "2 The gauge was out of order in March.", 8)
    s.write("footer", 60, 810, 475, "12", 8, align="centre")
    s.turn()
    s.write("header", 60, 36, 475, "Annual report of the harbour trust", 8)
    s.line(60, 42, 535, 42)
    y = s.write("paragraph", 60, 80, 475, "painted again in the summer. " + english(11, 4)) + 8
    s.write("paragraph", 60, y, 475, english(6, 4))
    s.write("footer", 60, 810, 475, "13", 8, align="centre")
    return s


def newspaper() -> Sheet:
    """A newspaper: headlines over two of three columns, a table at the foot of the third."""
    s = Sheet(by_place=True)
    s.write("heading", 40, 60, 515, "THE VALLEY COURIER", 30, bold=True, align="centre")
    s.line(40, 72, 555, 72)
    s.write("paragraph", 40, 84, 515, "Saturday, 4 May - price 50 pence - number 1841", 9, align="centre")
    s.line(40, 90, 555, 90)
    s.write("heading", 40, 118, 340, "Lake falls to its lowest level", 20, bold=True)
    y = s.write("paragraph", 40, 140, 160, english(2, 4), 9.5)
    s.write("paragraph", 40, y, 160, english(3, 3), 9.5, indent=10)
    y = s.write("paragraph", 215, 140, 160, english(4, 4), 9.5)
    s.write("paragraph", 215, y, 160, english(5, 3), 9.5, indent=10)
    s.write("heading", 40, 400, 340, "Ferry crews in training", 20, bold=True)
    s.write("paragraph", 40, 422, 160, english(7, 5), 9.5)
    s.write("paragraph", 215, 422, 160, english(8, 5), 9.5)
    y = s.write("heading", 395, 118, 160, "In brief", 14, bold=True) + 2
    for i in (0, 6, 9, 10):
        y = s.write("paragraph", 395, y, 160, english(i, 2), 9.5) + 8
    s.table(395, y, (90, 60), (("Tide", "Time"), ("High", "05:12"), ("Low", "11:30"), ("High", "17:44")))
    return s


def resume_across() -> Sheet:
    """A resume in two columns under a name and above a section that run across both."""
    s = Sheet(by_place=True)
    s.write("heading", 40, 60, 515, "Amara Okafor", 24, bold=True, align="centre")
    s.write(
        "paragraph", 40, 80, 515, "amara@example.org | +234 555 0147 | Lagos | example.org/amara", 9.5, align="centre"
    )
    s.line(40, 90, 555, 90)
    y = s.write("heading", 40, 116, 240, "EXPERIENCE", 12, bold=True) + 4
    for i, (firm, years) in enumerate(
        (("Delta Bank", "2020 - 2024"), ("Palm Insurance", "2016 - 2020"), ("Ilaro Textiles", "2012 - 2016"))
    ):
        s.put(220, y, years, 9)
        y = s.write("paragraph", 40, y, 170, firm, 10.5, bold=True)
        y = s.write("paragraph", 40, y, 240, "Data analyst", 9.5)
        for j in range(2):
            y = s.write("list_item", 40, y, 240, "• " + english(2 * i + j, 1), 9.5, hang=8)
        y += 8
    y = s.write("heading", 310, 116, 240, "EDUCATION", 12, bold=True) + 4
    for school, years in (("University of Ibadan", "2008 - 2012"), ("Queen's College", "2002 - 2008")):
        s.put(490, y, years, 9)
        y = s.write("paragraph", 310, y, 170, school, 10.5, bold=True)
        y = (
            s.write(
                "paragraph",
                310,
                y,
                240,
                "Statistics, with distinction" if "Uni" in school else "School certificate",
                9.5,
            )
            + 6
        )
    y = s.write("heading", 310, y + 10, 240, "SKILLS", 12, bold=True) + 4
    for text in (
        "Forecasting and time series",
        "Dashboards for managers",
        "Python, R and SQL",
        "Training of new staff",
    ):
        y = s.write("list_item", 310, y, 240, "• " + text, 9.5)
    s.line(40, 600, 555, 600)
    y = s.write("heading", 40, 624, 515, "PUBLICATIONS", 12, bold=True) + 4
    for i in (9, 11):
        y = s.write("paragraph", 40, y, 515, english(i, 2), 9.5) + 4
    return s
