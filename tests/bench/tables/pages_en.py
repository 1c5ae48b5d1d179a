"""English pages with tables, each of another kind."""

from __future__ import annotations

from tests.bench.tables.draw import Sheet

PROSE = (
    "The harbour office keeps a book of all that is landed, and each winter it is written out fair and sent to the "
    "town, where few read it. What follows was copied from the book of the year in which the long jetty was built, "
    "with the sums put right where the clerk had been mistaken and the names of ships spelled as their owners do. "
)


def invoice(s: Sheet) -> None:
    s.text(60, 70, "Tallow & Reed, Chandlers", 16, True)
    s.text(60, 100, "Invoice 2041 for the schooner Petrel")
    rows = [
        ["No.", "Description", "Quantity", "Unit price", "Amount"],
        ["1", "Manila rope, 24 mm", "120", "3.15", "378.00"],
        ["2", "Shackle, galvanised", "16", "4.80", "76.80"],
        ["3", "Varnish, 5 l", "2", "61.00", "122.00"],
        ["4", "Lamp oil", "10", "2.25", "22.50"],
        [("Total", 1, 4), None, None, None, "599.30"],
    ]
    end = s.table(60, 120, [40, 200, 70, 80, 80], rows, align="llrrr", bold=1, shade="head")
    s.prose(60, end + 30, 470, "Payable within thirty days of the date above. " + PROSE)


def booktabs(s: Sheet) -> None:
    y = s.prose(60, 70, 470, PROSE)
    s.text(60, y + 14, "Table 2. Height of the tide in metres.")
    rows = [
        ["Station", "Mean", "Spring", "Neap", "Lag (h)"],
        ["North pier", "3.41", "4.92", "2.07", "0.4"],
        ["Mill creek", "3.02", "4.40", "1.88", "1.1"],
        ["Old ferry", "2.66", "3.97", "1.53", "1.9"],
        ["Bridge", "2.10", "3.25", "1.12", "2.6"],
        ["Lock", "1.74", "2.80", "0.95", "3.3"],
    ]
    end = s.table(110, y + 22, [110, 65, 65, 65, 65], rows, rules="book", align="lrrrr", height=15)
    s.prose(60, end + 26, 470, PROSE)


def price_list(s: Sheet) -> None:
    s.text(60, 70, "Prices from May", 16, True)
    rows = [
        ["Article", "Size", "Stock", "Price"],
        ["Anchor, folding", "4 kg", "31", "48.00"],
        ["Anchor, plough", "16 kg", "7", "212.50"],
        ["Boat hook", "2.4 m", "55", "29.90"],
        ["Buoy, orange", "45 cm", "18", "37.25"],
        ["Cleat, bronze", "200 mm", "140", "11.80"],
        ["Compass", "100 mm", "9", "159.00"],
        ["Fender", "60 cm", "64", "21.40"],
    ]
    s.table(60, 100, [160, 90, 80, 80], rows, rules="", align="llrr", bold=1, height=16)
    s.prose(60, 300, 470, PROSE)


def two_level_head(s: Sheet) -> None:
    rows = [
        [("Port", 2, 1), ("Sail", 1, 2), None, ("Steam", 1, 2), None],
        [None, "Ships", "Tons", "Ships", "Tons"],
        ["Arbroath", "41", "3,120", "6", "2,040"],
        ["Dunbar", "27", "1,985", "3", "870"],
        [("Eyemouth", 2, 1), "18", "1,204", "1", "310"],
        [None, "12", "640", "2", "515"],
        ["Leith", "203", "21,450", "88", "64,700"],
    ]
    s.text(60, 70, "Ships that called, by port", 14, True)
    end = s.table(60, 90, [110, 80, 80, 80, 80], rows, align="lrrrr", bold=2)
    s.prose(60, end + 26, 470, PROSE)


def shaded(s: Sheet) -> None:
    rows = [
        ["Watch", "From", "To", "Officer", "Remarks"],
        ["First", "20:00", "24:00", "Ames", "fog at ten"],
        ["Middle", "00:00", "04:00", "Boyle", ""],
        ["Morning", "04:00", "08:00", "Crane", "wind backed"],
        ["Forenoon", "08:00", "12:00", "Ames", ""],
        ["Afternoon", "12:00", "16:00", "Boyle", "sighted land"],
    ]
    s.text(60, 70, "Watches of 3 June", 14, True)
    end = s.table(60, 90, [90, 70, 70, 90, 130], rows, rules="", shade="bands", bold=1, height=20)
    s.prose(60, end + 26, 470, PROSE)


