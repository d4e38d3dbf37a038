"""Copy the browser libraries that ``lock.json`` names from npm into this folder.

    python static/vendor/vendor.py            # make every file of the lock again and compare
    python static/vendor/vendor.py --update   # write the new checksums into the lock

The lock is a list; each entry names ``package``, ``version`` and ``licence`` and its
``files``. A file has a ``path`` (from ``static/``), a ``sha256``, and where it comes from:
``member`` (copied out of the package) or ``icons`` (a sprite made of these outline icons).
A file with neither is made by the script that the entry's ``built_by`` names; here only
its checksum is kept. Needs npm; the portal itself does not: it serves the committed files.
"""

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

STATIC = Path(__file__).resolve().parent.parent
LOCK = STATIC / "vendor" / "lock.json"
# A browser's developer tools would ask for a map that is not shipped.
SOURCE_MAP = re.compile(rb"\s*(/\*|//)[#@] sourceMappingURL=[^\n]*?(\*/)?\s*$")
ICON_BODY = re.compile(r"<svg[^>]*>(?P<body>.*)</svg>", re.DOTALL)
EMPTY_PATH = '<path stroke="none" d="M0 0h24v24H0z" fill="none" />'


def fetch(package: str, version: str, folder: Path) -> tarfile.TarFile:
    """The package's tarball, downloaded by ``npm pack`` into ``folder``."""
    done = subprocess.run(  # noqa: S603 -- package and version come from our own lock
        ["npm", "pack", "--silent", f"{package}@{version}"],  # noqa: S607
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    return tarfile.open(folder / done.stdout.strip().splitlines()[-1])


def read(package: tarfile.TarFile, member: str) -> bytes:
    """One file of the package. KeyError: it has no such file."""
    stream = package.extractfile(f"package/{member}")
    if stream is None:
        raise KeyError(member)
    return stream.read()


def sprite(package: tarfile.TarFile, names: list[str]) -> bytes:
    """An SVG sprite with one ``<symbol id=name>`` per icon, drawn in the colour of the text."""
    symbols = []
    for name in sorted(names):
        match = ICON_BODY.search(read(package, f"icons/outline/{name}.svg").decode())
        if match is None:
            raise ValueError(f"{name} is no icon")
        body = re.sub(r"\s*\n\s*", "", match["body"].replace(EMPTY_PATH, ""))
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{body}</symbol>')
    return ('<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n").encode()


def main() -> int:
    """Make the files; returns 1 when one differs from the lock and ``--update`` was not given."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true", help="write the new checksums into the lock")
    update = parser.parse_args().update
    lock = json.loads(LOCK.read_text())
    differing = []
    for entry in lock:
        if not any("member" in file or "icons" in file for file in entry["files"]):
            continue
        name, version = entry["package"], entry["version"]
        with tempfile.TemporaryDirectory() as folder, fetch(name, version, Path(folder)) as package:
            for file in entry["files"]:
                if not ("member" in file or "icons" in file):
                    continue  # made of the others by the entry's own script
                if "icons" in file:
                    content = sprite(package, file["icons"])
                else:
                    content = SOURCE_MAP.sub(b"\n", read(package, file["member"]))
                digest = hashlib.sha256(content).hexdigest()
                if digest != file.get("sha256") and not update:
                    differing.append(file["path"])
                    continue
                file["sha256"] = digest
                target = STATIC / file["path"]
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
    if update:
        LOCK.write_text(json.dumps(lock, ensure_ascii=False, indent=2) + "\n")
    for path in differing:
        sys.stderr.write(f"{path} differs from the lock; --update accepts it\n")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
