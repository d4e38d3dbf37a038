"""Bundle the parts of Apache ECharts that ``entry.js`` names into one file for the browser.

    python static/vendor/echarts/build.py            # build again and compare with ../lock.json
    python static/vendor/echarts/build.py --update   # write the new checksums into the lock

The packages come from npm in exactly the versions and with the checksums of
``package-lock.json``; their install scripts do not run. Needs node and npm; the portal
itself does not: it serves the committed file.
"""

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
STATIC = HERE.parent.parent
LOCK = HERE.parent / "lock.json"
BUNDLE = "echarts.custom.min.js"
# Licence files that travel with the bundle: our name → where npm puts them.
LICENCES = {
    "LICENSE": "echarts/LICENSE",
    "NOTICE": "echarts/NOTICE",
    "LICENSE-zrender": "zrender/LICENSE",
    "LICENSE-tslib": "tslib/LICENSE.txt",
}


def build(folder: Path) -> dict[str, bytes]:
    """The files of the bundle, made in the empty ``folder``: name → content."""
    for name in ("package.json", "package-lock.json", "entry.js"):
        shutil.copy(HERE / name, folder / name)
    run = {"cwd": folder, "check": True, "stdout": subprocess.DEVNULL}
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], **run)  # noqa: S603, S607
    subprocess.run(  # noqa: S603
        [  # noqa: S607
            *("npx", "esbuild", "entry.js", "--bundle", "--minify", "--format=iife", "--target=es2017"),
            *("--legal-comments=none", f"--outfile={BUNDLE}", "--log-level=warning"),
        ],
        **run,
    )
    files = {BUNDLE: (folder / BUNDLE).read_bytes()}
    for name, source in LICENCES.items():
        files[name] = (folder / "node_modules" / source).read_bytes()
    return files


def main() -> int:
    """Build; returns 1 when a file differs from the lock and ``--update`` was not given."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true", help="write the new checksums into the lock")
    update = parser.parse_args().update
    lock = json.loads(LOCK.read_text())
    entry = next(entry for entry in lock if entry["package"] == "echarts")
    known = {file["path"]: file for file in entry["files"]}
    with tempfile.TemporaryDirectory() as folder:
        files = build(Path(folder))
    differing = []
    for name, content in files.items():
        path, digest = f"vendor/echarts/{name}", hashlib.sha256(content).hexdigest()
        if update:
            known[path] = {"path": path, "sha256": digest}
        elif known.get(path, {}).get("sha256") != digest:
            differing.append(path)
            continue
        (STATIC / path).write_bytes(content)
    if update:
        entry["files"] = [known[path] for path in sorted(known)]
        LOCK.write_text(json.dumps(lock, ensure_ascii=False, indent=2) + "\n")
    for path in differing:
        sys.stderr.write(f"{path} differs from the lock; --update accepts it\n")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