def ruled_rows(s: Sheet) -> None:
    rows = [
        ["Member", "Duty", "Note"],
        ["M. Ashdown", "keeps the accounts\nand the seal", "since the spring meeting"],
        ["P. Corrie", "lets the moorings", "for the coming year\nonly, then by vote"],
        ["L. Dunmore", "sees to the lights\nand the fog bell\nof both piers", "with one helper"],
        ["R. Eadie", "writes the minutes", "absent in May"],
    ]
    end = s.table(60, 80, [110, 150, 170], rows, rules="rows", bold=1)
    s.prose(60, end + 26, 470, PROSE)


def ruled_columns(s: Sheet) -> None:
    names = ["Aldous", "Brand", "Cole", "Dyer", "Ennis", "Frost", "Gale", "Hume"]
    rows = [["Name", "Days", "Rate", "Paid"]]
    rows += [
        [name, str(12 + 3 * i), f"{4 + i % 3}.50", f"{(12 + 3 * i) * (4.5 + i % 3):.2f}"]
        for i, name in enumerate(names)
    ]
    end = s.table(60, 80, [120, 70, 70, 90], rows, rules="columns", align="lrrr", bold=1, height=15)
    s.prose(60, end + 26, 470, PROSE)


def side_by_side(s: Sheet) -> None:
    left = [["Tide", "Hour"], ["High", "03:12"], ["Low", "09:25"], ["High", "15:40"], ["Low", "21:51"]]
    right = [["Light", "Colour", "Seconds"], ["Pier", "red", "4"], ["Head", "white", "10"], ["Rock", "green", "6"]]
    s.text(60, 70, "For the log", 14, True)
    s.table(60, 90, [80, 80], left, bold=1)
    end = s.table(290, 90, [80, 80, 80], right, bold=1)
    s.prose(60, end + 60, 470, PROSE)


def in_a_column(s: Sheet) -> None:
    s.text(60, 60, "Report of the harbour board", 16, True)
    y = s.prose(60, 90, 225, PROSE, 9)
    rows = [
        ["Cargo", "Tons", "Dues"],
        ["Coal", "812", "40.60"],
        ["Timber", "377", "28.25"],
        ["Salt", "164", "9.85"],
        ["Slate", "95", "7.10"],
    ]
    end = s.table(60, y + 8, [95, 60, 60], rows, rules="book", align="lrr", height=15)
    s.prose(60, end + 22, 225, PROSE + PROSE, 9)
    s.prose(310, 90, 225, PROSE * 4, 9)


def receipt(s: Sheet) -> None:
    s.text(90, 60, "QUAYSIDE STORES", 14, True)
    s.text(90, 80, "4 Fish Street")
    rows = [
        ["Item", "Qty", "Price", "Amount"],
        ["BREAD WHOLEMEAL", "2", "1.40", "2.80"],
        ["BUTTER 250G", "1", "2.35", "2.35"],
        ["TEA LOOSE", "3", "4.10", "12.30"],
        ["LAMP WICK", "5", "0.60", "3.00"],
        ["TWINE BALL", "1", "1.95", "1.95"],
    ]
    s.table(60, 100, [140, 40, 60, 60], rows, rules="", align="lrrr", height=14)
    s.text(60, 220, "THANK YOU, COME AGAIN")


def dense(s: Sheet) -> None:
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct"]
    rows = [["Year", *months]]
    for year in range(1871, 1889):
        rows.append([str(year), *[str((year * 37 + i * 91) % 900 + 100) for i in range(10)]])
    s.text(60, 70, "Barrels of herring landed", 14, True)
    s.table(50, 90, [50] + [44] * 10, rows, rules="open", align="l" + "r" * 10, size=8, height=13)


def gaps(s: Sheet) -> None:
    rows = [
        ["Boat", "Hull", "Mast", "Sail", "Done"],
        ["Curlew", "caulked", "", "mended", "yes"],
        ["Dunlin", "", "stepped", "", ""],
        ["Godwit", "tarred", "", "", "no"],
        ["Knot", "", "", "new", "yes"],
        ["Plover", "scraped", "oiled", "", ""],
    ]
    s.text(60, 70, "Work on the boats", 14, True)
    end = s.table(60, 90, [90, 90, 90, 90, 60], rows, bold=1)
    s.prose(60, end + 26, 470, PROSE)


PAGES = {
    "invoice": invoice,
    "booktabs": booktabs,
    "price list": price_list,
    "two-level head": two_level_head,
    "shaded": shaded,
    "ruled rows": ruled_rows,
    "ruled columns": ruled_columns,
    "side by side": side_by_side,
    "in a column": in_a_column,
    "receipt": receipt,
    "dense": dense,
    "gaps": gaps,
}
