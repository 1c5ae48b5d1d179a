"""Make `pipeline/han_variants.py` out of OpenCC's dictionaries: `python -m tests.bench.han_variants > FILE`.

Two characters stand in one row where OpenCC lists one as a way to write the other: Simplified for Traditional (every
alternative it names), Traditional for Simplified, and the variants of Taiwan and Hong Kong. One step further is one row
too, so that 着, 著 or 里, 裏, 裡 end up together. Where a Traditional character is first of all its own Simplified
form (像, besides 象), only what the other direction says counts.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections import defaultdict
from functools import cache
from pathlib import Path

import opencc

_HEAD = '''"""Chinese characters with more than one form: Traditional, Simplified, variants of Taiwan and Hong Kong.

Made by `python -m tests.bench.han_variants` from the character dictionaries of OpenCC {version}
(https://github.com/BYVoid/OpenCC, Apache License 2.0, see licenses/OpenCC.txt); do not edit by hand.
"""

# Each group begins with the way that stands for all: the Simplified one where there is one.
GROUPS = """
'''
_LINE = 56  # characters, each two columns wide


def dictionary(name: str) -> dict[str, list[str]]:
    """One of OpenCC's dictionaries: what may be written for a character, the usual first."""
    home = Path(opencc.__file__).parent / "clib"
    with tempfile.NamedTemporaryFile("r", encoding="utf-8") as out:
        source = home / "share/opencc" / f"{name}.ocd2"
        command = [home / "bin/opencc_dict", "-i", source, "-o", out.name, "-f", "ocd2", "-t", "text"]
        subprocess.run(command, check=True, capture_output=True)
        rows = [line.split("\t") for line in Path(out.name).read_text(encoding="utf-8").splitlines()]
    return {key: values.split(" ") for key, values in rows}


@cache
def level(character: str) -> int:
    """0 for the 3,755 most used Simplified characters (GB 2312 level 1), 1 for level 2, 2 for others, 3 for rare."""
    try:
        return 0 if character.encode("gb2312")[0] <= 0xD7 else 1
    except UnicodeEncodeError:
        return 2 if character <= "\uffff" else 3


def groups() -> list[str]:
    """The rows, the character that stands for all of its row first."""
    rare, traditional = dictionary("TSCharactersExt"), dictionary("TSCharacters")
    simplified = dictionary("STCharacters")
    pairs = [(key, value) for key, values in simplified.items() for value in values]
    pairs += [(values[0], key) for held in (traditional, rare) for key, values in held.items()]
    pairs += [(value, key) for key, values in traditional.items() if values[0] != key for value in values[1:]]
    for name in ("TWVariants", "TWVariantsRev", "HKVariants", "HKVariantsRev"):
        pairs += [(value, key) for key, values in dictionary(name).items() for value in values]
    together: dict[str, set[str]] = {}
    for one, other in pairs:
        merged = together.get(one, {one}) | together.get(other, {other})
        together |= dict.fromkeys(merged, merged)
    rows = {min(row): row for row in together.values() if len(row) > 1}.values()
    votes: dict[str, int] = defaultdict(int)
    for values in traditional.values():
        votes[values[0]] += 1

    def standing(character: str) -> tuple[int, bool, int, str]:
        return level(character), traditional.get(character, [character])[0] != character, -votes[character], character

    return sorted("".join(sorted(row, key=standing)) for row in rows)


def main() -> None:
    """Print the module."""
    print(_HEAD.format(version=opencc.__version__), end="")
    line = ""
    for row in groups():
        if len(line) + len(row) + 1 > _LINE:
            print(line)
            line = ""
        line += (" " if line else "") + row
    print(f'{line}\n"""')


if __name__ == "__main__":
    main()
